"use strict";
// Shapes from the one topology, and measures on the sphere.
window.sibangkit.geometry = (() => {
  const { data, readerOf } = window.sibangkit;
  const { topojson } = window;
  const { villages } = data;
  /** @type {Topology} */
  // @ts-expect-error - a packed topology is told by its data
  const topology = data.topology.data === undefined ? data.topology : unpacked(data.topology);
  const EARTH_KM = 6371.0088; // mean radius, IUGG
  const RADIAN = Math.PI / 180;

  // TopoJSON again, see `packed_topology`
  /** @param {PackedTopology} packed @returns {Topology} */
  function unpacked(packed) {
    const { number, list } = readerOf(packed);
    /** @type {(more: (id: number) => Partial<Geometry>) => Geometry[]} */
    // @ts-expect-error - the type of an area without polygons is null
    const geometries = (more) => list((_, id) => {
      const polygons = list(() => list(() => list(number)));
      if (!polygons.length) return { type: null, id, ...more(id) };
      return polygons.length === 1 ? { type: "Polygon", arcs: polygons[0], id, ...more(id) }
        : { type: "MultiPolygon", arcs: polygons, id, ...more(id) };
    });
    /** @type {(more?: (id: number) => Partial<Geometry>) => GeometryCollection} */
    const collection = (more = () => ({})) => ({ type: "GeometryCollection", geometries: geometries(more) });
    const objects = {
      villages: collection(),
      context: collection((id) => ({ properties: { name: packed.names[id] } })),
    };
    /** @type {[number, number][][]} */
    const arcs = list(() => list(() => [number(), number()]));
    return { type: "Topology", transform: packed.transform, objects, arcs };
  }

  const object = topology.objects.villages;
  /** @type {GeometryCollection} */
  const context = topology.objects.context ?? { type: "GeometryCollection", geometries: [] };
  /** @param {number[]} rows */
  const outlineOf = (rows) => topojson.mesh(topology, {
    type: "GeometryCollection", geometries: rows.map((row) => object.geometries[row]),
  }, (a, b) => a === b);
  /** @param {Geometry} a @param {Geometry} b */
  const betweenDistricts = (a, b) => a !== b && villages.district[a.id] !== villages.district[b.id];
  /** @param {Geometry} a @param {Geometry} b */
  const alone = (a, b) => a === b;

  // GeoJSON is made when asked for: a page of many villages draws without
  const made = new Map();
  /** @template T @param {string} name @param {() => T} make @returns {() => T} */
  const once = (name, make) => () => {
    if (!made.has(name)) made.set(name, make());
    return made.get(name);
  };
  const shapes = once("shapes", () => topojson.feature(topology, object));
  const around = once("around", () => topojson.feature(topology, context));
  const land = once("land", () => topojson.merge(topology, object.geometries.filter((one) => one.type)));
  const districtLines = once("districts", () => topojson.mesh(topology, object, betweenDistricts));
  const rim = once("rim", () => topojson.mesh(topology, object, alone));

  // the same lines as lists of arcs, joined where they go on
  /** @param {number[]} rows @param {Wanted} wanted */
  const arcsOf = (rows, wanted) => topojson.meshArcs(topology, {
    type: "GeometryCollection", geometries: rows.map((row) => object.geometries[row]),
  }, wanted).arcs;

  // great circle, haversine
  /** @param {Place} a @param {Place} b */
  function distanceKm(a, b) {
    /** @param {number} angle */
    const half = (angle) => Math.sin((angle * RADIAN) / 2) ** 2;
    const h = half(b.lat - a.lat)
      + Math.cos(a.lat * RADIAN) * Math.cos(b.lat * RADIAN) * half(b.lng - a.lng);
    return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(h)));
  }

  /** @param {Place[]} points */
  const lengthKm = (points) => points.slice(1).reduce(
    (sum, point, i) => sum + distanceKm(points[i], point), 0,
  );

  // spherical excess between each side and the equator
  /** @param {Place[]} points */
  function areaHa(points) {
    let sum = 0;
    points.forEach((a, i) => {
      const b = points[(i + 1) % points.length];
      sum += 2 * Math.atan2(
        Math.tan(((b.lng - a.lng) * RADIAN) / 2)
          * (Math.tan((a.lat * RADIAN) / 2) + Math.tan((b.lat * RADIAN) / 2)),
        1 + Math.tan((a.lat * RADIAN) / 2) * Math.tan((b.lat * RADIAN) / 2),
      );
    });
    return Math.abs(sum) * EARTH_KM ** 2 * 100;
  }

  return {
    topology, object, context, shapes, around, outlineOf, districtLines, rim, land, arcsOf,
    betweenDistricts, alone, distanceKm, lengthKm, areaHa,
  };
})();
