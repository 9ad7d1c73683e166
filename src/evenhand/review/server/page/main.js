// The page: joins the rows on their way (state.js) with the card, the keys and the swipes.
import {Refused, get} from "./api.js";
import {showCard, words} from "./card.js";
import {find, make, say, visible} from "./elements.js";
import {Grid} from "./grid.js";
import {GridClasses} from "./grid_classes.js";
import {Keys} from "./keys.js";
import {showNearest} from "./nearest.js";
import {ClassSearch} from "./search.js";
import {Review} from "./state.js";
import {showStrip} from "./strip.js";
import {swipes} from "./swipe.js";

const BUTTONS = [
  ["keep", "Keep"], ["take", "Take suggestion"], ["relabel", "Relabel…"], ["trash", "Trash"], ["unsure", "Unsure"], ["note", "Note…"],
  ["undo", "Undo"], ["redo", "Redo"],
];

const NO_PICTURE = "/page/no-picture.svg";

// the token has done its work; it need not stay in the address, where it would be shared with a picture of the screen
if (location.search) history.replaceState(null, "", "/");

function trouble(text) {
  find("trouble").textContent = text ?? "";
  find("trouble").hidden = !text;
}

async function begin() {
  const session = await get("/api/session");
  const form = find("view");
  fillSelects(form, session);
  const review = new Review(session, viewOf(form));
  const search = new ClassSearch(session.classes, session.several);

  const grid = new Grid(review, (row) => visit(row));
  const gridClasses = new GridClasses(grid, (name, event) => {
    if (session.several) gridActions.relabel();
    else grid.decide("relabel", () => [name]);
    release(event);
  });

  function choose(name, event) {
    const label = review.card.label;
    if (session.several) { ask(); return; }
    if (label.length === 1 && label[0] === name) review.decide("keep");
    else review.decide("relabel", [name]);
    release(event);
  }

  function ask() {
    const card = review.card;
    search.open(card.label, card.likely.map((option) => option.name), (names) => {
      if (same(names, card.label)) review.decide("keep");
      else review.decide("relabel", names);
      find("card").focus();
    });
  }

  let noted = []; // the cards that the note is about

  function askNote(cards, text) {
    noted = cards;
    find("note-title").textContent = cards.length > 1 ? `Note about ${cards.length} rows` : "Note about this row";
    find("note-text").value = text ?? "";
    find("note").showModal();
  }

  const actions = {
    keep: () => review.decide("keep"),
    trash: () => review.decide("trash"),
    unsure: () => review.decide("unsure"),
    relabel: ask,
    take: () => {
      const {suggestion, label} = review.card;
      if (!suggestion) say("There is no suggestion for this row.");
      else if (same(suggestion.label, label)) review.decide("keep");
      else review.decide("relabel", suggestion.label);
    },
    note: () => askNote([review.card], review.card.note),
    class: (position) => {
      const option = review.card.likely[position - 1];
      if (option) choose(option.name);
    },
    undo: async () => { stepped(await review.undo()); },
    redo: async () => { stepped(await review.redo()); },
    grid: switchGrid,
    next: () => review.next(),
    previous: async () => { if (!await review.previous()) say("This is the first row that was shown."); },
    arrows: () => {
      keys.switchArrows();
      say(keys.arrowsDecide ? "Arrow keys decide." : "Arrow keys navigate.");
    },
    help: () => {
      keys.show();
      find("help").showModal();
    },
  };

  /** What the same actions do in the grid; others do there what they do beside a card. */
  const gridActions = {
    keep: () => grid.decide("keep"),
    trash: () => grid.decide("trash"),
    unsure: () => grid.decide("unsure"),
    take: () => grid.take(),
    relabel: async () => {
      const {label, likely} = await gridClasses.card();
      search.open(label, likely.map((option) => option.name), (names) => grid.decide("relabel", () => names));
    },
    note: async () => {
      const cards = grid.chosen().map((tile) => tile.card);
      askNote(cards, (await get("/api/card", {row: cards[0].row})).note);
    },
    class: (number) => (session.several ? gridActions.relabel() : gridClasses.take(number)),
    next: () => grid.show(),
    previous: () => {},
  };
  const ofCard = new Set(["keep", "trash", "unsure", "relabel", "take", "note", "class", "next"]);

  function act(action, event, position) {
    const todo = (grid.open && gridActions[action]) || actions[action];
    if (ofCard.has(action) && !(grid.open ? grid.chosen().length : review.card)) return;
    Promise.resolve(todo(position)).catch((error) => trouble(error.message));
    release(event);
  }

  /** After a click the focus goes to the card, or the tile: Space on a button that kept it would press the button again. */
  function release(event) {
    if (event?.type !== "click" || event.detail === 0) return;
    if (grid.open) grid.focus();
    else find("card").focus();
  }

  function stepped(answer) {
    say(answer?.said ?? "");
    if (grid.open && answer?.card) grid.returned(answer.card);
  }

  async function switchGrid() {
    grid.open = !grid.open;
    keys.inGrid = grid.open;
    showKeys();
    find("grid-open").setAttribute("aria-pressed", String(grid.open));
    find("grid").hidden = !grid.open;
    if (grid.open) await grid.start();
    else await review.restart();
    showRow(review, context);
  }

  const keys = new Keys(act, showKeys);
  swipes(act);
  for (const [action, text] of BUTTONS) {
    find("actions").append(make("button", {type: "button", id: `do-${action}`, class: action, onclick: (event) => act(action, event)}, text, make("kbd", {"aria-hidden": "true"})));
  }
  showKeys();

  /** The key of each button: another one in the grid, where Space selects, and after it was changed. */
  function showKeys() {
    for (const [action] of BUTTONS) {
      const shown = find(`do-${action}`).querySelector("kbd");
      shown.textContent = keys.keyOf(action);
      shown.hidden = !shown.textContent;
    }
  }

  const visit = (row) => (grid.open ? switchGrid() : Promise.resolve()).then(() => review.jump(row)).then(() => find("card").focus(), (error) => trouble(error.message));
  const context = {choose, visit, current: () => review.card, keyOf: (action) => keys.keyOf(action), inGrid: () => grid.open};
  let after = null;
  review.addEventListener("change", (event) => {
    if (event.detail.shown && !grid.open) showRow(review, context);
    if (!review.unsaved) trouble(null);
    after ??= requestAnimationFrame(() => setTimeout(() => { // behind the card, which is painted first
      after = null;
      showCounts(review);
      showStrip(review.recent, visit);
    }));
  });
  review.addEventListener("trouble", (event) => trouble(`Not saved yet, tried again until it is: ${event.detail}`));
  review.addEventListener("refused", (event) => queueMicrotask(() => trouble(event.detail)));
  find("picture").addEventListener("load", () => find("stage").setAttribute("aria-busy", "false"));
  find("picture").addEventListener("error", () => noPicture(review.card));
  document.addEventListener("error", ({target}) => { // of a thumbnail or tile; the sign of a broken link is no help
    if (target.matches?.(".thumbs img, #tiles img") && target.getAttribute("src") !== NO_PICTURE) target.src = NO_PICTURE;
  }, true);
  find("note-save").addEventListener("click", () => {
    const text = find("note-text").value.trim();
    find("note").close();
    if (!text) return;
    for (const card of noted) card.note = text;
    const sent = noted.map((card) => review.decideFor(card, "note", null, text, grid.open ? "grid" : "card"));
    Promise.all(sent).then((answers) => { if (answers.every(Boolean)) say("The note is saved."); });
  });
  find("grid-open").addEventListener("click", () => act("grid"));
  find("help-open").addEventListener("click", () => act("help"));
  find("again").addEventListener("click", () => review.restart().then(() => find("card").focus()));
  form.addEventListener("change", (event) => {
    if (event.target.name === "jump") {
      if (event.target.value) visit(event.target.value);
      event.target.value = "";
    } else review.restart(viewOf(form)).then(() => (grid.open ? grid.restart() : null)).catch((error) => trouble(error.message));
  });
  find("by-class").addEventListener("toggle", () => showProgress().catch((error) => trouble(error.message)));
  form.addEventListener("submit", (event) => event.preventDefault());
  // the browser then asks: what is not saved yet would be lost with the page
  addEventListener("beforeunload", (event) => { if (review.unsaved) event.preventDefault(); });
  await review.restart();
  find("card").focus({preventScroll: true});
}

const same = (a, b) => JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
const viewOf = (form) => Object.fromEntries(["order", "class", "group", "fold", "finding", "decision"].map((name) => [name, form.elements[name].value]));

function fillSelects(form, session) {
  const options = (name, items) => form.elements[name].append(...items.map(([value, text]) => make("option", {value}, text)));
  form.elements.order.append(...session.orders.map(({name, description, lacks}) => make(
    "option", {value: name, disabled: lacks !== "", title: lacks || description}, name.replaceAll("_", " "),
  )));
  const described = () => { find("order-words").textContent = session.orders.find(({name}) => name === form.elements.order.value)?.description ?? ""; };
  form.elements.order.addEventListener("change", described);
  options("class", [["", "all classes"], ...session.classes.map((name) => [name, visible(name)])]);
  options("fold", [["", "all folds"], ...session.folds.map((name) => [name, name])]);
  find("groups").append(...session.groups.map((value) => make("option", {value})));
  options("finding", [["", "with or without"], ...session.findings]);
  options("decision", session.decisions);
  form.elements.order.value = session.order;
  described();
}

function showRow(review, context) {
  const card = review.card;
  const inGrid = context.inGrid();
  find("card").hidden = !card || inGrid;
  find("finished").hidden = Boolean(card) || inGrid;
  if (inGrid) {
    for (const action of ["keep", "take", "relabel", "trash", "unsure"]) find(`do-${action}`).disabled = false;
    find("do-note").disabled = false;
    return;
  }
  for (const action of ["keep", "take", "relabel", "trash", "unsure", "note"]) find(`do-${action}`).disabled = !card;
  if (!card) {
    find("finished-words").textContent = `${review.counts.decided} of ${review.counts.rows} rows are decided.`;
    find("finished").focus();
    return;
  }
  find("do-take").disabled = !card.suggestion;
  showCard(card, context);
  showNearest(card, context);
  say(`${words(card.label)}. ${card.suggestion ? `The model says ${words(card.suggestion.label)}.` : ""}`);
}

function noPicture(card) {
  find("stage").setAttribute("aria-busy", "false");
  find("picture").hidden = true;
  find("no-picture").hidden = false;
  find("no-picture").textContent = "There is no picture of this row.";
  if (card) get("/api/picture-fault", {row: card.row}).then((answer) => { find("no-picture").textContent = answer.reason; }, () => {});
}

async function showProgress() {
  if (!find("by-class").open) return;
  const {classes} = await get("/api/progress");
  find("class-rows").replaceChildren(...classes.map((line) => make(
    "tr", {}, make("th", {scope: "row"}, visible(line.class) || "no class"),
    ...["rows", "decided", "keep", "relabel", "trash", "unsure"].map((name) => make("td", {}, line[name].toLocaleString())),
  )));
}

function showCounts(review) {
  const {decided, rows} = review.counts;
  find("progress").textContent = `${decided.toLocaleString()} of ${rows.toLocaleString()} decided`;
  find("bar").max = Math.max(rows, 1);
  find("bar").value = decided;
}

begin().catch((error) => {
  trouble(error instanceof Refused ? error.message : `The page cannot be shown: ${error.message}`);
});
