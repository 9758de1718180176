import assert from "node:assert/strict";
import { test } from "node:test";
import { open, pageData } from "./page.mjs";

const square = {
  type: "Topology", arcs: [],
  objects: { villages: { type: "GeometryCollection", geometries: [] } },
};
const near = (found, wanted, share = 1e-9) => assert.ok(
  Math.abs(found - wanted) <= share * Math.abs(wanted), `${found} is not ${wanted}`,
);
const geometry = () => open(["geometry.js"], { data: pageData({ topology: square }) }).geometry;
const RADIUS = 6371.0088;

test("a quarter of the equator is a quarter of its length", () => {
  near(geometry().distanceKm({ lat: 0, lng: 0 }, { lat: 0, lng: 90 }), (Math.PI / 2) * RADIUS);
  near(geometry().distanceKm({ lat: 90, lng: 0 }, { lat: -90, lng: 50 }), Math.PI * RADIUS);
  assert.equal(geometry().distanceKm({ lat: 3, lng: 4 }, { lat: 3, lng: 4 }), 0);
});

test("a line is as long as its parts, and a point has no length", () => {
  const points = [{ lat: 0, lng: 0 }, { lat: 0, lng: 1 }, { lat: 1, lng: 1 }];
  near(geometry().lengthKm(points), 2 * (Math.PI / 180) * RADIUS);
  assert.equal(geometry().lengthKm([points[0]]), 0);
});

test("an eighth of the sphere has half pi square radii, whichever way round", () => {
  const octant = [{ lat: 0, lng: 0 }, { lat: 0, lng: 90 }, { lat: 90, lng: 0 }];
  const wanted = (Math.PI / 2) * RADIUS ** 2 * 100;
  near(geometry().areaHa(octant), wanted);
  near(geometry().areaHa([...octant].reverse()), wanted);
  assert.equal(geometry().areaHa(octant.slice(0, 2)), 0);
});
