"use strict";
// The table of what is shown, for Excel with Indonesian settings.
window.sibangkit.csv = (() => {
  const { data, text, values, filter, save } = window.sibangkit;
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
  const headOf = (layer) => (layer.unit === "percent" && !/persen|percent/.test(layer.label)
    ? `${layer.label} (%)` : layer.label);

  // with several layers every head names its own, so that none stands twice
  /** @param {ShownLayer} layer @param {boolean} several */
  const layerHeads = (layer, several) => [
    headOf(layer),
    ...[
      ...(layer.counts ? [layer.count_label ?? text("csv_count")] : []),
      ...(layer.known ? [text("csv_known")] : []),
      text("csv_class"),
    ].map((one) => (several ? `${layer.label}: ${one}` : one)),
  ];

  const footer = () => [data.estimate_line, data.boundary_line, data.level_line, ...data.sources].filter(Boolean);

  /** @param {State} state @param {ShownLayer[]} layers */
  function table(state, layers) {
    const pocketOf = new Map(data.pockets.flatMap((p) => p.villages.map((row) => [row, p.number])));
    const wideOf = new Map(data.wide.flatMap((area) => area.villages.map((row) => [row, area.number])));
    const head = [
      text("csv_code"), text("csv_village"), text("csv_district"), ...layers.flatMap((layer) => layerHeads(layer, layers.length > 1)),
      text("csv_pocket"), ...(wideOf.size ? [text("csv_wide")] : []), text("csv_verdict"),
    ];
    const rows = filter.rows(state).map((row) => [
      cell(villages.code[row]), cell(villages.name[row]), cell(values.districtName(row)),
      ...layers.flatMap((layer) => layerCells(layer, row)),
      cell(pocketOf.get(row)), ...(wideOf.size ? [cell(wideOf.get(row))] : []),
      cell(villages.verdict[row] || villages.usual_verdict),
    ]);
    const foot = [...(state.filter ? [filter.result(state)] : []), ...footer()];
    return [
      head.map((one) => cell(one)), ...rows, [],
      ...foot.map((line) => [cell(text("csv_estimate")), cell(line)]),
    ];
  }

  /** @param {State} state @param {string} ending @param {(string | undefined)[]} [layers] */
  function fileName(state, ending, layers = [state.layer.key, state.other?.key]) {
    const place = state.district === null ? "" : data.districts[state.district].name;
    const some = state.filter ? text("csv_filtered") : "";
    return [text("csv_file"), data.agency.key, ...layers, place, some]
      .filter(Boolean).join("-").replace(/[^\w-]+/g, "_").slice(0, 100) + ending;
  }

  /** @param {string} name @param {string[][]} rows */
  function write(name, rows) {
    const body = rows.map((row) => row.join(";")).join("\r\n");
    save(name, new Blob(["\ufeff", body, "\r\n"], { type: "text/csv;charset=utf-8" }));
  }

  /** @param {State} state */
  const download = (state) => write(
    fileName(state, ".csv"), table(state, [state.layer, ...(state.other ? [state.other] : [])]),
  );

  // every indicator of the page
  /** @param {State} state */
  const downloadAll = (state) => write(fileName(state, ".csv", [text("csv_all")]), table(state, data.layers));

  // a small table with what every product says of its numbers
  /** @param {string} name @param {(string | number | null | undefined)[][]} rows */
  const saveTable = (name, rows) => write(`${text("csv_file")}-${data.agency.key}-${name}.csv`, [
    ...rows.map((row) => row.map((one) => cell(one))), [],
    ...footer().map((line) => [cell(text("csv_estimate")), cell(line)]),
  ]);

  return { download, downloadAll, saveTable, headOf, fileName };
})();
