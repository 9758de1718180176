"use strict";
// The page in English: the study's sentences and names, what stays Indonesian, and the way from one language to the other.
// @ts-expect-error - "id" or null
window.sibangkit.language = (() => {
  const { data, english, source, byId, text } = window.sibangkit;
  const MARKS = ".shown input";
  /** @type {Set<string>} */
  const left = new Set();
  const translate = english ? window.translator(data.english.pairs) : null;

  /** @param {string} words */
  function name(words) {
    const told = translate(words);
    if (told.left) left.add(told.text);
    return told.text;
  }

  // texts and lists of texts under these keys
  /** @param {any} owner @param {...string} keys */
  function put(owner, ...keys) {
    for (const key of keys) {
      const value = owner?.[key];
      if (typeof value === "string") owner[key] = name(value);
      else if (Array.isArray(value)) owner[key] = value.map((one) => (typeof one === "string" ? name(one) : one));
    }
  }

  function shared() {
    put(data, "estimate_line", "boundary_line", "level_line", "created", "agencies", "sources", "honesty", "notes");
    put(data.agency, "name", "focus");
    put(data.trend, "label", "note");
    put(data.verdict, "headline", "sentences");
    put(data.villages, "certainty", "verdict", "usual_verdict");
    put(data.villages.planned, ...Object.keys(data.villages.planned ?? {}));
    put(data.houses, "needs", "groups", "assisted");
    for (const page of data.pages) put(page, "name");
    for (const village of data.unmapped) put(village, "reason");
    for (const district of data.districts) put(district, "roles");
    for (const pocket of data.pockets) put(pocket, "name", "sentence", "roles");
    for (const area of data.wide) put(area, "sentence");
  }

  function own() {
    for (const layer of data.layers) {
      put(layer, "label", "denominator", "count_label", "source", "note");
      for (const one of layer.classes) put(one, "label");
    }
    put(data.needs, "headline", "lead", "begin", "more", "items");
    for (const place of data.needs?.places ?? []) put(place, "headline", "items");
    put(data.missing_data, "headline", "lead", "items");
    for (const block of data.blocks ?? []) {
      put(block, "headline", "lead", "items");
      put(block.table, "head");
      for (const row of block.table?.rows ?? []) put(row, ...Object.keys(row));
    }
  }

  function translateAll() {
    document.documentElement.lang = "en";
    const { title } = data;
    shared();
    own();
    data.title = translate(title).text;
    if (data.title === title) byId("title").lang = "id";
    document.title = [data.title, data.agency.name].filter(Boolean).join(" · ");
  }

  // of what the study wrote; null, as always, leaves the attribute out
  /** @param {...(string | string[])} words */
  const foreign = (...words) => (words.flat().some((one) => left.has(one)) ? "id" : null);

  // the page is written anew in its place: nothing is read, nothing leaves
  function again() {
    // a locked page does so itself, from what it has opened
    if (window.reopen) {
      window.reopen();
      return;
    }
    const rest = [...document.scripts].slice(source.scripts).map((one) => one.outerHTML);
    const page = `<!DOCTYPE html>${source.page.replace(/<\/body><\/html>$/, "")}${rest.join("")}</body></html>`;
    for (let last = Number(setTimeout(() => {}, 0)); last > 0; last -= 1) clearTimeout(last);
    for (let last = requestAnimationFrame(() => {}); last > 0; last -= 1) cancelAnimationFrame(last);
    document.open();
    document.write(page);
    document.close();
  }

  /** @returns {any[]} */
  const marks = () => [...document.querySelectorAll(MARKS)];

  // what the address does not keep: what is drawn, and how far the panel is read
  const kept = () => ({ language: true, marks: marks().map((one) => one.checked), read: byId("results").scrollTop });

  function restore() {
    const { state } = window.history;
    marks().forEach((one, i) => { if (one.checked !== state.marks?.[i]) one.click(); });
    byId("results").scrollTop = state.read ?? 0;
    byId("language").focus({ preventScroll: true });
    window.history.replaceState(null, "", window.location.href);
  }

  // address is what the page's hash becomes
  /** @param {(english: boolean) => string} address */
  function setUp(address) {
    const button = byId("language");
    button.textContent = text("other_language");
    button.lang = english ? "id" : "en";
    button.setAttribute("aria-label", `${text("other_language")} · ${text("other_language_name")}`);
    byId("study-language").hidden = !left.size;
    button.addEventListener("click", () => {
      try {
        window.history.replaceState(kept(), "", `#${address(!english)}`);
      } catch {
        window.location.replace(`#${address(!english)}`);
      }
      again();
    });
    if (window.history.state?.language) restore();
  }

  if (english) translateAll();
  return { setUp, again, foreign };
})();
