// Building the page. Text goes in as text: nothing that comes from a case or from the API is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Give an element attributes (on… are listeners, true and false switch) and children (text or elements). */
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "left") node.style.left = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

export const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

export const $ = (id) => document.getElementById(id);

export function put(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
}

/** A table whose first column heads its rows; columns after the first `left` are set to the right. */
export function table(name, heads, rows, left = 1) {
  const side = (i) => (i >= left ? "r" : null);
  return el("table", { class: name },
    el("thead", null, el("tr", null, heads.map((head, i) => el("th", { scope: "col", class: side(i) }, head)))),
    el("tbody", null, rows.map((row) => el("tr", row.attributes ?? null,
      (row.cells ?? row).map((cell, i) => (i ? el("td", { class: side(i) }, cell) : el("th", { scope: "row" }, cell)))))));
}

export const thousands = (number) => number.toLocaleString("en");
