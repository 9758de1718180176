"use strict";
// Search: a combobox with arrow keys, for villages (without polygon too), districts and pockets.
/** @type {NonNullable<Sibangkit["setUpSearch"]>} */
window.sibangkit.setUpSearch = (on) => {
  const { data, byId, text, number, element, plain, values } = window.sibangkit;
  const MOST = 12;
  // districts and pockets are listed from so many letters on
  const ENOUGH = 3;
  /** @type {Record<string, string>} */
  const ROMAN = { i: "1", ii: "2", iii: "3", iv: "4", v: "5", vi: "6", vii: "7", viii: "8", ix: "9", x: "10" };
  const [input, list] = [byId("search"), byId("matches")];
  const { villages } = data;
  const entries = [
    ...villages.name.map((name, row) => ({
      name, code: villages.code[row], sub: values.districtName(row), choose: () => on.village(row), wide: false,
    })),
    ...data.unmapped.map((one) => ({
      name: one.name, code: one.code, sub: `${one.district} · ${text("search_unmapped")}`,
      choose: () => on.unmapped(one), wide: false,
    })),
    ...data.districts.map((one, index) => ({
      name: one.name, code: one.code, sub: text("search_district"), choose: () => on.district(index), wide: true,
    })),
    ...data.pockets.map((one) => ({
      name: [text("pocket", { n: one.number }), one.name].filter(Boolean).join(": "), code: "",
      sub: text("villages_count", { n: number(one.villages.length) }), choose: () => on.pocket(one), wide: true,
    })),
  ];

  // spelled as one: without blanks and dots, roman numbers as others
  /** @param {string} words */
  const folded = (words) => plain(words)
    .split(/[^\p{L}\p{N}]+/u).map((one, at) => (at ? ROMAN[one] ?? one : one)).join("");

  // fewest letters to change, leave out or put in so that the query stands somewhere in the key
  /** @param {string} query @param {string} key */
  function misspelled(query, key) {
    let row = new Array(key.length + 1).fill(0);
    for (let i = 1; i <= query.length; i += 1) {
      const next = [i];
      for (let j = 1; j <= key.length; j += 1) {
        next.push(Math.min(row[j - 1] + Number(query[i - 1] !== key[j - 1]), row[j] + 1, next[j - 1] + 1));
      }
      row = next;
    }
    return Math.min(...row);
  }
  /** @type {{name: string, code: string}[] | null} */
  let keys = null; // made at the first search
  /** @type {[typeof entries, number]} */
  let [found, active] = [[], -1];
  input.placeholder = text("search_hint");

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  /** @param {{name: string, choose: () => void}} entry */
  function choose(entry) {
    input.value = entry.name;
    close();
    entry.choose();
  }

  /** @param {number} index */
  function mark(index) {
    active = index;
    [...list.children].forEach((item, i) => {
      item.setAttribute("aria-selected", String(i === active));
      if (i === active) item.scrollIntoView({ block: "nearest" });
    });
    if (active >= 0) input.setAttribute("aria-activedescendant", `match-${active}`);
  }

  // what is written before a name
  const KIND = /^\s*(?:desa|kelurahan|kel\.?|kecamatan|kec\.?)\s+(?=\S)/i;

  // what has the first words of a name that nobody has
  /** @param {string} words @returns {ReturnType<typeof search>} */
  function fewerWords(words) {
    const parts = words.trim().split(/\s+/);
    if (parts.length < 2 || folded(parts.slice(0, -1).join(" ")).length < 5) return [];
    const shorter = parts.slice(0, -1).join(" ");
    const hits = search(shorter);
    return hits.length ? hits : fewerWords(shorter);
  }

  /** @param {string} words */
  function search(words) {
    const [whole, query] = [folded(words), folded(words.replace(KIND, ""))];
    keys ??= entries.map((one) => ({ name: folded(one.name), code: one.code.replaceAll(".", "") }));
    const near = entries.map((_, i) => i).filter((i) => !entries[i].wide || query.length >= ENOUGH);
    /** @param {string} own */
    const holding = (own) => near.filter((i) => keys[i].name.includes(own) || keys[i].code.includes(own));
    let hits = holding(whole);
    if (!hits.length) hits = holding(query);
    if (!hits.length && query.length > 4) {
      const allowed = query.length < 8 ? 1 : 2;
      hits = near.filter((i) => misspelled(query, keys[i].name) <= allowed);
    }
    /** @param {number} i */
    const later = (i) => Number(!keys[i].name.startsWith(query));
    hits.sort((a, b) => later(a) - later(b) || entries[a].name.localeCompare(entries[b].name, "id"));
    return hits.map((i) => entries[i]);
  }

  function open() {
    if (!folded(input.value)) { close(); return; }
    const exact = search(input.value);
    const hits = exact.length ? exact : fewerWords(input.value.replace(KIND, ""));
    found = hits.slice(0, MOST);
    const similar = hits.length && !exact.length ? text("search_similar") : "";
    byId("search-status").textContent = hits.length
      ? [similar, text("search_count", { n: number(hits.length) })].filter(Boolean).join(" ") : text("search_none");
    const note = similar ? [element("li", { class: "none", role: "option", "aria-disabled": "true", text: similar })] : [];
    list.replaceChildren(...(found.length ? found.map((one, i) => element("li", {
      role: "option", id: `match-${i}`, "aria-selected": "false", "data-code": one.code,
      onmousedown: (event) => { event.preventDefault(); choose(one); },
    }, [element("span", { text: one.name }), element("span", { class: "sub", text: one.sub })]))
      : [element("li", { class: "none", role: "option", "aria-disabled": "true", text: text("search_none") })]), ...note);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(found.length ? 0 : -1);
  }

  input.addEventListener("input", open);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) close();
    else if (event.key === "Enter" && active >= 0) choose(found[active]);
    else if (event.key === "ArrowDown" && list.hidden) open();
    else if (event.key === "ArrowDown") mark(Math.min(active + 1, found.length - 1));
    else if (event.key === "ArrowUp") mark(Math.max(active - 1, 0));
    else return;
    event.preventDefault();
  });
};
