import assert from "node:assert/strict";
import { test } from "node:test";
import { layer, open, pageData } from "./page.mjs";

const scripts = ["values.js", "filter.js"];
const state = (filter, district = null) => ({ filter, district });

test("a filter keeps those at or above its limit, in the district, in a pocket; no data passes none", () => {
  const { filter, data } = open(scripts, {
    data: pageData({ layers: [layer({ values: [40, 12.5, null, 20] })] }),
  });
  const [one] = data.layers;
  const wanted = { layer: one, atMost: false, least: 20, pocket: "" };
  assert.deepEqual(filter.rows(state(null)), [0, 1, 2, 3]);
  assert.deepEqual(filter.rows(state(wanted)), [0, 3]);
  assert.deepEqual(filter.rows(state({ ...wanted, atMost: true })), [1, 3]);
  assert.deepEqual(filter.rows(state({ ...wanted, pocket: "in" })), [0]);
  assert.deepEqual(filter.rows(state({ ...wanted, pocket: "out" })), [3]);
  assert.deepEqual(filter.rows(state({ ...wanted, least: null, pocket: "out" })), [1, 2, 3]);
  assert.deepEqual(filter.rows(state(wanted, 0)), [0]);
});

test("a number is read as it is written here, and nothing else", () => {
  const { filter } = open(scripts);
  const read = (words) => filter.numberIn(words);
  assert.deepEqual(["20", "12,5", "12.5", "1.234", "1.234,5", "-3", "\u22123", "20 %"].map(read), [20, 12.5, 12.5, 1234, 1234.5, -3, -3, 20]);
  for (const words of ["", "a", "1,2,3", "1.23.456", "12a", "1.234.5"]) assert.equal(read(words), null, words);
  const english = open(scripts, { hash: "#bahasa=en" }).filter;
  assert.deepEqual(["1,234", "1,234.5", "12.5"].map((words) => english.numberIn(words)), [1234, 1234.5, 12.5]);
});

test("an address holds the filter and gives it back, a broken one gives none", () => {
  const { filter } = open(scripts);
  for (const words of ["poor,ge,20,in", "poor,le,12.5,", "poor,ge,,out"]) {
    assert.equal(filter.written(filter.read(words)), words);
  }
  for (const words of ["rich,ge,20,in", "poor,ge,x,in", "poor,ge,1e400,in", "poor,ge,20,somewhere", "poor,ge,,", "", null]) {
    assert.equal(filter.read(words), null, words);
  }
});
