// The likely classes of the tiles that a decision is about, with their number keys: those of the first of them.
import {get} from "./api.js";
import {find, make, visible} from "./elements.js";

const PAUSE = 120; // ms that the focus rests on a tile before its classes are asked for
const KEYS = 9;

export class GridClasses {
  /** @param grid dispatches "chosen" when other tiles are chosen; `choose` receives a class */
  constructor(grid, choose) {
    this._grid = grid;
    this._choose = choose;
    this._card = null; // the card whose classes are shown
    this._timer = 0;
    grid.addEventListener("chosen", () => {
      clearTimeout(this._timer);
      this._timer = setTimeout(() => this.card().catch(() => {}), PAUSE); // they are an offer: the search does without
    });
  }

  /** The whole card of the first chosen tile, with the classes shown; null where nothing is chosen. */
  async card() {
    const row = this._grid.chosen()[0]?.card.row;
    if (!row) return null;
    if (this._card?.row !== row) {
      this._card = await get("/api/card", {row});
      this._show();
    }
    return this._card;
  }

  /** Take the class of a number key. */
  async take(number) {
    const option = (await this.card())?.likely[number - 1];
    if (option) this._choose(option.name);
  }

  _show() {
    find("grid-likely").replaceChildren(...this._card.likely.slice(0, KEYS).map((option, at) => make(
      "button", {type: "button", onclick: (event) => this._choose(option.name, event)}, make("kbd", {"aria-hidden": "true"}, String(at + 1)), visible(option.name),
    )));
  }
}
