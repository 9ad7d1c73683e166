// Swipes of the picture: right keeps, left trashes, up asks for another class, down is unsure.
import {find} from "./elements.js";

const FAR = 60; // px before a swipe counts
const MEANING = {right: ["keep", "Keep"], left: ["trash", "Trash"], up: ["relabel", "Another class"], down: ["unsure", "Unsure"]};

function direction(dx, dy) {
  if (Math.max(Math.abs(dx), Math.abs(dy)) < FAR) return null;
  if (Math.abs(dx) > Math.abs(dy)) return dx > 0 ? "right" : "left";
  return dy > 0 ? "down" : "up";
}

export function swipes(act) {
  const stage = find("stage");
  const picture = find("picture");
  const hint = find("hint");
  let start = null;
  stage.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" || !event.isPrimary) { start = null; return; }
    start = event;
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    if (!start || event.pointerId !== start.pointerId) return;
    const dx = event.clientX - start.clientX;
    const dy = event.clientY - start.clientY;
    picture.style.transform = `translate(${dx}px, ${dy}px)`;
    const towards = direction(dx, dy);
    hint.hidden = !towards;
    if (towards) hint.textContent = MEANING[towards][1];
  });
  function back() {
    start = null;
    hint.hidden = true;
    picture.className = "back";
    picture.style.transform = "";
  }
  stage.addEventListener("pointerup", (event) => {
    if (!start || event.pointerId !== start.pointerId) return;
    const towards = direction(event.clientX - start.clientX, event.clientY - start.clientY);
    back();
    if (towards) act(MEANING[towards][0], event);
  });
  stage.addEventListener("pointercancel", back);
}
