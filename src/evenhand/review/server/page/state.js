// The rows on their way: which one is shown, which come next, which were shown before. Knows nothing of the markup.
import {get, post, pictureOf} from "./api.js";

const AHEAD = 12; // cards asked for at once
const PRELOADED = 5; // pictures decoded before they are needed
export const SIDE = 1024; // longer side of a large picture, px

export class Review extends EventTarget {
  constructor(session, view) {
    super();
    this.session = session;
    this.view = view; // {order, class, group, fold, finding, decision}
    this.card = null;
    this.counts = session.counts;
    this.recent = session.recent; // decisions, latest first
    this.coming = [];
    this.passed = []; // ids of rows that were shown before this one
    this.unsaved = 0;
    this._pictures = new Map();
    this._asking = null;
    this._ended = false;
    this._after = "";
    this._generation = 0;
  }

  /** Begin anew in the order and with the filters of `view`. */
  async restart(view = this.view) {
    this.view = view;
    this.coming = [];
    this.passed = [];
    this._ended = false;
    this._asking = null;
    this._after = ""; // the last row that the queue gave; "" lets it resume where this reviewer was
    this._generation += 1;
    await this._showNext();
  }

  async next() {
    if (this.card) this.passed.push(this.card.row);
    if (!this.coming.length) {
      this.card = null; // a key that is pressed meanwhile must not decide about the row that was decided already
    }
    await this._showNext();
  }

  async _showNext() {
    const generation = this._generation;
    if (!this.coming.length) await this._fill();
    // two changes of the filters in a row would otherwise each take a row, and the first one be passed over
    if (generation === this._generation) this._show(this.coming.shift() ?? null);
  }

  async previous() {
    const row = this.passed.pop();
    if (row === undefined) return false;
    const back = await this._card(row);
    if (this.card) this.coming.unshift(this.card);
    this._show(back);
    return true;
  }

  async jump(row) {
    const found = await this._card(row);
    if (this.card) { this.passed.push(this.card.row); this.coming.unshift(this.card); }
    this._show(found);
  }

  /** Decide about the row that is shown, and go on to the next at once; the answer comes later. */
  async decide(kind, to = null, note = null) {
    if (!this.card) return;
    const sent = this.decideFor(this.card, kind, to, note, "card", (performance.now() - this._since) / 1000);
    if (kind !== "note") await this.next();
    return sent;
  }

  /** Decide about any row; returns the server's answer, or null if it refuses. */
  decideFor(card, kind, to, note, view, seconds = null) {
    const entry = {
      event: crypto.randomUUID().replaceAll("-", ""), row: card.row, name: card.name, kind, from: card.label, to, saved: false,
    };
    if (kind !== "note") this.recent = [entry, ...this.recent].slice(0, 24);
    // a tile of the grid shows nobody's decision, so what is decided there settles no dispute
    return this._send("/api/decisions", {
      event: entry.event, kind, row: card.row, to, note, seconds, order: this.view.order, view, resolves: card.dispute?.length > 0,
      suggested: Boolean(card.suggestion),
    });
  }

  async undo() {
    const answer = await this._send("/api/undo", {event: crypto.randomUUID().replaceAll("-", ""), decision: this.view.decision});
    if (answer?.card) this._return(answer.card);
    return answer;
  }

  async redo() {
    const answer = await this._send("/api/redo", {event: crypto.randomUUID().replaceAll("-", ""), decision: this.view.decision});
    if (answer?.card && this.card?.row === answer.card.row) await this.next();
    else this._changed();
    return answer;
  }

  /** Whether the others' decisions are shown depends on the rows that were asked for. */
  _card(row) {
    return get("/api/card", {row, decision: this.view.decision});
  }

  _return(card) {
    if (this.card && this.card.row !== card.row) this.coming.unshift(this.card);
    this.coming = this.coming.filter((other) => other.row !== card.row);
    this.passed = this.passed.filter((row) => row !== card.row);
    this._show(card);
  }

  async _send(path, body) {
    this.unsaved += 1;
    try {
      const answer = await post(path, body, (error) => this._trouble(error));
      this.counts = answer.counts;
      if (this.unsaved === 1) this.recent = answer.recent; // else decisions on their way would vanish from the strip
      return answer;
    } catch (error) {
      this.recent = this.recent.filter((entry) => entry.event !== body.event);
      this.dispatchEvent(new CustomEvent("refused", {detail: error.message}));
      return null;
    } finally {
      this.unsaved -= 1;
      this._changed();
    }
  }

  async _fill() {
    const generation = this._generation;
    while (generation === this._generation && !this.coming.length && !this._ended) {
      const asking = this._asking ??= this._ask();
      await asking;
      if (this._asking === asking) this._asking = null;
    }
  }

  async _ask() {
    const generation = this._generation;
    const answer = await get("/api/queue", {...this.view, after: this._after, n: AHEAD});
    if (generation !== this._generation) return;
    this._after = answer.cards.at(-1)?.row ?? this._after;
    this._ended = answer.cards.length === 0;
    const known = new Set([this.card?.row, ...this.coming.map((card) => card.row)]);
    this.coming.push(...answer.cards.filter((card) => !known.has(card.row)));
    this._preload();
  }

  _show(card) {
    this.card = card;
    this._since = performance.now();
    this._preload();
    this._changed(true);
    if (this.coming.length < AHEAD / 2 && !this._ended && !this._asking) {
      const asking = this._asking = this._ask().catch((error) => this._trouble(error));
      asking.then(() => { if (this._asking === asking) this._asking = null; });
    }
  }

  /** Keep the pictures of the next rows decoded, so that the next card is painted at once. */
  _preload() {
    const wanted = [this.card, ...this.coming.slice(0, PRELOADED)].filter(Boolean).map((card) => card.row);
    for (const row of this._pictures.keys()) if (!wanted.includes(row)) this._pictures.delete(row);
    for (const row of wanted) {
      if (this._pictures.has(row)) continue;
      const image = new Image();
      image.src = pictureOf(row, SIDE);
      image.decode().catch(() => {}); // said when it is shown
      this._pictures.set(row, image);
    }
  }

  _trouble(error) {
    this.dispatchEvent(new CustomEvent("trouble", {detail: error.message}));
  }

  _changed(shown = false) {
    this.dispatchEvent(new CustomEvent("change", {detail: {shown}}));
  }
}
