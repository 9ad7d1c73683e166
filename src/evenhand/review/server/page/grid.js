// The grid: many rows at once, with the same decisions for those that are selected.
import {get, pictureOf} from "./api.js";
import {decided, words} from "./card.js";
import {find, make, say, visible} from "./elements.js";

const ROWS = 48; // tiles at once

export class Grid {
  constructor(review) {
    this._review = review;
    this._tiles = [];
    this._at = 0;
    this._after = "";
    this.open = false;
    this._list = find("tiles");
    this._list.addEventListener("keydown", (event) => this._key(event));
    find("grid-next").addEventListener("click", () => this.show());
    find("grid-keep").addEventListener("click", () => this.keepTheRest());
    find("grid-all").addEventListener("click", () => this._select(this._tiles.some((tile) => !tile.selected && !tile.mine)));
  }

  /** Begin with the rows that come next in the order and with the filters of the review. */
  async start() {
    this._after = "";
    await this.show();
  }

  /** Show the next rows. */
  async show() {
    const {cards} = await get("/api/queue", {...this._review.view, after: this._after, n: ROWS});
    this._after = cards.at(-1)?.row ?? this._after;
    this._tiles = cards.map((card) => ({card, selected: false, mine: null, element: null}));
    this._at = 0;
    this._list.replaceChildren(...this._tiles.map((tile, position) => this._made(tile, position)));
    this._tiles.forEach((tile, position) => this._draw(tile, position));
    find("grid-none").hidden = cards.length > 0;
    find("grid-keep").disabled = cards.length === 0;
    this._tiles[0]?.element.focus({preventScroll: true});
    say(`${cards.length} rows.`);
  }

  _made(tile, position) {
    const {card} = tile;
    const differs = card.suggestion && words(card.suggestion.label) !== words(card.label);
    tile.element = make(
      "li", {role: "option", onclick: () => this._toggle(position)},
      make("img", {src: pictureOf(card.row, 256), alt: "", draggable: "false"}),
      make("span", {class: "label"}, words(card.label)),
      differs ? make("span", {class: "says"}, `model: ${words(card.suggestion.label)}`) : null,
      make("span", {class: "done"}),
    );
    return tile.element;
  }

  _draw(tile, position) {
    const {card, element} = tile;
    element.tabIndex = position === this._at ? 0 : -1;
    element.setAttribute("aria-selected", String(tile.selected));
    element.querySelector(".done").textContent = decided(tile.mine);
    element.classList.toggle("settled", Boolean(tile.mine));
    const says = card.suggestion ? `; the model says ${words(card.suggestion.label)}` : "";
    element.setAttribute("aria-label", `${visible(card.name)}, ${words(card.label)}${says}${tile.mine ? `; ${decided(tile.mine)}` : ""}`);
  }

  _toggle(position) {
    const tile = this._tiles[position];
    tile.selected = !tile.selected;
    this._go(position);
    this._draw(tile, position);
  }

  _select(on) {
    this._tiles.forEach((tile, position) => {
      tile.selected = on && !tile.mine;
      this._draw(tile, position);
    });
  }

  _go(position) {
    const old = this._at;
    this._at = Math.max(0, Math.min(this._tiles.length - 1, position));
    for (const place of [old, this._at]) if (this._tiles[place]) this._draw(this._tiles[place], place);
    this._tiles[this._at]?.element.focus();
  }

  _key(event) {
    const across = getComputedStyle(this._list).gridTemplateColumns.split(" ").length;
    const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across}[event.key];
    if (step) this._go(this._at + step);
    else if (event.key === " " || event.key === "Home" || event.key === "End") {
      if (event.key === " ") this._toggle(this._at);
      else this._go(event.key === "Home" ? 0 : this._tiles.length - 1);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The tiles that a decision is about: those selected, or the one that has the focus. */
  chosen() {
    const selected = this._tiles.filter((tile) => tile.selected);
    return selected.length ? selected : this._tiles.slice(this._at, this._at + 1);
  }

  /** Decide about the chosen tiles; `to` receives a card and returns its new classes, for relabelling. */
  decide(kind, to = () => null) {
    const chosen = this.chosen();
    this._decide(chosen, kind, to);
    say(`${chosen.length} ${decided({kind, to: to(chosen[0].card)})}.`);
  }

  keepTheRest() {
    this._decide(this._tiles.filter((tile) => !tile.mine), "keep");
    return this.show();
  }

  _decide(tiles, kind, to = () => null) {
    for (const tile of tiles) {
      const classes = to(tile.card);
      const keeps = kind === "relabel" && (!classes || words(classes) === words(tile.card.label));
      tile.mine = keeps ? {kind: "keep", to: null} : {kind, to: classes};
      tile.selected = false;
      this._review.decideFor(tile.card, tile.mine.kind, tile.mine.to, null, "grid").then((answer) => {
        if (!answer) tile.mine = null; // refused, and said
        this._draw(tile, this._tiles.indexOf(tile));
      });
      this._draw(tile, this._tiles.indexOf(tile));
    }
  }

  /** Mark a row as open again after an undo, or as decided after a redo, if it is among the tiles. */
  returned(card) {
    const position = this._tiles.findIndex((tile) => tile.card.row === card.row);
    if (position < 0) return;
    this._tiles[position].mine = card.mine;
    this._draw(this._tiles[position], position);
  }
}
