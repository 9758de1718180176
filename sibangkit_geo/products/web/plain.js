"use strict";
// The button for English on a page that is complete without script: texts change where they stand.
(() => {
  const translate = window.translator(JSON.parse(document.getElementById("english").textContent));
  const NAMES = ["aria-label", "alt", "title"];
  const NOTE = "Sentences of this study without a translation stay Indonesian.";
  const { location } = window;
  const asked = () => [location.search, location.hash].some((one) => new URLSearchParams(one.slice(1)).get("bahasa") === "en");
  let english = false;
  /** @type {Spot[] | null} */
  let spots = null;

  /** @param {string} tag @param {Record<string, string>} attributes @param {string} [words] */
  function made(tag, attributes, words = "") {
    const one = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value);
    one.textContent = words;
    return one;
  }
  const button = made("button", { type: "button" });
  const note = made("p", { class: "untranslated", hidden: "" }, NOTE);
  const status = made("span", { class: "told", role: "status" });
  const bar = made("div", { class: "language" });

  // every text and name of the page, as it came
  function collect() {
    /** @type {Spot[]} */
    const found = [];
    const walker = document.createTreeWalker(document.body, window.NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const owner = node.parentElement;
      if (!node.nodeValue.trim() || owner.closest("script, style") || bar.contains(owner)) continue;
      found.push({ owner, words: node.nodeValue, put: (words) => { node.nodeValue = words; } });
    }
    for (const name of NAMES) {
      for (const owner of document.body.querySelectorAll(`[${name}]`)) {
        if (!bar.contains(owner)) found.push({ owner: null, words: owner.getAttribute(name), put: (words) => owner.setAttribute(name, words) });
      }
    }
    return [...found, { owner: null, words: document.title, put: (/** @type {string} */ words) => { document.title = words; } }];
  }

  // an anchor stays the only thing after the "#"; maps read their language there
  /** @param {string} address */
  function addressed(address) {
    const [before, hash = ""] = address.split("#");
    const [path, query = ""] = before.split("?");
    const anchor = Boolean(hash) && !hash.includes("=");
    const wish = new URLSearchParams(anchor ? query : hash);
    wish.delete("bahasa");
    if (english) wish.set("bahasa", "en");
    const words = wish.toString().replace(/%2C/g, ",");
    if (anchor) return `${path}${words && `?${words}`}#${hash}`;
    return `${path}${words && `#${words}`}`;
  }

  function lead() {
    for (const link of document.querySelectorAll("a[href]")) {
      const address = link.getAttribute("href");
      if (/^[^#:]+\.html(?:[?#]|$)/.test(address)) link.setAttribute("href", addressed(address));
    }
  }

  function show() {
    spots ??= collect();
    let left = 0;
    for (const { owner, words, put } of spots) {
      const told = english ? translate(words) : { text: words, left: false };
      put(told.text);
      if (told.left) {
        owner?.setAttribute("lang", "id");
        left += 1;
      } else owner?.removeAttribute("lang");
    }
    document.documentElement.lang = english ? "en" : "id";
    button.textContent = english ? "ID" : "EN";
    button.lang = english ? "id" : "en";
    button.setAttribute("aria-label", english ? "ID · Bahasa Indonesia" : "EN · English");
    note.hidden = !left;
    lead();
  }

  function turn() {
    english = !english;
    show();
    status.textContent = english ? "English" : "Bahasa Indonesia";
    try {
      window.history.replaceState(null, "", addressed(location.href));
    } catch {
      // an address that the browser keeps as it is
    }
  }

  button.addEventListener("click", turn);
  bar.append(button, note, status);
  (document.querySelector("header") ?? document.querySelector("main")).prepend(bar);
  english = asked();
  show();
  window.addEventListener("hashchange", () => {
    if (location.hash.includes("=") && asked() !== english) turn();
  });
  document.documentElement.dataset.ready = "1";
})();
