"use strict";
// The legend of a layer: colours with counts, marks for no data, pocket lines.
window.sibangkit.legend = (() => {
  const { data, byId, text, number, element, svg, histogram, ground, filter, values } = window.sibangkit;

  /** @param {Attributes} attributes */
  function symbol(attributes) {
    const box = svg("svg", { class: "swatch", width: 26, height: 16, "aria-hidden": "true" });
    box.append(svg("rect", attributes));
    return box;
  }
  /** @param {string | undefined} fill */
  const swatch = (fill) => symbol({ x: 0.5, y: 0.5, width: 25, height: 15, rx: 2, fill });
  /** @param {string} evidence */
  const lineSymbol = (evidence) => symbol({
    x: 2, y: 2, width: 22, height: 12, rx: 1, class: `pocket-symbol ${evidence}`,
  });

  /** @param {ShownLayer} layer */
  function unitLine(layer) {
    const unit = layer.unit === "percent" ? "%" : "";
    const base = layer.unit === "percent" && layer.denominator
      ? text("of", { denominator: layer.denominator }) : layer.denominator ?? "";
    const year = layer.year ? text("year", { year: layer.year }) : "";
    return [[unit, base].filter(Boolean).join(" "), year].filter(Boolean).join(" · ");
  }

  // what a legend lists, for page and picture: {fill | evidence, label, count}
  /** @param {ShownLayer} layer @param {{pockets: boolean}} options @returns {Entry[]} */
  function entries(layer, { pockets }) {
    const meant = filter.chosen();
    /** @param {(village: number) => boolean} fits @param {number} all */
    const count = (fits, all) => (meant ? meant.filter(fits).length : all);
    /** @type {Entry[]} */
    const rows = layer.classes.map((one, index) => ({
      fill: one.color, label: one.label, count: count((village) => layer.class[village] === index, one.count),
    }));
    const thin = count((village) => values.isThin(layer, village), layer.known?.thin.length ?? 0);
    const missing = count((village) => !values.hasValue(layer, village), layer.n_missing) - thin;
    if (missing) rows.push({ fill: "url(#hatch)", label: text("no_data"), count: missing });
    if (thin) rows.push({ fill: "url(#thin)", label: text("thin"), count: thin });
    if (!pockets) return rows;
    for (const evidence of ["strict", "indicative"]) {
      if (data.pockets.some((pocket) => pocket.evidence === evidence)) {
        rows.push({ evidence, label: text(`pocket_${evidence}`), count: null });
      }
    }
    if (data.pockets.some(({ core }) => core.length)) rows.push({ evidence: "core", label: text("pocket_core"), count: null });
    if (data.wide.length) rows.push({ evidence: "wide", label: text("wide"), count: null });
    return [...rows, ...ground.entries()];
  }

  /** @param {Entry} options */
  function row({ fill, evidence, kind, label, count }) {
    return element("li", {}, [
      kind ? ground.symbol(kind) : evidence ? lineSymbol(evidence) : swatch(fill),
      element("span", { class: "label", text: label }),
      ...(count === null ? [] : [element("span", {
        class: "count", text: text("villages_count", { n: number(count) }),
      })]),
    ]);
  }

  // the chosen village among all
  /** @param {ShownLayer} layer @param {number | null} selected */
  function mark(layer, selected) {
    byId("legend").replaceChildren(...entries(layer, { pockets: true }).map(row));
    const drawn = histogram(layer, selected);
    byId("histogram").replaceChildren(...(drawn ? [drawn] : []));
  }

  /** @param {ShownLayer} layer @param {{suffix?: string, side?: string}} options */
  function show(layer, { suffix = "", side = "" } = {}) {
    byId(`legend-title${suffix}`).textContent = side ? `${side}: ${layer.label}` : layer.label;
    byId(`legend-unit${suffix}`).textContent = unitLine(layer);
    byId(`legend${suffix}`).replaceChildren(...entries(layer, { pockets: !suffix }).map(row));
    const source = layer.source ? text("source", { source: layer.source }) : "";
    byId(`legend-source${suffix}`).textContent = [source, layer.note].filter(Boolean).join(". ");
  }

  return { show, mark, entries, unitLine, row };
})();
