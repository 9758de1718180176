"use strict";
// What a layer says of a village: value, class, mark, rank; and the same layer in another year.
window.sibangkit.values = (() => {
  const { data, stepsFrom, text, number, withUnit } = window.sibangkit;
  const villages = data.villages;

  /** @param {number} row */
  const districtName = (row) => data.districts[villages.district[row]]?.name ?? "";
  /** @template T @param {T | null | undefined} value @returns {value is T} */
  const known = (value) => value !== null && value !== undefined;
  /** @param {ShownLayer} layer @param {number} row */
  const hasValue = (layer, row) => known(layer.values[row]);

  // too few answered: a count, but no share
  /** @param {ShownLayer} layer @param {number} row */
  const isThin = (layer, row) => layer.known?.thin.includes(row) ?? false;

  /** @param {ShownLayer} layer @param {number} row */
  function fillOf(layer, row) {
    const index = layer.class[row];
    return known(index) ? layer.classes[index].color : `url(#${isThin(layer, row) ? "thin" : "hatch"})`;
  }

  /** @param {ShownLayer} layer @param {number} row */
  function classLabel(layer, row) {
    const index = layer.class[row];
    return known(index) ? layer.classes[index].label : text(isThin(layer, row) ? "thin" : "no_data");
  }

  /** @param {ShownLayer} layer @param {number} row */
  function valueText(layer, row) {
    return isThin(layer, row) ? text("thin") : withUnit(layer.values[row], layer);
  }

  /** @param {ShownLayer} layer @param {number} row */
  function countText(layer, row) {
    const count = layer.counts?.[row];
    if (!known(count)) return "";
    const told = `${number(count)} ${layer.count_label ?? ""}`.trim();
    const [answered, percent] = [layer.known?.answered[row], layer.known?.percent[row]];
    if (!known(answered) || !known(percent) || percent >= 100) return told;
    return text("at_least", { told, answered: number(answered), percent: number(percent) });
  }

  // ---- ranking: worst first, equal values share a rank
  /** @param {ShownLayer} layer @param {(row: number) => boolean} holds */
  function ranked(layer, holds) {
    const sign = layer.worse === "low" ? 1 : -1;
    const rows = villages.code.map((_, row) => row).filter((row) => holds(row) && hasValue(layer, row));
    rows.sort((a, b) => sign * (layer.values[a] - layer.values[b])
      || villages.name[a].localeCompare(villages.name[b], "id"));
    let rank = 0;
    return rows.map((row, i) => {
      if (i === 0 || layer.values[row] !== layer.values[rows[i - 1]]) rank = i + 1;
      return { row, rank };
    });
  }

  /** @param {ShownLayer} layer @param {number} row */
  function rankOf(layer, row) {
    const sign = layer.worse === "low" ? -1 : 1;
    let [rank, all] = [1, 0];
    villages.code.forEach((_, other) => {
      if (!hasValue(layer, other)) return;
      all += 1;
      if (sign * (layer.values[other] - layer.values[row]) > 0) rank += 1;
    });
    return { rank, all };
  }

  // the largest distances from the regency's share, on the bad side
  /** @param {number} row @param {number} most */
  function outstanding(row, most) {
    return data.layers.filter((layer) => layer.unit === "percent" && layer.counts
      && hasValue(layer, row) && known(layer.regency_value))
      .map((layer) => ({
        layer, gap: (layer.worse === "low" ? -1 : 1) * (layer.values[row] - layer.regency_value),
      }))
      .filter((one) => one.gap > 0)
      .sort((a, b) => b.gap - a.gap)
      .slice(0, most);
  }

  // ---- other years, in the classes of this year so that colours compare
  /** @type {Map<string, (number | null)[][]>} */
  const years = new Map();

  /** @param {ShownLayer} layer */
  function trendOf(layer) {
    const before = data.trend?.values?.[layer.key];
    if (!before) return null;
    if (!years.has(layer.key)) years.set(layer.key, Array.isArray(before) ? before
      : stepsFrom(before, layer.values, layer.decimals, data.trend.years.length - 1));
    return [...years.get(layer.key), layer.values];
  }

  /** @param {ShownLayer} layer @param {number} place @returns {ShownLayer} */
  function yearLayer(layer, place) {
    const shown = trendOf(layer)[place];
    const year = data.trend.years[place];
    const starts = layer.classes.map((_, index) => Math.min(...layer.values.filter(
      (value, row) => layer.class[row] === index && known(value),
    )));
    const order = starts.map((_, index) => index).sort((a, b) => starts[a] - starts[b]);
    /** @param {number} value */
    const classOf = (value) => [...order].reverse().find((index) => starts[index] <= value) ?? order[0] ?? null;
    const index = shown.map((value) => (known(value) ? classOf(value) : null));
    const [first, last] = [order[0], order.at(-1)];
    /** @param {number} i */
    const start = (i) => number(starts[i], layer.decimals);
    const classes = layer.classes.map((one, i) => ({
      ...one, count: index.filter((place_) => place_ === i).length,
      label: order.length < 2 ? one.label
        : i === first ? `< ${start(order[1])}`
          : i === last ? `≥ ${start(last)}` : `${start(i)} – < ${start(order[order.indexOf(i) + 1])}`,
    }));
    return {
      ...layer, key: `${layer.key}@${year}`, label: `${layer.label} (${year})`, year, values: shown,
      counts: null, known: null, class: index, classes,
      n_missing: shown.filter((value) => !known(value)).length, regency_value: null, district_values: null,
    };
  }

  /** @param {string | null} key */
  function layerByKey(key) {
    const plainLayer = data.layers.find((one) => one.key === key);
    if (plainLayer || !key?.includes("@")) return plainLayer ?? null;
    const [name, year] = key.split("@");
    const base = data.layers.find((one) => one.key === name);
    const place = data.trend?.years?.findIndex((one) => String(one) === year) ?? -1;
    return base && place >= 0 && trendOf(base) ? yearLayer(base, place) : null;
  }

  return {
    fillOf, valueText, countText, classLabel, districtName, isThin, hasValue, known, ranked,
    rankOf, outstanding, trendOf, layerByKey,
  };
})();
