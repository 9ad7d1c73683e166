// Making and finding elements. Text goes in as text: nothing that comes from the data is ever read as markup.

export const find = (id) => document.getElementById(id);

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Show characters of a name that nobody sees, or that turn the direction of what follows, as their codes. */
export const visible = (name) => name.replace(/[^\P{C}\u200c\u200d]|[\u2028\u2029]/gu, (char) => `\\u${char.codePointAt(0).toString(16).padStart(4, "0")}`);

/** Say something to those who do not see the page. */
export function say(text) {
  find("live").textContent = text;
}
