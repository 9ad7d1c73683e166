// The rows nearest to the one that is shown. Asked for once a card has stood for a moment: who decides faster than
// that does not look at them, and the search must not delay the next card.
import {get, pictureOf} from "./api.js";
import {words} from "./card.js";
import {find, make} from "./elements.js";

const PAUSE = 300; // ms
let timer = 0;

/** Show the rows nearest to a card; `current` returns the card that is shown when the answer comes. */
export function showNearest(card, {visit, current}) {
  clearTimeout(timer);
  find("nearest-part").hidden = true;
  timer = setTimeout(async () => {
    const {rows, words: said} = await get("/api/nearest", {row: card.row}).catch(() => ({rows: []})); // it is an addition
    if (current()?.row !== card.row) return;
    find("nearest-part").hidden = rows.length === 0;
    find("nearest-words").textContent = said ?? "";
    find("nearest").replaceChildren(...rows.map((other) => make("li", {class: other.agrees ? "agrees" : "differs"}, make(
      "button", {type: "button", onclick: () => visit(other.row)},
      make("img", {src: pictureOf(other.row, 160), alt: "", loading: "lazy"}),
      make("span", {class: "to"}, words(other.label)),
      make("span", {}, ` · ${other.agrees ? "same label" : "another label"}${other.same_group ? ", same group" : ""}`),
    ))));
  }, PAUSE);
}
