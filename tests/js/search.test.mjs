import assert from "node:assert/strict";
import { test } from "node:test";
import { open, pageData } from "./page.mjs";

// a list and a box of which only what the search touches is there
function setUp(data = pageData()) {
  const on = {};
  const attributes = {};
  const input = {
    value: "", addEventListener: (type, act) => { on[type] = act; },
    setAttribute: (name, value) => { attributes[name] = value; },
    removeAttribute: (name) => { delete attributes[name]; },
  };
  const list = { hidden: true, children: [], replaceChildren: (...items) => { list.children = items; } };
  const status = { textContent: "" };
  const element = (tag, options, children = []) => ({
    ...options, children, setAttribute(name, value) { this[name] = value; }, scrollIntoView() {},
  });
  const chosen = [];
  const app = open(["values.js", (page) => { page.element = element; }, "search.js"], {
    data, elements: { search: input, matches: list, "search-status": status },
  });
  app.setUpSearch({
    village: (row) => chosen.push(row), unmapped: (village) => chosen.push(village.code),
    district: (index) => chosen.push(`district ${index}`), pocket: (one) => chosen.push(`pocket ${one.number}`),
  });
  return {
    attributes, chosen, list, status,
    type(words) {
      input.value = words;
      on.input();
      return list.children.map((item) => item.children?.[0]?.text ?? item.text);
    },
    press(key) {
      let prevented = false;
      on.keydown({ key, preventDefault: () => { prevented = true; } });
      return prevented;
    },
  };
}

test("names that begin with the words come first, then by name", () => {
  assert.deepEqual(setUp().type("MAJU"), ["Maju Jaya", "Suka Maju"]);
  assert.deepEqual(setUp().type("a"), ["Air Batu", "Maju Jaya", "Suka Maju", "Tanah Hilang"]);
});

test("accents, codes and villages without polygon are found", () => {
  assert.deepEqual(setUp().type("elok"), ["Élok"]);
  assert.deepEqual(setUp().type("02.20"), ["Élok", "Maju Jaya", "Tanah Hilang"]);
});

test("spellings that are joined, split, numbered or mistyped are found", () => {
  const data = pageData();
  data.villages.name[0] = "Sido Mulyo";
  data.villages.name[1] = "Taja Raya II";
  const search = setUp(data);
  for (const words of ["sidomulyo", "sido mulyo", "SIDO-MULYO", "desa sidomulyo", "sidomuljo", "sdomulyo"]) {
    assert.deepEqual(search.type(words), ["Sido Mulyo"], words);
  }
  for (const words of ["taja raya 2", "tajaraya ii", "taja raia ii"]) {
    assert.deepEqual(search.type(words), ["Taja Raya II"], words);
  }
  // too short to be guessed at
  assert.deepEqual(search.type("sidx"), ["tidak ada"]);
});

test("codes without dots, districts and pockets are found", () => {
  const data = pageData();
  data.texts.pocket = "Kantong {n}";
  data.districts[0].name = "Muara Padang";
  data.pockets = [{ number: 2, name: "Muara Padang", evidence: "strict", villages: [0, 1], core: [], sentence: "", roles: [] }];
  const search = setUp(data);
  assert.deepEqual(search.type(data.villages.code[0].replaceAll(".", "")).length, 1);
  assert.deepEqual(search.type("kec. muara pad"), ["Muara Padang", "Kantong 2: Muara Padang"]);
  search.press("Enter");
  search.type("kantong 2");
  search.press("Enter");
  assert.deepEqual(search.chosen, ["district 0", "pocket 2"]);
});

test("nothing found says so; nothing asked closes the list", () => {
  const search = setUp();
  assert.deepEqual(search.type("xyz"), ["tidak ada"]);
  assert.equal(search.status.textContent, "tidak ada");
  search.type("  ");
  assert.equal(search.list.hidden, true);
  assert.equal(search.attributes["aria-expanded"], "false");
});

test("twelve at most are listed, all are counted", () => {
  const data = pageData();
  const rows = Array.from({ length: 15 }, (_, i) => i);
  Object.assign(data.villages, {
    code: rows.map((i) => `16.07.01.${2001 + i}`), name: rows.map((i) => `Desa ${i}`), district: rows.map(() => 0),
  });
  const search = setUp(data);
  assert.equal(search.type("desa").length, 12);
  assert.equal(search.status.textContent, "15 desa");
});

test("arrows stay in the list, enter takes the marked one", () => {
  const search = setUp();
  search.type("maju");
  search.press("ArrowUp");
  assert.equal(search.attributes["aria-activedescendant"], "match-0");
  search.press("ArrowDown");
  search.press("ArrowDown");
  assert.equal(search.attributes["aria-activedescendant"], "match-1");
  assert.equal(search.press("Enter"), true);
  assert.deepEqual(search.chosen, [0]);
  assert.equal(search.list.hidden, true);
  assert.equal(search.press("a"), false);
});

test("a village without polygon is handed on as such", () => {
  const search = setUp();
  search.type("hilang");
  search.press("Enter");
  assert.deepEqual(search.chosen, ["16.07.02.2009"]);
});

test("a longer name than any is answered with what has its first words, and says so", () => {
  const search = setUp();
  search.type("suka maju murni");
  search.press("Enter");
  assert.deepEqual(search.chosen, [0]);
  assert.match(search.status.textContent, /^search_similar/);
  search.type("maju terus lagi");
  assert.equal(search.status.textContent, "tidak ada");
});
