import assert from "node:assert/strict";
import { test } from "node:test";
import { layer, open, pageData } from "./page.mjs";

test("numbers have the signs of the language, and a true minus", () => {
  assert.equal(open([]).number(1234.5, 1), "1.234,5");
  assert.equal(open([], { hash: "#bahasa=en" }).number(1234.5, 1), "1,234.5");
  assert.equal(open([]).number(-2), "\u22122");
});

test("a slot without a value stays, and an unknown key shows itself", () => {
  const { text } = open([], { data: pageData({ texts: { a: "{n} dari {m}" } }) });
  assert.equal(text("a", { n: 0 }), "0 dari {m}");
  assert.equal(text("b"), "b");
});

test("a value is written with its unit, none in words", () => {
  const { withUnit } = open([]);
  assert.equal(withUnit(12.34, layer()), "12,3%");
  assert.equal(withUnit(1200, layer({ unit: "count", decimals: 0 })), "1.200\u00a0rumah tangga");
  assert.equal(withUnit(0.5, layer({ unit: "index" })), "0,5");
  assert.equal(withUnit(null, layer()), "tidak ada data");
  const english = open([], { hash: "#bahasa=en" });
  assert.equal(english.withUnit(12.34, layer()), "12.3%");
  assert.equal(english.withUnit(undefined, layer()), "no data");
});

test("columns written as text are lists again", () => {
  const data = pageData({ layers: [layer({ class: "ba--" })] });
  data.villages.code = "2001,2002,2001,2002";
  const page = open([], { data }).data;
  assert.deepEqual(page.villages.code, pageData().villages.code);
  assert.deepEqual(page.layers[0].class, [1, 0, null, null]);
});

test("a page without indicator gets one that says so", () => {
  const [only] = open([], { data: pageData({ layers: [] }) }).data.layers;
  assert.equal(only.label, "no_layer");
  assert.equal(only.n_missing, 4);
});

test("words are compared without case, accents and doubled blanks", () => {
  assert.equal(open([]).plain("  Élok   JAYA "), "elok jaya");
});

test("long words end in dots, as long as asked for", () => {
  const { shorten } = open([]);
  assert.equal(shorten("Suka Maju", 9), "Suka Maju");
  assert.equal(shorten("Suka Maju", 6), "Suka…");
});

test("bytes come back from their signs", () => {
  // Python: in_signs(b"desa") is "WMy+,"; a tail of zeros is cut off
  const { bytesOf } = open([]);
  assert.deepEqual([...bytesOf({ data: "WMy+,", bytes: 4 })], [100, 101, 115, 97]);
  assert.deepEqual([...bytesOf({ data: "WMy+,", bytes: 2 })], [100, 101]);
});

test("packed numbers come back: zigzag in groups of seven bits, lists led by their length", () => {
  // 1, -1 and 300 are 2, 1 and 600 = 4 * 128 + 88: bytes 2, 1, 216, 4
  const { readerOf } = open([]);
  const value = ((2 * 256 + 1) * 256 + 216) * 256 + 4;
  const signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%[()*+-;,=:?@^_`{|}~";
  const data = [4, 3, 2, 1, 0].map((power) => signs[Math.floor(value / 85 ** power) % 85]).join("");
  const single = readerOf({ bytes: 4, data });
  assert.deepEqual([single.number(), single.number(), single.number()], [1, -1, 300]);
  const listed = readerOf({ bytes: 4, data });
  assert.deepEqual(listed.list(listed.number), [-1]);
});

test("packed values, counts and label places are lists again", () => {
  // Python: packed_steps([[12.4, None, 3.0, 0.0]], [None] * 4, 1), of [7, 0, None, 1] with 0 decimals,
  // and packed_numbers([2, 1048000, -28000, 1, 1000])
  const packed = {"values": {"bytes": 5, "data": "`T+nw0ssI2"}, "counts": {"bytes": 4, "data": "5CQ-M"}, "labels": {"bytes": 10, "data": "1c3K{zqJDb[,_9r"}};
  const data = pageData({ layers: [layer({ values: packed.values, counts: packed.counts })] });
  data.districts[0].labels = packed.labels;
  const page = open([], { data }).data;
  assert.deepEqual(page.layers[0].values, [12.4, null, 3, 0]);
  assert.deepEqual(page.layers[0].counts, [7, 0, null, 1]);
  assert.deepEqual(page.districts[0].labels, [[104.8, -2.8], [104.8001, -2.7]]);
});
