// Keys and what they do. They can be changed, and are kept in this browser.
import {find, make} from "./elements.js";

/** action -> [what it does, keys]; a key is written as it is pressed: "Ctrl+z", "ArrowLeft", " ". */
const FIRST = {
  keep: ["Keep the label", [" ", "k"]],
  take: ["Take the model's suggestion", ["Enter"]],
  relabel: ["Another class: search", ["l", "/"]],
  trash: ["Trash", ["x", "Delete"]],
  unsure: ["Unsure", ["u"]],
  note: ["Write a note", ["n"]],
  undo: ["Undo", ["z", "Backspace", "Ctrl+z"]],
  redo: ["Redo", ["y", "Ctrl+y", "Ctrl+Shift+z"]],
  next: ["Next row, undecided", ["."]],
  previous: ["Row before", [","]],
  grid: ["Many rows at once, or one", ["g"]],
  arrows: ["Arrow keys decide or navigate", ["a"]],
  help: ["This list", ["?"]],
};
const DECIDING = {ArrowRight: "keep", ArrowLeft: "trash", ArrowUp: "relabel", ArrowDown: "unsure"};
const NAVIGATING = {ArrowRight: "next", ArrowDown: "next", ArrowLeft: "previous", ArrowUp: "previous"};
const NAMES = {" ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓"};
const KEPT = "evenhand-review-keys";

export const named = (key) => key.split("+").map((part) => NAMES[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(" ") || "+";

function pressed(event) {
  const shift = event.shiftKey && (event.ctrlKey || event.key.length > 1) ? "Shift+" : "";
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${shift}${key}`;
}

export class Keys {
  /** @param act receives the action, or "class" and a number; `changed` when keys may have been changed */
  constructor(act, changed = () => {}) {
    this._act = act;
    this._changed = changed;
    this._asked = null;
    this.inGrid = false; // there the arrow keys move between rows
    this._keys = Object.fromEntries(Object.entries(FIRST).map(([action, [, keys]]) => [action, [...keys]]));
    try { Object.assign(this._keys, JSON.parse(localStorage.getItem(KEPT)) ?? {}); } catch { /* as at first */ }
    this.arrowsDecide = localStorage.getItem(`${KEPT}-arrows`) !== "navigate";
    document.addEventListener("keydown", (event) => this._press(event));
    find("keys-reset").addEventListener("click", () => {
      localStorage.removeItem(KEPT);
      for (const [action, [, keys]] of Object.entries(FIRST)) this._keys[action] = [...keys];
      this.show();
    });
    // closed before a key was pressed: the next one decides again
    find("help").addEventListener("close", () => { this._asked = null; });
    find("arrows").addEventListener("change", (event) => this.switchArrows(event.target.checked));
    this.switchArrows(this.arrowsDecide);
  }

  /** The first key of an action, "" if it has none here: in the grid Space selects. */
  keyOf(action) {
    const [key] = this._keys[action].filter((one) => !this.inGrid || one !== " ");
    return key === undefined ? "" : named(key);
  }

  switchArrows(decide = !this.arrowsDecide) {
    this.arrowsDecide = decide;
    localStorage.setItem(`${KEPT}-arrows`, decide ? "decide" : "navigate");
    find("arrows").checked = decide;
  }

  _press(event) {
    if (this._asked) { this._change(event); return; }
    if (event.isComposing || event.altKey || document.querySelector("dialog[open]")) return;
    const target = event.target;
    if (target.matches?.("input:not([type=checkbox]), select, textarea")) return;
    // a control that has the focus keeps the keys that work it
    if ((event.key === "Enter" || event.key === " ") && target.matches?.("button, summary, input, a")) return;
    const key = pressed(event);
    const action = (this.inGrid ? {} : this.arrowsDecide ? DECIDING : NAVIGATING)[key]
      ?? Object.keys(this._keys).find((name) => this._keys[name].includes(key));
    if (action) {
      event.preventDefault();
      // a key that is held down must not decide about rows that nobody saw
      if (!event.repeat || action === "next" || action === "previous") this._act(action, event);
    } else if (/^[1-9]$/.test(key)) {
      if (!event.repeat) this._act("class", event, Number(key));
    }
  }

  /** Write the list of keys into the dialog, and those of the buttons onto them. */
  show() {
    this._changed();
    find("help-said").textContent = "";
    const arrows = Object.entries(this.arrowsDecide ? DECIDING : NAVIGATING);
    find("keys").replaceChildren(...Object.entries(FIRST).map(([action, [what]]) => make(
      "tr", {}, make("th", {scope: "row"}, what),
      make("td", {}, ...[...this._keys[action], ...arrows.filter(([, name]) => name === action).map(([key]) => key)].map((key) => make("kbd", {}, named(key)))),
      make("td", {}, make("button", {type: "button", "aria-label": `Change the key: ${what}`, onclick: () => this._ask(action, what)}, "Change")),
    )), make("tr", {}, make("th", {scope: "row"}, "One of the likely classes"), make("td", {}, make("kbd", {}, "1"), "to ", make("kbd", {}, "9")), make("td")));
  }

  _ask(action, what) {
    this._asked = action;
    find("help-said").textContent = `Press the key for “${what}”; Escape leaves it as it is.`;
  }

  _change(event) {
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    event.preventDefault();
    const key = pressed(event);
    const action = this._asked;
    this._asked = null;
    const taken = Object.keys(this._keys).find((name) => name !== action && this._keys[name].includes(key));
    const said = find("help-said");
    if (key === "Escape" || key === "Tab") said.textContent = "";
    else if (taken) said.textContent = `${named(key)} is taken: ${FIRST[taken][0]}.`;
    else if (key in DECIDING || /^[1-9]$/.test(key)) said.textContent = `${named(key)} has a meaning of its own.`;
    else {
      this._keys[action] = [key];
      localStorage.setItem(KEPT, JSON.stringify(this._keys));
      this.show();
      said.textContent = `${named(key)}: ${FIRST[action][0]}.`;
    }
  }
}
