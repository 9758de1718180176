"use strict";
// Under and around the villages: land and sea, borders, rivers, the user's own lines and places.
window.sibangkit.ground = (() => {
  const { data, text, svg, readerOf } = window.sibangkit;
  const { L } = window;
  const { origin, step, fine, layers: told } = data.ground;
  // one rule for all maps, as `products/ground_style.py` has it
  const [LAND, SEA, EDGE, RIM, WATER] = ["#efede7", "#dce8f0", "#8b96a4", "#b9b4a6", "#c3dcec"];
  const [RIVER, ROAD, INK] = ["#2f78b7", "#80604a", "#16202e"];
  /** @type {Record<GroundKind, PathOptions>} */
  const STYLES = {
    road: { color: ROAD, weight: 1.3, opacity: 1 },
    river: { color: RIVER, weight: 1.2, opacity: 1 },
    water: { color: RIVER, weight: 0.9, opacity: 1, fill: false },
    seat: { color: INK, weight: 2, fillColor: "#fff", fillOpacity: 1 },
    place: { color: "#fff", weight: 1, fillColor: INK, fillOpacity: 1 },
  };
  const RADIUS = { seat: 4, place: 3.2 };
  const PIXEL_M = 0.0254 / 96; // of paper, as styles count them
  const EQUATOR_M = 2 * Math.PI * 6378137 / 256; // one pixel at zoom 0

  const { number, list } = readerOf(data.ground);
  /** @param {number} unit */
  const parts = (unit) => list(() => {
    let [x, y] = [0, 0];
    return list(() => {
      x += number();
      y += number();
      return [origin[1] + y * unit, origin[0] + x * unit];
    });
  });
  const [extent, sea, borders] = [parts(step), parts(step), parts(step)];
  const layers = told.map((one) => ({ ...one, features: list(() => parts(fine)) }));

  /** @param {LeafletMap} map */
  const scaleOf = (map) => {
    const { lat } = map.getCenter();
    return (EQUATOR_M * Math.cos((lat * Math.PI) / 180)) / 2 ** map.getZoom() / PIXEL_M;
  };

  // land where it is known, sea on it, and white with a line around what is known
  /** @param {MapView} view */
  function addLand(view) {
    const { map } = view;
    /** @param {number[][][]} rings @param {PathOptions} style */
    const area = (rings, style) => {
      // @ts-expect-error - pairs are written as lists
      if (rings.length) L.polygon(rings, { ...view.drawing("context"), fillOpacity: 1, ...style }).addTo(map);
    };
    area(extent, { color: EDGE, weight: 1.2, fillColor: LAND });
    area(sea, { stroke: false, fillColor: SEA });
    for (const { kind, features } of layers) {
      if (kind === "water") area(features.flat(), { stroke: false, fillColor: WATER });
    }
    // @ts-expect-error - pairs are written as lists
    L.polyline(borders, { ...view.drawing("context"), color: RIM, weight: 1 }).addTo(map);
  }

  /** @param {MapView} view @param {GroundLayer} layer @returns {any} */
  function drawn(view, { kind, features }) {
    const style = { ...view.drawing("ground"), ...STYLES[kind] };
    if (kind === "seat" || kind === "place") {
      return L.layerGroup(features.flat(2).map((at) => (
        // @ts-expect-error - pairs are written as lists
        L.circleMarker(at, { ...style, radius: RADIUS[kind] }))));
    }
    // @ts-expect-error - pairs are written as lists
    return kind === "water" ? L.polygon(features.flat(), style) : L.polyline(features.flat(), style);
  }

  // lines over the villages and under their districts, each as far in as it is exact enough
  /** @param {MapView} view */
  function addLines(view) {
    const drawings = layers.map((one) => ({ scale: one.scale, layer: drawn(view, one) }));
    const follow = () => {
      const scale = scaleOf(view.map);
      for (const one of drawings) {
        if (scale < one.scale) one.layer.remove();
        else if (!view.map.hasLayer(one.layer)) one.layer.addTo(view.map);
      }
    };
    view.map.on("zoomend", follow);
    follow();
  }

  // a long straight piece has a place for a name, too
  /** @param {number[][]} line */
  const withMiddles = (line) => line.flatMap((to, i) => (i
    ? [[(line[i - 1][0] + to[0]) / 2, (line[i - 1][1] + to[1]) / 2], to] : [to]));

  // what bears a name on a map of this scale, with the places that the name may stand at
  /** @param {LeafletMap} map @returns {GroundName[]} */
  const named = (map) => layers.filter(({ scale }) => scaleOf(map) >= scale).flatMap((one) => (
    one.features.flatMap((feature, i) => (one.names[i] ? [{
      name: one.names[i], kind: one.kind, at: feature.flatMap(withMiddles),
    }] : []))
  ));

  // ---- for the legend
  /** @param {GroundKind | "unknown"} kind @param {string} label @returns {Entry} */
  const entry = (kind, label) => ({ kind, label: label || text(`ground_${kind}`), count: null });
  const entries = () => [
    ...layers.map(({ kind, label }) => entry(kind, label)),
    entry("unknown", ""),
  ];

  /** @param {GroundKind | "unknown"} kind */
  function symbol(kind) {
    const box = svg("svg", { class: "swatch", width: 26, height: 16, "aria-hidden": "true" });
    if (kind === "unknown") {
      box.append(svg("rect", { x: 1, y: 1, width: 24, height: 14, fill: "#fff", stroke: EDGE, "stroke-width": 1.2 }));
      return box;
    }
    const { color, weight, fillColor } = STYLES[kind];
    const pen = { stroke: color, "stroke-width": weight };
    if (kind === "seat" || kind === "place") {
      box.append(svg("circle", { cx: 13, cy: 8, r: RADIUS[kind], fill: fillColor, ...pen }));
    } else if (kind === "water") {
      box.append(svg("rect", { x: 2, y: 2, width: 22, height: 12, rx: 4, fill: WATER, ...pen }));
    } else box.append(svg("path", { d: "M1 10c6-7 9 5 24-4", fill: "none", ...pen }));
    return box;
  }

  return { addLand, addLines, named, entries, symbol };
})();
