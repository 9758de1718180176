"use strict";
// How the villages lie over the classes of a layer, with the chosen one and the regency marked.
window.sibangkit.histogram = (() => {
  const { data, text, number, withUnit, svg, values } = window.sibangkit;
  const [WIDTH, HEIGHT, TOP, BINS] = [228, 46, 12, 30];

  /** @param {ShownLayer} layer @param {number | null} row */
  return (layer, row) => {
    const rows = data.villages.code.map((_, one) => one).filter((one) => values.hasValue(layer, one));
    const shown = rows.map((one) => layer.values[one]);
    const [low, high] = [Math.min(...shown), Math.max(...shown)];
    if (rows.length < 2 || low === high) return null;
    /** @param {number} value */
    const place = (value) => ((value - low) / (high - low)) * WIDTH;
    /** @type {number[][]} */
    const bins = Array.from({ length: BINS }, () => layer.classes.map(() => 0));
    rows.forEach((one, i) => {
      const bin = Math.min(BINS - 1, Math.floor(((shown[i] - low) / (high - low)) * BINS));
      bins[bin][layer.class[one] ?? 0] += 1;
    });
    const most = Math.max(...bins.map((bin) => bin.reduce((a, b) => a + b)));
    const chosen = row !== null && values.hasValue(layer, row) ? layer.values[row] : null;
    const box = svg("svg", {
      class: "histogram", viewBox: `0 0 ${WIDTH} ${HEIGHT + 13}`, role: "img",
      "aria-label": [
        text("histogram", { n: number(rows.length), low: withUnit(low, layer), high: withUnit(high, layer) }),
        ...(chosen === null ? [] : [`${data.villages.name[row]}: ${withUnit(chosen, layer)}`]),
      ].join(" "),
    });
    const [wide, tall] = [WIDTH / BINS, HEIGHT - TOP];
    bins.forEach((bin, i) => {
      let y = HEIGHT;
      bin.forEach((count, index) => {
        if (!count) return;
        const height = Math.max((count / most) * tall, 1.2);
        y -= height;
        box.append(svg("rect", {
          x: (i * wide).toFixed(1), y: y.toFixed(1), width: (wide - 0.6).toFixed(1), height: height.toFixed(1),
          fill: layer.classes[index].color,
        }));
      });
    });
    box.append(svg("line", { x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT, class: "axis" }));
    if (values.known(layer.regency_value) && layer.regency_value >= low && layer.regency_value <= high) {
      const x = place(layer.regency_value);
      box.append(svg("line", { x1: x, x2: x, y1: TOP - 4, y2: HEIGHT, class: "regency" }));
    }
    if (values.known(chosen)) {
      const x = place(chosen);
      box.append(
        svg("line", { x1: x, x2: x, y1: TOP - 4, y2: HEIGHT, class: "chosen" }),
        svg("path", { d: `M${x - 5} ${TOP - 11}h10l-5 8z`, class: "chosen-mark" }),
      );
    }
    box.append(
      svg("text", { x: 0, y: HEIGHT + 11 }, withUnit(low, layer)),
      svg("text", { x: WIDTH, y: HEIGHT + 11, "text-anchor": "end" }, withUnit(high, layer)),
    );
    return box;
  };
})();
