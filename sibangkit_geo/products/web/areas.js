"use strict";
// Two to four villages and districts side by side in a table, with the regency beside them.
window.sibangkit.areas = (() => {
  const { data, byId, text, number, withUnit, element, values, csv, dialogs, say } = window.sibangkit;
  const MOST = 4;
  const { villages, districts } = data;
  /** @type {string[]} */
  let chosen = [];
  let changed = () => {};

  /** @typedef {{code: string, name: string, sub: string, row: number, district: number}} Area */
  /** @param {string} code @returns {Area | null} */
  function areaOf(code) {
    const [row, district] = [villages.code.indexOf(code), districts.findIndex((one) => one.code === code)];
    if (row >= 0) return { code, name: villages.name[row], sub: text("in_district", { district: values.districtName(row) }), row, district: -1 };
    return district < 0 ? null : { code, name: text("in_district", { district: districts[district].name }), sub: "", row: -1, district };
  }

  /** @param {string[]} codes */
  function set(codes) {
    chosen = codes.filter((code, at) => areaOf(code) && codes.indexOf(code) === at).slice(0, MOST);
    bar();
    changed();
  }

  /** @param {string} code */
  function toggle(code) {
    if (chosen.includes(code)) set(chosen.filter((one) => one !== code));
    else if (chosen.length < MOST) set([...chosen, code]);
    say(text("areas_count", { n: number(chosen.length) }));
  }

  // the switch on the card of a village or district
  /** @param {string} code */
  function button(code) {
    const made = element("button", { type: "button", class: "plain areas-add" });
    const fill = () => {
      const on = chosen.includes(code);
      made.textContent = text(on ? "areas_remove" : "areas_add");
      made.setAttribute("aria-pressed", String(on));
      made.disabled = !on && chosen.length >= MOST;
      made.title = made.disabled ? text("areas_full", { n: MOST }) : "";
    };
    made.addEventListener("click", () => { toggle(code); fill(); });
    fill();
    return made;
  }

  // ---- what is compared, and the table
  function bar() {
    const node = byId("areas-bar");
    node.hidden = !chosen.length;
    node.replaceChildren(
      element("p", { text: text("areas_chosen", { names: chosen.map((code) => areaOf(code)?.name).join(", ") }) }),
      ...(chosen.length > 1 ? [element("button", { type: "button", text: text("areas_open"), onclick: open })]
        : [element("p", { class: "fine", text: text("areas_more") })]),
      element("button", { type: "button", class: "plain", text: text("areas_clear"), onclick: () => set([]) }),
    );
  }

  /** @param {Area} area @param {ShownLayer} layer */
  const valueOf = (area, layer) => (area.row >= 0 ? values.valueText(layer, area.row)
    : wholeText(layer.district_values?.[area.district], layer));
  // an index of villages has no number of a district or of the regency
  /** @param {number | null | undefined} value @param {ShownLayer} layer */
  const wholeText = (value, layer) => (!values.known(value) && !layer.counts ? text("areas_not_here") : withUnit(value, layer));
  /** @param {(number | null | undefined)[] | null | undefined} parts */
  const sumOf = (parts) => (parts?.some(values.known) ? parts.reduce((all, one) => (all ?? 0) + (one ?? 0), 0) : null);
  /** @param {ShownLayer} layer */
  function countOfAll(layer) {
    const count = sumOf(layer.district_counts);
    return values.known(count) ? `${number(count)} ${layer.count_label ?? ""}`.trim() : "";
  }
  const allHomes = () => sumOf(districts.map((one) => one.households));
  /** @param {Area} area @param {ShownLayer} layer */
  function countOf(area, layer) {
    if (area.row >= 0) return values.countText(layer, area.row);
    const count = layer.district_counts?.[area.district];
    return values.known(count) ? `${number(count)} ${layer.count_label ?? ""}`.trim() : "";
  }
  /** @param {Area} area */
  const homesOf = (area) => (area.row >= 0 ? villages.households?.[area.row] : districts[area.district].households);

  /** @returns {Area[]} */
  const shown = () => chosen.map(areaOf);

  function table() {
    const areas = shown();
    /** @param {string} name @param {string[]} cells @param {string[]} [under] */
    const line = (name, cells, under = []) => element("tr", {}, [
      element("th", { scope: "row", text: name }),
      ...cells.map((cell, i) => element("td", { class: "number" }, [
        element("span", { text: cell }), ...(under[i] ? [element("span", { class: "sub", text: under[i] })] : []),
      ])),
    ]);
    return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("areas") }, [
      element("table", { class: "areas" }, [
        element("thead", {}, [element("tr", {}, [
          element("th", { scope: "col", text: text("layer") }),
          ...areas.map((area) => element("th", { scope: "col", class: "number" }, [
            element("span", { text: area.name }), element("span", { class: "sub", text: area.sub }),
          ])),
          element("th", { scope: "col", class: "number", text: data.regency }),
        ])]),
        element("tbody", {}, [
          line(text("areas_homes"), [...areas.map((area) => {
            const homes = homesOf(area);
            return values.known(homes) ? number(homes) : text("no_data");
          }), number(allHomes() ?? 0)]),
          ...data.layers.map((layer) => line(
            layer.label,
            [...areas.map((area) => valueOf(area, layer)), wholeText(layer.regency_value, layer)],
            [...areas.map((area) => countOf(area, layer)), countOfAll(layer)],
          )),
        ]),
      ]),
    ]);
  }

  function open() {
    dialogs.open("areas", text("areas"), () => [
      element("p", { class: "fine", text: data.estimate_line }), table(),
      element("button", { type: "button", text: text("areas_download"), onclick: download }),
    ], { anew: true });
  }

  function download() {
    const areas = shown();
    csv.saveTable(text("areas_file"), [
      [text("layer"), ...areas.map((area) => [area.name, area.sub].filter(Boolean).join(", ")), data.regency],
      [text("areas_homes"), ...areas.map(homesOf), allHomes()],
      ...data.layers.flatMap((layer) => [
        [csv.headOf(layer), ...areas.map((area) => (
          area.row >= 0 ? layer.values[area.row] : layer.district_values?.[area.district]
        )), layer.regency_value],
        ...(layer.counts ? [[layer.count_label ?? text("csv_count"), ...areas.map((area) => (
          area.row >= 0 ? layer.counts[area.row] : layer.district_counts?.[area.district]
        )), sumOf(layer.district_counts)]] : []),
      ]),
    ]);
  }

  /** @param {() => void} onChange */
  const setUp = (onChange) => { changed = onChange; };

  return { set, codes: () => chosen, button, setUp };
})();
