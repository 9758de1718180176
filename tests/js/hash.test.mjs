import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./page.mjs";

test("an address is read into what it asks for", () => {
  const { hash } = open(["hash.js"], { hash: "#lapisan=poor&kecamatan=16.07.01&rumah=1&bahasa=en&peta=-2.5,104.25,11" });
  assert.deepEqual(hash.read(), {
    layer: "poor", other: null, district: "16.07.01", village: null, filter: null, areas: null, houses: true, english: true,
    view: { lat: -2.5, lng: 104.25, zoom: 11 },
  });
});

test("a place off the globe or no number is no view", () => {
  for (const place of ["91,104,9", "-2,181,9", "-2,104", "a,b,c"]) {
    assert.equal(open(["hash.js"], { hash: `#peta=${place}` }).hash.read().view, null, place);
  }
  assert.equal(open(["hash.js"]).hash.read().view, null);
});

test("an address names only what is chosen, and is read back as it was", () => {
  const { hash } = open(["hash.js"]);
  assert.equal(hash.address({}), "");
  const state = {
    layer: "poor@2020", other: "a&b=c", district: null, village: "16.07.01.2001", filter: "poor,ge,20,in",
    areas: "16.07.01,16.07.02.2001", houses: false, english: true, view: { lat: -2.123456, lng: 104.5, zoom: 10 },
  };
  const address = hash.address(state);
  assert.equal(address, "lapisan=poor%402020&banding=a%26b%3Dc&desa=16.07.01.2001&saring=poor,ge,20,in&wilayah=16.07.01,16.07.02.2001&bahasa=en&peta=-2.12346,104.50000,10.00");
  window.location.hash = `#${address}`;
  assert.deepEqual(hash.read(), { ...state, view: { lat: -2.12346, lng: 104.5, zoom: 10 } });
});

test("a link pasted into the page is followed, the page's own is not", async () => {
  const { hash } = open(["hash.js"]);
  const seen = [];
  hash.onChange((wish) => seen.push(wish.layer));
  hash.write(() => ({ layer: "poor" }));
  await new Promise((done) => { setTimeout(done, 300); });
  assert.equal(window.location.hash, "#lapisan=poor");
  window.listeners.hashchange();
  assert.deepEqual(seen, []);
  window.location.hash = "#lapisan=rich";
  window.listeners.hashchange();
  assert.deepEqual(seen, ["rich"]);
});
