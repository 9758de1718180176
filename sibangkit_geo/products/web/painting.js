"use strict";
// Many villages on a canvas: fills, borders, pockets.
window.sibangkit.Painting = (() => {
  const { data, element, geometry, mosaic, values, filter, Canvases, HATCHES } = window.sibangkit;
  const [MARGIN, THIN, CHUNK] = [0.4, 0.6, 30]; // share of the map; pixels; areas at a time
  const [LAND, WHITE, NAVY, WIDE] = ["#efede7", "#ffffff", "#12305a", "#6b4a1e"];
  const FADED = 0.22;
  const CHINK = 6; // square pixels

  // the marks of the legend, as a canvas knows them
  /** @param {number} size @param {string} background @param {(pen: Pen) => void} draw */
  const tile = (size, background, draw) => {
    const canvas = element("canvas", { width: size, height: size });
    const pen = canvas.getContext("2d");
    pen.fillStyle = background;
    pen.fillRect(0, 0, size, size);
    draw(pen);
    return pen.createPattern(canvas, "repeat");
  };
  /** @type {Record<string, CanvasPattern | null>} */
  const tiles = Object.fromEntries(Object.entries(HATCHES).map(([id, lines]) => [`url(#${id})`, tile(6, WHITE, (pen) => {
    Object.assign(pen, { strokeStyle: "#7d8794", lineWidth: 1.2 });
    pen.stroke(new Path2D(lines));
  })]));

  // lines with the box of each, to leave out what lies elsewhere
  /** @param {number[][]} lines @returns {Line[]} */
  const withBoxes = (lines) => lines.map((arcs) => ({ arcs, box: mosaic.boxOf([arcs]) }));
  /** @param {number[]} rows @param {Wanted} wanted */
  const linesOf = (rows, wanted) => withBoxes(geometry.arcsOf(rows, wanted));
  // long lines in pieces: less to draw at a time, more to leave out
  const PIECE = 20; // arcs
  /** @template {Line} T @param {T[]} lines @returns {T[]} */
  // @ts-expect-error - a piece keeps what its line has
  const inPieces = (lines) => lines.flatMap(({ arcs, ...more }) => {
    const pieces = [];
    for (let at = 0; at < arcs.length; at += PIECE) pieces.push(arcs.slice(at, at + PIECE));
    return withBoxes(pieces).map((piece) => ({ ...more, ...piece }));
  });
  /** @type {{districts: Line[], rim: (Line & {area: number})[], villages: Line[], pockets: {lines: Line[], evidence: string}[]} | null} */
  let borders = null;
  function allBorders() {
    const rows = data.villages.code.map((_, row) => row);
    const districts = inPieces(linesOf(rows, geometry.betweenDistricts));
    const rim = inPieces(
      linesOf(rows, geometry.alone).map((one) => ({ ...one, area: mosaic.areaOf(one.arcs) })),
    );
    const used = new Set(mosaic.villages.flat(2).map((arc) => (arc < 0 ? ~arc : arc)));
    return {
      districts, rim, villages: withBoxes([...used].map((arc) => [arc])),
      pockets: [
        ...data.wide.map((area) => ({ lines: linesOf(area.villages, geometry.alone), evidence: "wide" })),
        ...data.pockets.map(({ villages, evidence }) => ({
          lines: linesOf(villages, geometry.alone), evidence,
        })),
        ...data.pockets.filter(({ core }) => core.length).map(({ core }) => ({
          lines: linesOf(core, geometry.alone), evidence: "core",
        })),
      ],
    };
  }

  class Painting extends Canvases {
    // owner: {map, layer, state, lines}, read when drawing starts
    /** @param {PaintingOwner} owner @param {HTMLElement} pane */
    constructor(owner, pane) {
      super(owner.map, pane, { name: "villages", margin: MARGIN, steps: (pen, place) => this.paint(pen, place) });
      this.owner = owner;
      borders ??= allBorders();
      this.map.on("moveend", () => this.redraw());
    }

    /** @param {Pen} pen @param {CanvasPlace} place @returns {Steps} */
    * paint(pen, place) {
      const view = mosaic.viewOf({ ...place, thin: THIN });
      yield* this.fills(pen, view);
      yield* this.borders(pen, view);
    }

    // rows in sight, together by what fills them
    /** @param {View} view */
    groups(view) {
      const { layer, state } = this.owner;
      const groups = new Map();
      mosaic.villageBoxes.forEach((box, row) => {
        if (!mosaic.sees(view, box)) return;
        const faded = !filter.holds(state, row);
        const key = `${faded ? 1 : 0}${values.fillOf(layer, row)}`;
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(row);
      });
      return groups;
    }

    /** @param {Pen} pen @param {View} view @returns {Steps} */
    * fills(pen, view) {
      for (const [key, rows] of this.groups(view)) {
        const fill = key.slice(1);
        for (let at = 0; at < rows.length; at += CHUNK) {
          pen.beginPath();
          for (const row of rows.slice(at, at + CHUNK)) mosaic.traceRings(pen, mosaic.villages[row], view);
          // under faded villages lies land, not sea
          if (key[0] === "1") {
            pen.fillStyle = LAND;
            pen.fill();
            pen.globalAlpha = FADED;
          }
          pen.fillStyle = tiles[fill] ?? fill;
          pen.fill();
          pen.globalAlpha = 1;
          yield Canvases.draw(pen);
        }
      }
    }

    /** @param {Pen} pen @param {View} view @param {{lines: Line[], color: string, width: number, opacity?: number, dash?: number[], cap?: CanvasLineCap}} options @returns {Steps} */
    * lines(pen, view, { lines, color, width, opacity = 1, dash = [], cap = "round" }) {
      const seen = lines.filter(({ box }) => mosaic.sees(view, box));
      const most = 3 * CHUNK;
      for (let [at, end] = [0, 0]; at < seen.length; at = end) {
        for (let arcs = 0; end < seen.length && arcs < most; end += 1) arcs += seen[end].arcs.length;
        Object.assign(pen, { strokeStyle: color, lineWidth: width, lineJoin: "round", lineCap: cap, globalAlpha: opacity });
        pen.setLineDash(dash);
        pen.beginPath();
        for (const { arcs } of seen.slice(at, end)) mosaic.traceLine(pen, arcs, view);
        pen.stroke();
        yield Canvases.draw(pen);
      }
      pen.setLineDash([]);
      pen.globalAlpha = 1;
    }

    /** @param {Pen} pen @param {View} view @returns {Steps} */
    * borders(pen, view) {
      const { lines: shown } = this.owner;
      yield* this.lines(pen, view, { lines: borders.villages, color: WHITE, width: 0.8, opacity: 0.95 });
      if (shown.districts) {
        yield* this.lines(pen, view, { lines: borders.districts, color: "#3f4a59", width: 1.1, opacity: 0.9 });
      }
      // a chink between villages that do not quite meet is no shore
      const shores = borders.rim.filter(({ area }) => area * view.scale ** 2 >= CHINK);
      yield* this.lines(pen, view, { lines: shores, color: "#2b3543", width: 1.5 });
      for (const { lines, evidence } of shown.pockets ? borders.pockets : []) {
        if (evidence === "wide") {
          yield* this.lines(pen, view, { lines, color: WIDE, width: 2.2, dash: [1, 5], cap: "round" });
          continue;
        }
        if (evidence === "core") {
          yield* this.lines(pen, view, { lines, color: NAVY, width: 1.8 });
          continue;
        }
        yield* this.lines(pen, view, { lines, color: WHITE, width: 5.6, opacity: 0.95 });
        const strict = evidence === "strict";
        yield* this.lines(pen, view, {
          lines, color: NAVY, width: strict ? 2.8 : 2.4, dash: strict ? [] : [7, 5], cap: "butt",
        });
      }
    }
  }

  return Painting;
})();
