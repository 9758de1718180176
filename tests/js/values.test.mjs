import assert from "node:assert/strict";
import { test } from "node:test";
import { layer, open, pageData } from "./page.mjs";

const trend = {
  label: "", note: "", years: [2020, 2025],
  values: { poor: [[35, 10, null, 22]] },
};

test("colour, class and words tell value and missing apart", () => {
  const { values, data } = open(["values.js"]);
  const [one] = data.layers;
  assert.deepEqual([0, 1, 2, 3].map((row) => values.fillOf(one, row)), ["#c00", "#fee", "url(#hatch)", "url(#hatch)"]);
  assert.deepEqual([0, 2, 3].map((row) => values.classLabel(one, row)), ["≥ 30", "tidak ada data", "tidak ada data"]);
  assert.deepEqual([1, 2, 3].map((row) => values.valueText(one, row)), ["12,5%", "tidak ada data", "tidak ada data"]);
  assert.deepEqual([0, 2, 3].map((row) => values.countText(one, row)), ["80 rumah tangga miskin", "", ""]);
});

test("zero is a value", () => {
  const { values } = open(["values.js"]);
  assert.equal(values.hasValue(layer({ values: [1, 1, null, 0] }), 2), false);
  assert.equal(values.hasValue(layer({ values: [1, 1, null, 0] }), 3), true);
});

test("equal values share a rank and the next one is skipped; names decide their order", () => {
  const { values } = open(["values.js"]);
  const one = layer({ values: [5, 9, 9, 1] });
  const all = () => true;
  assert.deepEqual(values.ranked(one, all), [{ row: 1, rank: 1 }, { row: 2, rank: 1 }, { row: 0, rank: 3 }, { row: 3, rank: 4 }]);
  assert.deepEqual(values.ranked({ ...one, worse: "low" }, all).map(({ row }) => row), [3, 0, 1, 2]);
  assert.deepEqual(values.ranked(one, (row) => row > 1), [{ row: 2, rank: 1 }, { row: 3, rank: 2 }]);
});

test("a rank counts those worse, among those with a value", () => {
  const { values, data } = open(["values.js"]);
  assert.deepEqual(values.rankOf(data.layers[0], 1), { rank: 2, all: 2 });
  assert.deepEqual(values.rankOf(layer({ worse: "low" }), 1), { rank: 1, all: 2 });
});

test("what stands out is farthest from the regency on the bad side", () => {
  // gaps of village 0: poor 40 - 20 = 20, light 60 - 90 is 30 short, fine 5 below its 10
  const light = layer({ key: "light", worse: "low", values: [60, 95, null, null], regency_value: 90 });
  const fine = layer({ key: "fine", values: [5, 5, 5, 5], regency_value: 10 });
  const index = layer({ key: "index", unit: "index", values: [99, 0, 0, 0] });
  const { values } = open(["values.js"], { data: pageData({ layers: [layer(), light, fine, index] }) });
  assert.deepEqual(values.outstanding(0, 3).map(({ layer: one, gap }) => [one.key, gap]), [["light", 30], ["poor", 20]]);
  assert.deepEqual(values.outstanding(0, 1).map(({ gap }) => gap), [30]);
  assert.deepEqual(values.outstanding(2, 3).map(({ layer: one }) => one.key), []);
});

test("another year is shown in the classes of this one", () => {
  const { values } = open(["values.js"], { data: pageData({ trend }) });
  const year = values.layerByKey("poor@2020");
  // the classes of 2025 start at 12.5 and 40; 10 lies below both and goes into the lowest
  assert.deepEqual(year.class, [0, 0, null, 0]);
  assert.deepEqual(year.classes.map(({ label, count }) => [label, count]), [["< 40,0", 3], ["≥ 40,0", 0]]);
  assert.deepEqual([year.label, year.n_missing, year.regency_value], ["Miskin (2020)", 1, null]);
});

test("a layer is found by its key, and nothing by a wrong one", () => {
  const { values } = open(["values.js"], { data: pageData({ trend }) });
  assert.equal(values.layerByKey("poor").label, "Miskin");
  for (const key of ["rich", "poor@1999", "rich@2020", null]) assert.equal(values.layerByKey(key), null);
});
