// The search for a class: type letters of its name, choose with the arrow keys.
import {find, make, visible} from "./elements.js";

const SHOWN = 60;

/** Names that hold the letters, those that begin with them first. */
export function matching(classes, text) {
  const wanted = text.trim().toLocaleLowerCase();
  const scored = classes.map((name) => [name, name.toLocaleLowerCase().indexOf(wanted)]).filter(([, place]) => place >= 0);
  return scored.sort((a, b) => (a[1] > 0) - (b[1] > 0)).map(([name]) => name);
}

export class ClassSearch {
  /** @param several whether a row may have several classes: then they are toggled, and set together */
  constructor(classes, several) {
    this._classes = classes;
    this._several = several;
    this._dialog = find("search");
    this._input = find("search-text");
    find("search-set").hidden = !several;
    find("search-set").addEventListener("click", () => this._end([...this._chosen]));
    this._input.addEventListener("input", () => { this._at = 0; this._show(); });
    this._input.addEventListener("keydown", (event) => this._key(event));
  }

  /** Ask; `taken` receives the names chosen. `first` are shown before the others. */
  open(label, first, taken) {
    this._taken = taken;
    this._chosen = new Set(this._several ? label : []);
    this._first = [...new Set([...first, ...this._classes])];
    this._input.value = "";
    this._at = 0;
    this._show();
    this._dialog.showModal();
    this._input.focus();
  }

  _show() {
    this._found = matching(this._first, this._input.value).slice(0, SHOWN);
    const items = this._found.map((name, position) => make("li", {
      role: "option", id: `class-${position}`, class: position === this._at ? "at" : null,
      "aria-selected": String(this._several ? this._chosen.has(name) : position === this._at),
      onclick: () => this._take(name),
    }, visible(name)));
    find("search-found").replaceChildren(...items);
    find("search-none").hidden = items.length > 0;
    this._input.setAttribute("aria-activedescendant", items.length ? `class-${this._at}` : "");
    items[this._at]?.scrollIntoView({block: "nearest"});
  }

  _key(event) {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (step) this._at = Math.max(0, Math.min(this._found.length - 1, this._at + step));
    else if (event.key === "Enter" && event.ctrlKey && this._several) this._end([...this._chosen]);
    else if (event.key === "Enter" && this._found.length) this._take(this._found[this._at]);
    else if (event.key !== "Enter") return;
    event.preventDefault(); // Enter would send the form and so cancel
    if (step || this._several) this._show();
  }

  _take(name) {
    if (!this._several) { this._end([name]); return; }
    if (!this._chosen.delete(name)) this._chosen.add(name);
    this._show();
  }

  _end(names) {
    this._dialog.close();
    this._taken(names);
  }
}
