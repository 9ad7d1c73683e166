// The card: one row large, with what is known about it.
import {pictureOf} from "./api.js";
import {find, make, visible} from "./elements.js";
import {SIDE} from "./state.js";

const DONE = {keep: "kept", trash: "trashed", unsure: "left as unsure"};
export const words = (names) => (names?.length ? names.map(visible).join(", ") : "no class");
const percent = (share) => (share === null || share === undefined ? "" : `${(100 * share).toFixed(share > 0.9995 || share < 0.0005 ? 0 : 1)}\u00a0%`);

export function decided(decision) {
  if (!decision) return "";
  return decision.kind === "relabel" ? `relabelled ${words(decision.to)}` : DONE[decision.kind] ?? decision.kind;
}

function decidedBy(one) {
  const kept = one.kind === "keep" ? ` ${words(one.from)}` : "";
  return `${one.kind === "unsure" ? "was unsure" : decided(one)}${kept}`;
}

/** Show a card; `choose` takes the name of a class, `visit` the id of another row. */
export function showCard(card, {choose, visit, keyOf}) {
  const picture = find("picture");
  picture.hidden = false;
  find("no-picture").hidden = true;
  picture.className = "";
  picture.style.transform = "";
  picture.alt = `Picture of ${card.name}`;
  picture.src = pictureOf(card.row, SIDE);
  // the picture before stays until the next is loaded, and must not be taken for it
  find("stage").setAttribute("aria-busy", String(!picture.complete));
  find("row-name").textContent = card.name;
  find("row-label").textContent = words(card.label);
  const decision = find("row-decision");
  decision.textContent = card.mine ? `You have ${decided(card.mine)} this row.` : "";
  decision.className = card.mine?.kind === "trash" ? "bad" : "good";
  list("dispute", card.dispute.map((one) => make("li", {}, make("strong", {}, one.reviewer), ` ${decidedBy(one)}${one.note ? `: “${one.note}”` : ""}`)));
  suggest(card, keyOf);
  likely(card, choose);
  find("source").textContent = card.source;
  list("findings", card.findings.map((text) => make("li", {}, text)));
  list("near", card.near.map((other) => make("li", {}, make(
    "button", {type: "button", onclick: () => visit(other.row)},
    make("img", {src: pictureOf(other.row, 160), alt: "", loading: "lazy"}), make("span", {}, `${words(other.label)} · ${other.why}`),
  ))));
  for (const part of ["identity", "metadata"]) {
    find(part).replaceChildren(...card[part].flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  }
}

function list(id, items) {
  find(id).replaceChildren(...items);
  find(`${id}-part`).hidden = items.length === 0;
}

function suggest(card, keyOf) {
  const place = find("suggestion");
  if (!card.suggestion) {
    place.textContent = card.blind ? "Decide this one by yourself: the suggestion is hidden, so that its influence can be measured." : "";
    return;
  }
  const same = words(card.suggestion.label) === words(card.label);
  place.replaceChildren(
    "The model says ", make("strong", {}, words(card.suggestion.label)),
    ` (${percent(card.suggestion.probability)})${same ? ", as the label does" : ""}. `,
    make("span", {class: "by-key"}, make("kbd", {}, keyOf("take")), " takes it."),
  );
}

function likely(card, choose) {
  const items = card.likely.map((option, position) => {
    const bar = make("span", {class: "bar", "aria-hidden": "true"});
    bar.style.width = `${100 * (option.probability ?? 0)}%`;
    return make("li", {}, make(
      "button", {type: "button", onclick: (event) => choose(option.name, event), "aria-current": card.label.includes(option.name) ? "true" : null},
      position < 9 ? make("kbd", {}, String(position + 1)) : make("span"), make("span", {}, visible(option.name)),
      make("span", {class: "share"}, percent(option.probability)), option.probability === null ? null : bar,
    ));
  });
  find("likely").replaceChildren(...items);
  find("likely-title").hidden = items.length === 0;
  find("likely-title").textContent = card.likely.some((option) => option.probability !== null) ? "Likely classes" : "Classes";
}
