"use strict";
// The graph of the test: a line between each two villages that count as neighbours.
window.sibangkit.Network = (() => {
  const { data } = window.sibangkit;
  const { L } = window;
  const PER_DEGREE = 1000;

  return class Network {
    static get known() {
      return Boolean(data.network?.pairs.length);
    }

    constructor(view) {
      this.view = view;
      this.lines = null;
    }

    toggle(shown) {
      if (!shown) {
        this.lines?.remove();
        return;
      }
      this.lines ??= this.drawn();
      this.lines.addTo(this.view.map);
    }

    // one path for all lines
    drawn() {
      const { points, pairs } = data.network;
      const at = (row) => [points[2 * row + 1] / PER_DEGREE, points[2 * row] / PER_DEGREE];
      const lines = [];
      for (let i = 0; i < pairs.length; i += 2) lines.push([at(pairs[i]), at(pairs[i + 1])]);
      return L.polyline(lines, {
        ...this.view.drawing("network"), color: "#5b2a86", weight: 1.2, opacity: 0.9,
      });
    }
  };
})();
