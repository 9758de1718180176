"use strict";
// The corners of all areas as flat numbers, each border once, thinned to what a zoom shows.
window.sibangkit.mosaic = (() => {
  const { geometry } = window.sibangkit;
  const { L } = window;
  const { topology } = geometry;
  const WORLD = 256; // pixels of the world at zoom 0, Web Mercator
  const lists = topology.arcs;
  const from = new Uint32Array(lists.length + 1);
  lists.forEach((arc, i) => { from[i + 1] = from[i] + arc.length; });
  const total = from[lists.length];
  const [x, y] = [new Float64Array(total), new Float64Array(total)];
  // square of how far a line strays without this corner (Douglas and Peucker 1973); ends always stay
  const weight = new Float64Array(total).fill(Infinity);

  function readCorners() {
    const { scale: [east, north], translate: [west, south] } = topology.transform
      ?? { scale: [1, 1], translate: [0, 0] };
    lists.forEach((arc, i) => {
      let [lng, lat] = [0, 0];
      arc.forEach(([a, b], j) => {
        [lng, lat] = topology.transform ? [lng + a, lat + b] : [a, b];
        const angle = ((lat * north + south) * Math.PI) / 180;
        x[from[i] + j] = ((lng * east + west + 180) / 360) * WORLD;
        y[from[i] + j] = (0.5 - Math.log(Math.tan(Math.PI / 4 + angle / 2)) / (2 * Math.PI)) * WORLD;
      });
    });
  }

  /** @param {number} i @param {number} a @param {number} b */
  function strayed(i, a, b) {
    const [dx, dy] = [x[b] - x[a], y[b] - y[a]];
    const length = dx * dx + dy * dy;
    const along = length ? ((x[i] - x[a]) * dx + (y[i] - y[a]) * dy) / length : 0;
    const t = Math.max(0, Math.min(1, along));
    return (x[a] + t * dx - x[i]) ** 2 + (y[a] + t * dy - y[i]) ** 2;
  }

  /** @param {number} first @param {number} last */
  function weigh(first, last) {
    const stack = [[first, last, Infinity]];
    while (stack.length) {
      const [a, b, most] = stack.pop();
      let [far, at] = [-1, a];
      for (let i = a + 1; i < b; i += 1) {
        const one = strayed(i, a, b);
        if (one > far) [far, at] = [one, i];
      }
      if (at === a) continue;
      weight[at] = Math.min(most, far);
      stack.push([a, at, weight[at]], [at, b, weight[at]]);
    }
  }

  // twice the area, positive one way round
  /** @param {number[]} ring */
  function turning(ring) {
    let sum = 0;
    for (const arc of ring) {
      const k = arc < 0 ? ~arc : arc;
      let one = 0;
      for (let i = from[k]; i < from[k + 1] - 1; i += 1) one += x[i] * y[i + 1] - x[i + 1] * y[i];
      sum += arc < 0 ? -one : one;
    }
    return sum;
  }

  // area inside a line that comes back to its start; a line that does not is never small
  /** @param {number[]} line */
  function areaOf(line) {
    const [first, last] = [line[0], line.at(-1)];
    const start = first < 0 ? from[~first + 1] - 1 : from[first];
    const end = last < 0 ? from[~last] : from[last + 1] - 1;
    return x[start] === x[end] && y[start] === y[end] ? Math.abs(turning(line)) / 2 : Infinity;
  }

  /** @param {number[]} ring @param {number} wanted */
  const turned = (ring, wanted) => (turning(ring) * wanted < 0 ? ring.map((arc) => ~arc).reverse() : ring);

  // rings of each area as lists of arcs, outer ones one way round and holes the other
  /** @type {(object: GeometryCollection) => Rings[]} */
  const ringsOf = (object) => object.geometries.map(({ type, arcs }) => {
    /** @type {number[][][]} */
    const polygons = type === "Polygon" ? [arcs] : type === "MultiPolygon" ? arcs : [];
    return polygons.flatMap((rings) => rings.map((ring, i) => turned(ring, i ? -1 : 1)));
  });

  /** @param {Rings} rings @returns {Box} */
  function boxOf(rings) {
    /** @type {Box} */
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const arc of rings.flat()) {
      const k = arc < 0 ? ~arc : arc;
      for (let i = from[k]; i < from[k + 1]; i += 1) {
        if (x[i] < box[0]) box[0] = x[i];
        if (y[i] < box[1]) box[1] = y[i];
        if (x[i] > box[2]) box[2] = x[i];
        if (y[i] > box[3]) box[3] = y[i];
      }
    }
    return box;
  }

  readCorners();
  lists.forEach((_, i) => weigh(from[i], from[i + 1] - 1));
  const villages = ringsOf(geometry.object);
  const around = ringsOf(geometry.context);
  const [villageBoxes, aroundBoxes] = [villages.map(boxOf), around.map(boxOf)];

  // view: {scale, left, top, right, bottom, thin}; edges and `thin` in pixels of the drawing
  /** @param {Frame & {shrink?: number, thin: number}} options */
  function viewOf({ zoom, corner, size, shrink = 1, thin }) {
    const scale = 2 ** zoom / shrink;
    const [left, top] = [corner.x / shrink, corner.y / shrink];
    return {
      scale, left, top, right: left + size.x / shrink, bottom: top + size.y / shrink,
      thin: (thin / scale) ** 2,
    };
  }

  /** @param {View} view @param {Box} box */
  const sees = (view, box) => box[0] * view.scale < view.right && box[2] * view.scale > view.left
    && box[1] * view.scale < view.bottom && box[3] * view.scale > view.top;

  /** @param {Pen} pen @param {number} arc @param {View} view @param {boolean} joined */
  function traceArc(pen, arc, view, joined) {
    const back = arc < 0;
    const k = back ? ~arc : arc;
    const [first, last] = [from[k], from[k + 1] - 1];
    const step = back ? -1 : 1;
    const end = (back ? first : last) + step;
    let i = back ? last : first;
    if (joined) i += step;
    else {
      pen.moveTo(x[i] * view.scale - view.left, y[i] * view.scale - view.top);
      i += step;
    }
    for (; i !== end; i += step) {
      if (weight[i] >= view.thin) pen.lineTo(x[i] * view.scale - view.left, y[i] * view.scale - view.top);
    }
  }

  /** @param {Pen} pen @param {number[]} arcs @param {View} view */
  const traceLine = (pen, arcs, view) => arcs.forEach((arc, i) => traceArc(pen, arc, view, i > 0));

  /** @param {Pen} pen @param {Rings} rings @param {View} view */
  function traceRings(pen, rings, view) {
    for (const ring of rings) {
      traceLine(pen, ring, view);
      pen.closePath();
    }
  }

  /** @param {number[]} ring @param {number} px @param {number} py */
  function crossings(ring, px, py) {
    let count = 0;
    for (const arc of ring) {
      const k = arc < 0 ? ~arc : arc;
      for (let i = from[k]; i < from[k + 1] - 1; i += 1) {
        if ((y[i] > py) !== (y[i + 1] > py)
          && px < ((x[i + 1] - x[i]) * (py - y[i])) / (y[i + 1] - y[i]) + x[i]) count += 1;
      }
    }
    return count;
  }

  // the village at a place, or null
  /** @param {Place} place */
  function villageAt(place) {
    const { x: px, y: py } = L.CRS.EPSG3857.latLngToPoint(L.latLng(place), 0);
    const row = villageBoxes.findIndex((box, i) => px >= box[0] && px <= box[2] && py >= box[1]
      && py <= box[3] && villages[i].reduce((sum, ring) => sum + crossings(ring, px, py), 0) % 2 === 1);
    return row < 0 ? null : row;
  }

  // a village without polygon adds nothing
  /** @param {number[]} rows */
  function boundsOf(rows) {
    const area = L.latLngBounds([]);
    for (const [west, north, east, south] of rows.map((row) => villageBoxes[row])) {
      if (west > east) continue;
      for (const corner of [[west, north], [east, south]]) {
        // @ts-expect-error - a corner has two numbers
        area.extend(L.CRS.EPSG3857.pointToLatLng(L.point(corner), 0));
      }
    }
    return area;
  }

  const found = boundsOf(villages.map((_, row) => row));
  // a page without polygons shows the archipelago
  const bounds = found.isValid() ? found : L.latLngBounds([-11, 95], [6, 141]);

  return {
    villages, around, villageBoxes, aroundBoxes, boxOf, areaOf, viewOf, sees, traceLine, traceRings, villageAt,
    boundsOf, bounds,
  };
})();
