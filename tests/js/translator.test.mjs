// Sentences into English: slots, numbers, names, joined sentences, and text that only looks like one.
import assert from "node:assert/strict";
import test from "node:test";
import { open } from "./page.mjs";

const PAIRS = [
  "Kantong {name} ({n} desa, {grade}).", "Pocket {name} ({n} villages, {grade}).",
  "{poor} dari {all} rumah tangga miskin ({rate}).", "{poor} of {all} households are poor ({rate}).",
  "OPD utama: {agency} – {label}: {count} rumah tangga{more}.", "Lead agency: {agency} – {label}: {count} households{more}.",
  "; menyumbang {share} indeks", "; contributes {share} of the index",
  "OPD pendukung: {agencies}.", "Supporting agencies: {agencies}.",
  "{agency} ({label}: {count} rumah tangga, {ratio} kali)", "{agency} ({label}: {count} households, {ratio} times)",
  "{names} dan {last}", "{names} and {last}", "{districts} (sekitar {village})", "{districts} (around {village})",
  "Dinas Sosial", "Social affairs agency", "Dinas Koperasi dan UKM", "Cooperatives agency", "Air minum", "Drinking water",
  "bukti kuat", "strong evidence", "Biayanya {cost}.", "It costs {cost}.", "Tidak ikut diuji.", "Not tested.",
  "Kabupaten {name}", "{name} Regency", "Kec. {name}", "{name} district", "Mulai dari {place}.", "Begin with {place}.",
];
const { translator } = (open(["translator.js"]), window);
const translate = translator(PAIRS);
const english = (words) => translate(words).text;

test("slots are filled with translated names and English numbers", () => {
  assert.equal(english("1.234 dari 5.678,5 rumah tangga miskin (21,7%)."), "1,234 of 5,678.5 households are poor (21.7%).");
  assert.equal(english("Kantong 1 (6 desa, bukti kuat)."), "Pocket 1 (6 villages, strong evidence).");
  assert.equal(english("OPD utama: Dinas Sosial – Air minum: 1.843 rumah tangga."), "Lead agency: Social affairs agency – Drinking water: 1,843 households.");
  assert.equal(
    english("OPD utama: Dinas Sosial – Air minum: 5 rumah tangga; menyumbang 12,5% indeks."),
    "Lead agency: Social affairs agency – Drinking water: 5 households; contributes 12.5% of the index.",
  );
  assert.equal(english("Biayanya Rp1,07 miliar."), "It costs Rp1.07 billion.");
  assert.equal(english("Biayanya Rp2.400.000."), "It costs Rp2,400,000.");
});

test("lists are translated name by name, and a short sentence swallows none", () => {
  assert.equal(
    english("OPD pendukung: Dinas Sosial (Air minum: 5 rumah tangga, 1,2 kali); Dinas Koperasi dan UKM (Air minum: 7 rumah tangga, 1,3 kali)."),
    "Supporting agencies: Social affairs agency (Drinking water: 5 households, 1.2 times); Cooperatives agency (Drinking water: 7 households, 1.3 times).",
  );
  assert.equal(english("Kabupaten Banyuasin · 2025"), "Banyuasin Regency · 2025");
});

test("sentences one after the other are translated one by one", () => {
  assert.equal(
    english("Kantong 2: Muara Sugihan dan Makarti Jaya (6 desa, bukti kuat). 7 dari 9 rumah tangga miskin (77,8%). Tidak ikut diuji."),
    "Pocket 2: Muara Sugihan and Makarti Jaya (6 villages, strong evidence). 7 of 9 households are poor (77.8%). Not tested.",
  );
  assert.equal(english("Mulai dari Kec. Muara Padang. Tidak ikut diuji."), "Begin with Muara Padang district. Not tested.");
});

test("brackets within a name stay together", () => {
  assert.equal(english("Kantong 5: Betung (sekitar Rimba) (6 desa, bukti kuat)."), "Pocket 5: Betung (around Rimba) (6 villages, strong evidence).");
});

test("names and codes stay, what stays Indonesian is told", () => {
  for (const words of ["Air Solok Batu", "16.07.03", "16.07.05.1022", "sibangkit_geo 0.1.0", "kode_desa", "Panca Desa", ""]) {
    assert.deepEqual(translate(words), { text: words, found: false, left: false }, words);
  }
  assert.equal(translate("Keadaan rumah yang tidak tercatat.").left, true);
  assert.equal(translate("Kantong 1 (6 desa, bukti kuat). Kalimat yang tidak dikenal.").left, true);
  assert.equal(english(" 0,6 – 3,6 "), " 0.6 – 3.6 ");
});

test("a text with slots, signs of replacement or markup is taken as it is", () => {
  assert.equal(english("Mulai dari {place} $& $1 <b>x</b>."), "Begin with {place} $& $1 <b>x</b>.");
  assert.equal(english("Mulai dari constructor."), "Begin with constructor.");
  assert.equal(translate("__proto__").text, "__proto__");
});

test("a hostile text costs no time", () => {
  const start = Date.now();
  for (const one of ["(6 desa, ", "A (x: 1 rumah tangga, ", "dari ; dan ", "a dan b; ", "A. ", "Kabupaten ", "1.1,1"]) {
    const long = `Kantong ${one.repeat(4000)}).`;
    assert.equal(typeof translate(long).text, "string");
  }
  assert.ok(Date.now() - start < 5000, String(Date.now() - start));
});
