// The strip: what was decided last, before and after.
import {pictureOf} from "./api.js";
import {decided, words} from "./card.js";
import {find, make} from "./elements.js";

const SHOWN = 12;
const made = new Map(); // event -> its element, which stays as long as it is shown: its picture is not loaded again

export function showStrip(recent, visit) {
  const shown = recent.slice(0, SHOWN);
  find("strip-part").hidden = shown.length === 0;
  const events = new Set(shown.map((entry) => entry.event));
  for (const [event, item] of made) if (!events.has(event)) { item.remove(); made.delete(event); }
  shown.forEach((entry, at) => {
    if (!made.has(entry.event)) made.set(entry.event, item(entry, visit));
    const element = made.get(entry.event);
    element.querySelector(".unsaved").hidden = entry.saved;
    if (find("strip").children[at] !== element) find("strip").insertBefore(element, find("strip").children[at] ?? null);
  });
}

function item(entry, visit) {
  return make("li", {}, make(
    "button", {type: "button", onclick: () => visit(entry.row), "aria-label": `${entry.name}, ${words(entry.from)}: ${decided(entry)}. Go back to it.`},
    make("img", {src: pictureOf(entry.row, 160), alt: "", loading: "lazy"}),
    make("span", {}, `${words(entry.from)} → `), make("span", {class: "to"}, decided(entry)),
    make("span", {class: "unsaved"}, " · not saved yet"),
  ));
}
