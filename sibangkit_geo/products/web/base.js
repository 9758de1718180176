"use strict";
// Shared helpers: data, texts, Indonesian numbers, DOM. Data text goes in as text, never as HTML.
// @ts-expect-error - the other scripts add the rest
window.sibangkit = (() => {
  /** @type {ShownPage} */
  const data = JSON.parse(document.getElementById("data").textContent);
  // in the address, so that a link opens in the language it was copied in
  const english = new URLSearchParams(window.location.hash.slice(1)).get("bahasa") === "en";
  // the page as it came, up to the script that runs: what writes it anew in the other language
  const source = { page: document.documentElement.outerHTML, scripts: document.scripts?.length };
  if (english) Object.keys(data.texts).forEach((key, i) => { data.texts[key] = data.english.texts[i] ?? data.texts[key]; });
  const SVG = "http://www.w3.org/2000/svg";
  /** @type {(id: string) => any} */
  const byId = (id) => document.getElementById(id);

  /** @param {string} key @param {Record<string, Value>} [values] */
  function text(key, values = {}) {
    const template = data.texts[key] ?? key;
    return template.replace(/\{(\w+)\}/g, (slot, name) => String(values[name] ?? slot));
  }

  // base 85 of Python with the three signs changed that JSON in a page would escape
  const SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%[()*+-;,=:?@^_`{|}~";
  /** @param {PackedNumbers | PackedTopology | PackedGround | Houses} options */
  function bytesOf({ data: words, bytes: length }) {
    const place = new Uint8Array(128);
    [...SIGNS].forEach((sign, i) => { place[sign.charCodeAt(0)] = i; });
    const bytes = new DataView(new ArrayBuffer((words.length / 5) * 4));
    for (let i = 0; i < words.length; i += 5) {
      let value = 0;
      for (let j = i; j < i + 5; j += 1) value = value * 85 + place[words.charCodeAt(j)];
      bytes.setUint32((i / 5) * 4, value);
    }
    return new Uint8Array(bytes.buffer, 0, length);
  }

  // packed numbers one by one, and lists led by their length, see `packed_numbers`
  /** @param {PackedNumbers | PackedTopology | PackedGround} packed @returns {Reader} */
  function readerOf(packed) {
    const bytes = bytesOf(packed);
    let next = 0;
    const read = () => {
      let [value, shift, byte] = [0, 0, 0];
      do {
        byte = bytes[next];
        next += 1;
        value |= (byte & 127) << shift;
        shift += 7;
      } while (byte > 127);
      return (value >>> 1) ^ -(value & 1);
    };
    return { number: read, list: (each) => Array.from({ length: read() }, each) };
  }

  // numbers as steps from those of the same rows, column after column, see `packed_steps`
  /** @param {PackedNumbers} packed @param {(number | null)[]} own @param {number} decimals @param {number} columns */
  function stepsFrom(packed, own, decimals, columns) {
    const { number: next } = readerOf(packed);
    const scale = 10 ** decimals;
    return Array.from({ length: columns }, () => own.map((value) => {
      const step = next();
      return step ? (Math.round((value ?? 0) * scale) + step - Number(step > 0)) / scale : null;
    }));
  }

  // long columns may come as text, see `packed_columns`
  /** @type {PackedParts} */
  const { villages, districts, layers } = data;
  if (typeof villages.code === "string") {
    villages.code = villages.code.split(",").map((end, row) => `${districts[villages.district[row]].code}.${end}`);
  }
  // sentences that differ by their numbers
  /** @param {string[] | Sentences} column */
  const sentences = (column) => (!column || Array.isArray(column) ? column : column.rows.map((row) => {
    const [frame, ...numbers] = row.split(";");
    return column.frames[Number(frame)].replace(/\{\}/g, () => numbers.shift() ?? "");
  }));
  villages.certainty = sentences(villages.certainty);
  villages.verdict = sentences(villages.verdict);
  /** @type {null[]} */
  const none = Array(villages.district.length).fill(null);
  for (const layer of layers) {
    if (typeof layer.class === "string") layer.class = Array.from(layer.class, (sign) => (sign === "-" ? null : sign.charCodeAt(0) - 97));
    if ("data" in layer.values) [layer.values] = stepsFrom(layer.values, none, layer.decimals, 1);
    if (layer.counts && "data" in layer.counts) [layer.counts] = stepsFrom(layer.counts, none, 0, 1);
  }
  for (const one of districts) {
    if (!one.labels || Array.isArray(one.labels)) continue;
    const { number: next, list } = readerOf(one.labels);
    let [east, north] = [0, 0];
    one.labels = list(() => {
      east += next();
      north += next();
      return [east / 1e4, north / 1e4];
    });
  }

  // a page without any indicator still shows its map
  if (!data.layers.length) {
    data.layers.push({
      key: "", label: text("no_layer"), unit: "", decimals: 0, worse: "high", values: [],
      counts: null, known: null, class: [], classes: [], n_missing: data.villages.code.length,
    });
  }

  const formats = new Map();
  /** @param {number} value @param {number} [decimals] */
  function number(value, decimals = 0) {
    if (!formats.has(decimals)) {
      formats.set(decimals, new Intl.NumberFormat(english ? "en-GB" : "id-ID", {
        minimumFractionDigits: decimals, maximumFractionDigits: decimals,
      }));
    }
    return formats.get(decimals).format(value).replace("-", "\u2212");
  }

  /** @param {number | null | undefined} value @param {ShownLayer} layer */
  function withUnit(value, layer) {
    if (value === null || value === undefined) return text("no_data");
    const shown = number(value, layer.decimals ?? 1);
    if (layer.unit === "percent") return `${shown}%`;
    if (layer.unit === "count" && layer.denominator) return `${shown}\u00a0${layer.denominator}`;
    return shown;
  }

  /** @type {<E extends Element>(made: E, attributes: Record<string, any>) => E} */
  const fill = (made, attributes) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "text") made.textContent = value;
      else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else made.setAttribute(name, value === true ? "" : value);
    }
    return made;
  };

  // element("li", {class, text, onclick, ...attributes}, children)
  /** @param {string} tag @param {Attributes} [options] @param {(Node | string)[]} [children] @returns {any} */
  function element(tag, options = {}, children = []) {
    const made = fill(document.createElement(tag), options);
    made.append(...children);
    return made;
  }

  /** @param {string} tag @param {Attributes} [attributes] @param {string | null} [content] @returns {any} */
  function svg(tag, attributes = {}, content = "") {
    const made = fill(document.createElementNS(SVG, tag), attributes);
    if (content) made.textContent = content;
    return made;
  }

  // no data, and crossed: too few answered
  const HATCHES = {
    hatch: "M-1 1L1 -1M0 6L6 0M5 7L7 5",
    thin: "M-1 1L1 -1M0 6L6 0M5 7L7 5M-1 5L1 7M0 0L6 6M5 -1L7 1",
  };

  // hatches for no data: drawn once, used by maps, legends and picture
  function patterns() {
    const defs = svg("defs");
    const hatches = Object.entries(HATCHES).map(([id, d]) => {
      const hatch = svg("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse" });
      hatch.append(
        svg("rect", { width: 6, height: 6, fill: "#ffffff" }),
        svg("path", { d, fill: "none", stroke: "#7d8794", "stroke-width": 1.2 }),
      );
      return hatch;
    });
    defs.append(...hatches);
    return defs;
  }

  function fillStaticTexts() {
    for (const node of document.querySelectorAll("[data-text]")) {
      node.textContent = text(node.dataset.text);
    }
    for (const node of document.querySelectorAll("[data-label]")) {
      node.setAttribute("aria-label", text(node.dataset.label));
    }
  }

  // lower case, no accents, one blank: for searching
  /** @param {string} words */
  const plain = (words) => words.toLocaleLowerCase("id").normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "").replace(/\s+/g, " ").trim();

  /** @param {string} words @param {number} most */
  const shorten = (words, most) => {
    const signs = [...words];
    return signs.length > most ? `${signs.slice(0, most - 1).join("").trimEnd()}…` : words;
  };

  /** @param {string} words */
  function say(words) {
    byId("status").textContent = words;
  }

  /** @param {string} name @param {Blob} blob */
  function save(name, blob) {
    const address = URL.createObjectURL(blob);
    const link = element("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  return {
    bytesOf, readerOf, stepsFrom, data, english, source, byId, text, number, withUnit, element, svg, patterns, HATCHES, fillStaticTexts, plain, shorten,
    say, save,
  };
})();
