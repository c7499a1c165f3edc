"use strict";
// The page works without this: it folds long lists until they are asked for, and marks where the reader is.
const folds = [...document.querySelectorAll("details.claims")];
const unfold = (id) => {
  const target = id && document.getElementById(id);
  for (let box = target && target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  if (target) target.scrollIntoView();
};
folds.forEach((box) => { box.open = false; });
addEventListener("hashchange", () => unfold(decodeURIComponent(location.hash.slice(1))));
addEventListener("beforeprint", () => folds.forEach((box) => { box.open = true; }));
if (location.hash) unfold(decodeURIComponent(location.hash.slice(1)));
const contents = document.querySelector(".tocd");
if (matchMedia("(max-width:900px)").matches) contents.open = false;
const links = [...contents.querySelectorAll("ol a")];
const parts = links.map((link) => document.querySelector(link.hash));
const mark = () => {
  let here = 0;
  parts.forEach((part, i) => { if (part && part.getBoundingClientRect().top < innerHeight / 3) here = i; });
  links.forEach((link, i) => i === here ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current"));
};
addEventListener("scroll", mark, { passive: true });
mark();
