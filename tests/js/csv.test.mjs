import assert from "node:assert/strict";
import { test } from "node:test";
import { layer, open, pageData } from "./page.mjs";

async function download({ data = pageData(), ...state } = {}) {
  let saved = null;
  const keep = (app) => { app.save = (name, blob) => { saved = { name, blob }; }; };
  const app = open(["values.js", "filter.js", keep, "csv.js"], { data });
  app.csv.download({ layer: app.data.layers[0], other: null, district: null, filter: null, ...state });
  const bytes = await saved.blob.arrayBuffer();
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return { name: saved.name, text, lines: text.split("\r\n") };
}

test("a line per village with decimal comma, and words where a number is missing", async () => {
  const { text, lines } = await download();
  assert.ok(text.startsWith("\ufeff"));
  assert.deepEqual(lines, [
    "\ufeffkode;desa;kecamatan;Miskin (%);rumah tangga miskin;kelas;kantong;putusan",
    "16.07.01.2001;Suka Maju;Rambutan;40,0;80;≥ 30;1;Kantong 1.",
    "16.07.01.2002;Air Batu;Rambutan;12,5;25;< 30;;Bukan kantong.",
    "16.07.02.2001;Maju Jaya;Betung;tidak ada data;tidak ada data;tidak ada data;;Bukan kantong.",
    "16.07.02.2002;Élok;Betung;tidak ada data;tidak ada data;tidak ada data;;Bukan kantong.",
    "", "estimasi;\"Estimasi; bukan resmi\"", "estimasi;BPS", "",
  ]);
});

test("villages of a wide poor area have a column beside the pockets, where there is one", async () => {
  const { lines } = await download({ data: pageData({ wide: [{ number: 2, villages: [1], sentence: "" }] }) });
  assert.deepEqual(lines.slice(0, 3).map((line) => line.split(";").slice(-3)), [
    ["kantong", "wilayah luas", "putusan"], ["1", "", "Kantong 1."], ["", "2", "Bukan kantong."],
  ]);
});

test("a chosen district leaves the others out and names the file", async () => {
  const { name, lines } = await download({ district: 1 });
  assert.deepEqual(lines.slice(1, 4).map((line) => line.slice(0, 13)), ["16.07.02.2001", "16.07.02.2002", ""]);
  assert.equal(name, "peta-dinsos-poor-Betung.csv");
});

test("a text that a spreadsheet would calculate or split is made harmless", async () => {
  const data = pageData();
  data.villages.name = ["=1+1", "+62", "@a;b", "kata \"x\""];
  const { lines } = await download({ data });
  assert.deepEqual(lines.slice(1, 5).map((line) => line.slice(14).split(";Rambutan")[0].split(";Betung")[0]), [
    "'=1+1", "'+62", "\"'@a;b\"", "\"kata \"\"x\"\"\"",
  ]);
});

test("a negative number is a number", async () => {
  const { lines } = await download({ data: pageData({ layers: [layer({ values: [-1.25, 0, null, null], decimals: 2 })] }) });
  assert.equal(lines[1].split(";")[3], "-1,25");
});

test("a compared layer without counts adds its own columns", async () => {
  const other = layer({ key: "light", label: "Listrik", counts: null, values: [1, 2, 3, 4] });
  const { name, lines } = await download({ other });
  assert.equal(lines[0].split(";").slice(6, 8).join(), "Listrik (%),Listrik: kelas");
  assert.equal(lines[3].split(";")[6], "3,0");
  assert.equal(name, "peta-dinsos-poor-light.csv");
});
