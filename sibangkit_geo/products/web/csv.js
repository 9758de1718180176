"use strict";
// The table of what is shown, for Excel with Indonesian settings.
window.sibangkit.csv = (() => {
  const { data, text, values, save } = window.sibangkit;
  const { villages } = data;

  // semicolon, decimal comma; a text that looks like a formula gets an apostrophe
  /** @param {string | number | null | undefined} value @param {number | null} [decimals] */
  function cell(value, decimals = null) {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") {
      const plain = decimals === null ? String(value) : value.toFixed(decimals);
      return plain.replace(".", ",");
    }
    let words = String(value);
    if (/^[=+\-@\t\r\n]/.test(words)) words = `'${words}`;
    return /[;"\r\n]/.test(words) ? `"${words.replaceAll('"', '""')}"` : words;
  }

  /** @param {{district: number | null}} options */
  const shownRows = ({ district }) => villages.code.map((_, row) => row)
    .filter((row) => district === null || villages.district[row] === district);

  // where there is no number its place says why
  /** @param {ShownLayer} layer @param {number} row */
  function layerCells(layer, row) {
    const shown = values.hasValue(layer, row);
    const word = text(values.isThin(layer, row) ? "thin" : "no_data");
    /** @param {number | null} value @param {number | null} decimals */
    const number = (value, decimals) => (shown ? cell(value, decimals) : cell(word));
    return [
      number(layer.values[row], layer.decimals ?? 1),
      ...(layer.counts ? [values.isThin(layer, row) ? cell(layer.counts[row]) : number(layer.counts[row], null)] : []),
      ...(layer.known ? [cell(layer.known.answered[row])] : []),
      cell(values.classLabel(layer, row)),
    ];
  }

  /** @param {ShownLayer} layer */
  const layerHeads = (layer) => [
    layer.unit === "percent" ? `${layer.label} (%)` : layer.label,
    ...(layer.counts ? [layer.count_label ?? text("csv_count")] : []),
    ...(layer.known ? [text("csv_known")] : []),
    text("csv_class"),
  ];

  /** @param {State} state */
  function table(state) {
    const layers = [state.layer, state.other].filter(Boolean);
    const pocketOf = new Map(data.pockets.flatMap((p) => p.villages.map((row) => [row, p.number])));
    const wideOf = new Map(data.wide.flatMap((area) => area.villages.map((row) => [row, area.number])));
    const head = [
      text("csv_code"), text("csv_village"), text("csv_district"), ...layers.flatMap(layerHeads),
      text("csv_pocket"), ...(wideOf.size ? [text("csv_wide")] : []), text("csv_verdict"),
    ];
    const rows = shownRows(state).map((row) => [
      cell(villages.code[row]), cell(villages.name[row]), cell(values.districtName(row)),
      ...layers.flatMap((layer) => layerCells(layer, row)),
      cell(pocketOf.get(row)), ...(wideOf.size ? [cell(wideOf.get(row))] : []),
      cell(villages.verdict[row] || villages.usual_verdict),
    ]);
    const foot = [data.estimate_line, data.boundary_line, data.level_line, ...data.sources].filter(Boolean);
    return [
      head.map((one) => cell(one)), ...rows, [],
      ...foot.map((line) => [cell(text("csv_estimate")), cell(line)]),
    ];
  }

  /** @param {State} state @param {string} ending */
  function fileName(state, ending) {
    const place = state.district === null ? "" : data.districts[state.district].name;
    return [text("csv_file"), data.agency.key, state.layer.key, state.other?.key, place]
      .filter(Boolean).join("-").replace(/[^\w-]+/g, "_").slice(0, 100) + ending;
  }

  /** @param {State} state */
  function download(state) {
    const body = table(state).map((row) => row.join(";")).join("\r\n");
    save(fileName(state, ".csv"), new Blob(["\ufeff", body, "\r\n"], { type: "text/csv;charset=utf-8" }));
  }

  return { download, fileName };
})();
