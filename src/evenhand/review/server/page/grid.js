// The grid: many rows at once, with the same decisions for those that are selected. Every row has a place in a long
// list, but only the tiles on the screen and around it are in the document (tiles.js loads what is known of them).
import {get, pictureOf} from "./api.js";
import {decided, words} from "./card.js";
import {find, make, say, visible} from "./elements.js";
import {Tiles} from "./tiles.js";

const SMALLEST = 152; // px, width of a tile
const GAP = 10; // px between tiles
const AHEAD = 2; // screens of tiles that are kept on the side to which the list moves; half as many on the other
const TALLEST = 15e6; // px; browsers draw nothing below 17 million
const THUMB = 256; // longer side of the picture of a tile, px

/** Dispatches "chosen" when a decision would be about other tiles than before. */
export class Grid extends EventTarget {
  constructor(review, visit = () => {}) {
    super();
    this._review = review;
    this._visit = visit;
    this._tiles = null;
    this._shown = new Map(); // place -> element
    this._at = 0;
    this._down = true; // which way the list moved last
    this.open = false;
    this._list = find("tiles");
    this._scroller = find("grid-scroller");
    this._list.addEventListener("keydown", (event) => this._key(event));
    this._scroller.addEventListener("scroll", () => this._scrolled());
    new ResizeObserver(() => this._resized()).observe(this._scroller);
    find("grid-next").addEventListener("click", () => this.show());
    find("grid-keep").addEventListener("click", () => this.keepTheRest());
    find("grid-all").addEventListener("click", () => this._selectAll());
  }

  /** Begin with the rows of the order and filters of the review, or go on where the same list was left. */
  async start() {
    const asked = JSON.stringify(this._review.view);
    if (this._tiles?.asked === asked && this._tiles.total) {
      this._tiles.forget(); // decisions beside a card came meanwhile
      this._layout();
      this._scroller.scrollTop = this._left;
      this._draw();
      this._shown.get(this._at)?.focus({preventScroll: true});
      return;
    }
    await this.restart(this._review.card?.row ?? "");
  }

  /** Begin a list of the rows that are open now, at a row or where this reviewer was. */
  async restart(near = "") {
    const found = await get("/api/grid", {...this._review.view, near});
    this._tiles = new Tiles(found.grid, found.total, {
      changed: () => this._draw(),
      lost: () => this.restart(this._tiles.of(this._at)?.card.row).catch(() => {}), // the server was started anew
    });
    this._tiles.asked = JSON.stringify(this._review.view);
    for (const element of this._shown.values()) element.remove();
    this._shown.clear();
    this._layout();
    const most = Math.floor(TALLEST / this._line) * this._across;
    if (found.total > most) this._tiles.total = most;
    this._stretch();
    find("grid-none").hidden = found.total > 0;
    find("grid-keep").disabled = found.total === 0;
    this._at = Math.min(found.start, Math.max(0, this._tiles.total - 1));
    this._scroller.scrollTop = Math.floor(this._at / this._across) * this._line;
    this._left = this._scroller.scrollTop;
    await this._tiles.load(...this._around(0));
    this._draw();
    this._shown.get(this._at)?.focus({preventScroll: true});
    say(`${found.total.toLocaleString()} rows.`);
    this.dispatchEvent(new Event("chosen"));
  }

  /** Go on to the next rows, a screen further. */
  show() {
    const [first, last] = this._whole();
    if (last + 1 >= this._tiles.total) return this.restart();
    this._go(Math.max(last + 1, first + this._across), true);
    return Promise.resolve();
  }

  get _lines() {
    return Math.ceil(this._tiles.total / this._across);
  }

  /** How many tiles are side by side, and how tall a line is. */
  _layout() {
    const width = this._list.clientWidth;
    this._across = Math.max(2, Math.floor((width + GAP) / (SMALLEST + GAP)));
    this._width = (width - GAP * (this._across - 1)) / this._across;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this._line = parseFloat(getComputedStyle(this._list).getPropertyValue("--tile-rem")) * rem + GAP;
    this._stretch();
  }

  /** Make the list as tall as its lines, and so that the last of them can be moved above the buttons. */
  _stretch() {
    this._list.style.height = `${this._lines * this._line + Math.max(0, this._scroller.clientHeight - this._height())}px`;
  }

  /** The places from the first to behind the last of so many screens around what is seen. */
  _around(screens) {
    const {scrollTop, clientHeight} = this._scroller;
    const above = (this._down ? screens / 2 : screens) * clientHeight;
    const below = (this._down ? screens : screens / 2) * clientHeight;
    const first = Math.floor(Math.max(0, scrollTop - above) / this._line);
    const last = Math.ceil((scrollTop + clientHeight + below) / this._line);
    return [first * this._across, Math.min(this._tiles.total, last * this._across)];
  }

  /** The first and last place of those lines that are wholly on the screen; one line at least. */
  _whole() {
    const {scrollTop} = this._scroller;
    const first = Math.ceil((scrollTop - 1) / this._line);
    const last = Math.max(first, Math.floor((scrollTop + this._height() + GAP + 1) / this._line) - 1);
    return [first * this._across, Math.min(this._tiles.total, (last + 1) * this._across) - 1];
  }

  /** How much of the list is on the screen, px: the buttons below may stand over it. */
  _height() {
    const {top, height} = this._scroller.getBoundingClientRect();
    return Math.max(this._line, Math.min(height, find("actions").getBoundingClientRect().top - top));
  }

  _scrolled() {
    const top = this._scroller.scrollTop;
    this._down = top >= this._left;
    this._left = top;
    if (this.open && this._tiles) this._draw(false);
  }

  _resized() {
    if (!this.open || !this._tiles || !this._scroller.clientWidth) return;
    const before = this._across;
    const top = Math.round(this._left / this._line) * before;
    this._layout();
    if (this._across !== before) this._scroller.scrollTop = Math.floor(top / this._across) * this._line;
    this._draw();
  }

  /** Put the tiles around the screen into the document, and take the others out; `all` draws those anew that are there. */
  _draw(all = true) {
    const [first, last] = this._around(AHEAD);
    const wanted = new Set([this._at]); // what has the focus stays, wherever it is
    for (let place = first; place < last; place++) wanted.add(place);
    for (const [place, element] of this._shown) {
      if (wanted.has(place)) continue;
      element.querySelector("img").removeAttribute("src"); // what is not seen any more need not be loaded
      element.remove();
      this._shown.delete(place);
    }
    const [seen, seenEnd] = this._around(0);
    // what is on the screen is asked for first, then what comes next
    const order = [...wanted].sort((a, b) => (a < seen || a >= seenEnd) - (b < seen || b >= seenEnd) || (this._down ? a - b : b - a));
    for (const place of order) if (place < this._tiles.total && (all || !this._shown.has(place))) this._drawTile(place);
    this._tiles.want(seen, seenEnd, first, last);
  }

  _drawTile(place) {
    let element = this._shown.get(place);
    if (!element) {
      element = this._made(place);
      element.place = place;
      this._shown.set(place, element);
      let before = this._list.lastElementChild; // in the order of the rows: screen readers go by the document
      while (before && before.place > place) before = before.previousElementSibling;
      if (before) before.after(element);
      else this._list.prepend(element);
    }
    const left = (place % this._across) * (this._width + GAP);
    element.style.transform = `translate(${left}px, ${Math.floor(place / this._across) * this._line}px)`;
    element.style.width = `${this._width}px`;
    element.tabIndex = place === this._at ? 0 : -1;
    const tile = this._tiles.of(place);
    if (tile) this._fill(element, tile);
  }

  _made(place) {
    return make(
      "li", {
        role: "option", id: `tile-${place}`, "aria-setsize": String(this._tiles.total), "aria-posinset": String(place + 1),
        "aria-selected": "false", "aria-label": "loading", onclick: () => this._toggle(place), ondblclick: () => this._open(place),
      },
      make("img", {alt: "", draggable: "false", decoding: "async"}),
      make("span", {class: "label"}), make("span", {class: "says"}), make("span", {class: "done"}),
    );
  }

  _fill(element, tile) {
    const {card} = tile;
    const [image, label, model, done] = element.children;
    const source = pictureOf(card.row, THUMB);
    if (image.asked !== source) image.setAttribute("src", image.asked = source); // its "src" is another if there is none
    const differs = card.suggestion && words(card.suggestion.label) !== words(card.label);
    label.textContent = words(card.label);
    model.textContent = differs ? `model: ${words(card.suggestion.label)}` : "";
    done.textContent = `${decided(tile.mine)}${tile.waiting ? " · not saved yet" : ""}`;
    element.setAttribute("aria-selected", String(tile.selected));
    element.classList.toggle("settled", Boolean(tile.mine));
    const says = card.suggestion ? `; the model says ${words(card.suggestion.label)}` : "";
    element.setAttribute("aria-label", `${visible(card.name)}, ${words(card.label)}${says}${tile.mine ? `; ${decided(tile.mine)}` : ""}`);
  }

  _toggle(place) {
    const tile = this._tiles.of(place);
    if (tile) tile.selected = !tile.selected;
    this._go(place);
  }

  _open(place) {
    const tile = this._tiles.of(place);
    if (tile) this._visit(tile.card.row);
  }

  _selectAll() {
    const [first, last] = this._whole();
    const open = this._tiles.between(first, last).filter((tile) => !tile.mine);
    const on = open.some((tile) => !tile.selected);
    for (const tile of on ? open : this._tiles.selected()) tile.selected = on;
    this._draw();
    this.dispatchEvent(new Event("chosen"));
  }

  /** Move the focus to a place, and the list so that its line is on the screen, on request at the top. */
  _go(place, top = false) {
    const before = this._at;
    this._at = Math.max(0, Math.min(this._tiles.total - 1, place));
    const y = Math.floor(this._at / this._across) * this._line;
    const {scrollTop} = this._scroller;
    const height = this._height();
    if (top || y < scrollTop) this._scroller.scrollTop = y;
    else if (y + this._line > scrollTop + height) this._scroller.scrollTop = y + this._line - height;
    this._scrolled();
    for (const one of [before, this._at]) if (this._shown.has(one)) this._drawTile(one);
    this._shown.get(this._at)?.focus({preventScroll: true});
    this.dispatchEvent(new Event("chosen"));
  }

  _key(event) {
    const across = this._across;
    const screen = Math.max(1, Math.floor(this._height() / this._line)) * across;
    const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, PageUp: -screen, PageDown: screen}[event.key];
    if (step) this._go(this._at + step);
    else if (event.key === " ") this._toggle(this._at);
    else if (event.key === "Home" || event.key === "End") this._go(event.key === "Home" ? 0 : this._tiles.total - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The tiles that a decision is about: those selected, or the one that has the focus. */
  chosen() {
    const selected = this._tiles?.selected() ?? [];
    return selected.length ? selected : [this._tiles?.of(this._at)].filter(Boolean);
  }

  /** Decide about the chosen tiles; `to` receives a card and returns its new classes, for relabelling. */
  decide(kind, to = () => null) {
    const chosen = this.chosen();
    this._decide(chosen, kind, to);
    say(`${chosen.length} ${decided({kind, to: to(chosen[0].card)})}.`);
    this.dispatchEvent(new Event("chosen"));
  }

  /** Take the model's suggestion for the chosen tiles that have one; the others stay as they are, selected. */
  take() {
    const chosen = this.chosen();
    const there = chosen.filter((tile) => tile.card.suggestion);
    this._decide(there, "relabel", (card) => card.suggestion.label);
    const without = chosen.length - there.length;
    const taken = there.length ? `${there.length} as the model says. ` : "";
    say(`${taken}${without ? `There is no suggestion for ${without === 1 ? "this row" : `${without} rows`}.` : ""}`.trim());
    this.dispatchEvent(new Event("chosen"));
  }

  /** Give the focus to the tile that had it. */
  focus() {
    this._shown.get(this._at)?.focus({preventScroll: true});
  }

  /** Keep what is wholly on the screen and not decided, and go on; at the end, to what was passed over. */
  async keepTheRest() {
    const [first, last] = this._whole();
    const sent = this._decide(this._tiles.between(first, last).filter((tile) => !tile.mine), "keep");
    if (last + 1 >= this._tiles.total) await sent;
    return this.show();
  }

  _decide(tiles, kind, to = () => null) {
    const sent = tiles.map((tile) => {
      const classes = to(tile.card);
      const keeps = kind === "relabel" && (!classes || words(classes) === words(tile.card.label));
      const decision = keeps ? {kind: "keep", to: null} : {kind, to: classes};
      tile.mine = decision;
      tile.selected = false;
      tile.waiting += 1;
      return this._review.decideFor(tile.card, decision.kind, decision.to, null, "grid").then((answer) => {
        tile.waiting -= 1;
        if (!answer && tile.mine === decision) tile.mine = null; // refused, and said
        if (this.open) this._draw();
      });
    });
    this._draw();
    return Promise.all(sent);
  }

  /** Mark a row as open again after an undo, or as decided after a redo, if it is among the tiles. */
  returned(card) {
    const tile = this._tiles?.find(card.row);
    if (!tile) return;
    tile.mine = card.mine;
    this._draw();
  }
}
