"use strict";
// The page in English: names of catalogues, numbers in labels, and what stays Indonesian.
// @ts-expect-error - "id" or null
window.sibangkit.language = (() => {
  const { data, english, byId, text } = window.sibangkit;
  /** @param {string} words */
  const name = (words) => data.english.names[words] ?? words;
  const NUMBERS = /^[\d.,\s\u00a0%<≥–−-]+$/;

  /** @param {any} owner @param {...string} keys */
  function put(owner, ...keys) {
    for (const key of keys) if (typeof owner?.[key] === "string") owner[key] = name(owner[key]);
  }

  function translate() {
    document.documentElement.lang = "en";
    const { title } = data;
    put(data, "title", "estimate_line", "boundary_line", "level_line", "created");
    if (data.title === title) byId("title").lang = "id";
    put(data.agency, "name", "focus");
    put(data.trend, "label", "note");
    data.agencies = data.agencies.map(name);
    data.pages.forEach((page) => put(page, "name"));
    data.unmapped.forEach((village) => put(village, "reason"));
    for (const layer of data.layers) {
      put(layer, "label", "denominator", "count_label", "note");
      for (const one of layer.classes) {
        if (NUMBERS.test(one.label)) one.label = one.label.replace(/[.,]/g, (sign) => (sign === "." ? "," : "."));
      }
    }
    if (data.houses) {
      data.houses.needs = data.houses.needs.map(name);
      data.houses.groups = data.houses.groups.map(name);
    }
    document.title = [data.title, data.agency.name].filter(Boolean).join(" · ");
  }

  // a locked page would ask for its password again
  const again = () => (window.reopen ? window.reopen() : window.location.reload());

  // the page opens anew in the other language, at the same place; address is what its hash becomes
  /** @param {(english: boolean) => string} address */
  function setUp(address) {
    const button = byId("language");
    button.textContent = text("other_language");
    button.lang = english ? "id" : "en";
    button.setAttribute("aria-label", `${text("other_language")} · ${text("other_language_name")}`);
    byId("study-language").hidden = !english;
    button.addEventListener("click", () => {
      try {
        window.history.replaceState({ language: true }, "", `#${address(!english)}`);
      } catch {
        window.location.replace(`#${address(!english)}`);
      }
      again();
    });
    if (!window.history.state?.language) return;
    button.focus({ preventScroll: true });
    window.history.replaceState(null, "", window.location.href);
  }

  if (english) translate();
  // of sentences that the study wrote; null, as always, leaves the attribute out
  return { setUp, again, foreign: english ? "id" : null };
})();
