// The strip: what was decided last, before and after.
import {pictureOf} from "./api.js";
import {decided, words} from "./card.js";
import {find, make} from "./elements.js";

export function showStrip(recent, visit) {
  find("strip-part").hidden = recent.length === 0;
  find("strip").replaceChildren(...recent.slice(0, 12).map((entry) => make("li", {}, make(
    "button", {type: "button", onclick: () => visit(entry.row), "aria-label": `${entry.name}, ${words(entry.from)}: ${decided(entry)}. Go back to it.`},
    make("img", {src: pictureOf(entry.row, 160), alt: "", loading: "lazy"}),
    make("span", {}, `${words(entry.from)} → `), make("span", {class: "to"}, decided(entry)),
    entry.saved ? null : make("span", {class: "unsaved"}, " · not saved yet"),
  ))));
}
