import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./page.mjs";

const read = (typed) => open(["coordinates.js"]).readCoordinate(typed);

for (const typed of [
  "-2,85 104,75", "-2.85, 104.75", "-2.85,104.75", "-2,85;104,75", "-2,85,104,75", "104.75 -2.85",
  "2,85 LS 104,75 BT", "LS 2.85 BT 104.75", "2°51'0\" S, 104°45' E", "−2.85 104.75",
]) {
  test(`${typed} is read`, () => {
    const place = read(typed);
    assert.ok(place, typed);
    assert.ok(Math.abs(place.lat + 2.85) < 1e-9 && Math.abs(place.lng - 104.75) < 1e-9, JSON.stringify(place));
  });
}

for (const typed of ["", "2,85", "desa", "91 181", "2°61' S 104° E", "-2 S 104 E", "2 S 104 S"]) {
  test(`${JSON.stringify(typed)} is no coordinate`, () => assert.equal(read(typed), null));
}
