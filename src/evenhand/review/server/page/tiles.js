// What is known of the rows of the grid, by their place in its list: loaded around the screen, and let go far from it.
import {Refused, get} from "./api.js";

const BLOCK = 60; // rows of one request
const KEPT = 3000; // rows that are kept, besides those that are selected or on their way to the log

export class Tiles {
  /** @param grid the name that the server gave the list; `changed` is called when rows have come, `lost` when it is gone */
  constructor(grid, total, {changed, lost}) {
    this._grid = grid;
    this.total = total;
    this._changed = changed;
    this._lost = lost;
    this._of = new Map(); // place -> {card, selected, mine, waiting}
    this._asking = null;
    this._wanted = [];
  }

  of(place) {
    return this._of.get(place);
  }

  /** The tiles from one place to another, both included, that are loaded. */
  between(first, last) {
    const found = [];
    for (let place = first; place <= last; place++) if (this._of.has(place)) found.push(this._of.get(place));
    return found;
  }

  selected() {
    return [...this._of.entries()].filter(([, tile]) => tile.selected).sort(([a], [b]) => a - b).map(([, tile]) => tile);
  }

  find(row) {
    for (const tile of this._of.values()) if (tile.card.row === row) return tile;
    return undefined;
  }

  /** Let everything be loaded anew that does not wait for the server; what is selected stays so. */
  forget() {
    for (const tile of this._of.values()) tile.stale = !tile.waiting;
  }

  /** Load what is missing: first what is seen, then what is around it. Calls follow each other as the list moves. */
  want(seen, seenEnd, first, last) {
    this._wanted = [[seen, seenEnd], [first, last]];
    this._asking ??= this._ask().finally(() => { this._asking = null; });
  }

  async _ask() {
    for (let next = this._missing(); next; next = this._missing()) {
      try {
        await this.load(...next);
      } catch (error) {
        if (error instanceof Refused) this._lost();
        return; // a server that does not answer is said when a decision is sent; the next move of the list asks again
      }
      this._changed();
    }
  }

  _missing() {
    for (const [first, last] of this._wanted) {
      for (let place = first; place < last; place++) {
        if (!this._of.has(place) || this._of.get(place).stale) return [place, Math.min(last, place + BLOCK)];
      }
    }
    return null;
  }

  async load(first, last) {
    if (last <= first) return;
    const {tiles} = await get("/api/tiles", {grid: this._grid, start: first, n: Math.min(last - first, BLOCK)});
    if (!tiles.length) throw new Error("The server has no such rows.");
    tiles.forEach((card, at) => {
      const before = this._of.get(first + at);
      if (before?.waiting) before.stale = false;
      else this._of.set(first + at, {card, selected: Boolean(before?.selected), mine: card.mine, waiting: 0});
    });
    if (this._of.size > KEPT) this._let(first);
  }

  _let(near) {
    for (const [place, tile] of this._of) {
      if (Math.abs(place - near) > KEPT / 4 && !tile.selected && !tile.waiting) this._of.delete(place);
    }
  }
}
