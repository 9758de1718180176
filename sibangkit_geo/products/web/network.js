"use strict";
// The graph of the test: a line between each two villages that count as neighbours.
window.sibangkit.networkLines = (() => {
  const { data, geometry, readerOf } = window.sibangkit;
  const { L } = window;

  // centre of the largest part, good enough for the end of a line
  /** @param {Areas} options */
  function centre({ type, coordinates }) {
    /** @type {[number, [number, number] | null]} */
    let [largest, at] = [0, null];
    for (const [ring] of type === "Polygon" ? [coordinates] : coordinates) {
      let [area, x, y] = [0, 0, 0];
      for (let i = 1; i < ring.length; i += 1) {
        const [a, b] = [ring[i - 1], ring[i]];
        const cross = (a[0] - ring[0][0]) * (b[1] - ring[0][1]) - (b[0] - ring[0][0]) * (a[1] - ring[0][1]);
        area += cross;
        x += (cross * (a[0] + b[0] + ring[0][0])) / 3;
        y += (cross * (a[1] + b[1] + ring[0][1])) / 3;
      }
      if (Math.abs(area) > largest) [largest, at] = [Math.abs(area), [y / area, x / area]];
    }
    return at;
  }

  // one path for all lines, made when first asked for
  /** @param {MapView} view */
  return (view) => {
    const { list, number } = readerOf(data.network);
    const centres = geometry.shapes().features.map((one) => (one.geometry ? centre(one.geometry) : null));
    const lines = list(() => list(number)).flatMap((steps, row) => {
      let other = row;
      return steps.map((step) => [centres[row], centres[other += step]]);
    });
    return L.polyline(lines.filter(([a, b]) => a && b), {
      ...view.drawing("network"), color: "#5b2a86", weight: 1.2, opacity: 0.9,
    });
  };
})();
