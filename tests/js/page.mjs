// Runs shipped scripts as a page does, on data of a test and with as little of a browser as they need.
import { readFileSync } from "node:fs";
import vm from "node:vm";

const { include } = JSON.parse(readFileSync(new URL("tsconfig.json", import.meta.url), "utf8"));
const folder = new URL(include[0].replace("*.js", ""), import.meta.url);

// four villages in two districts; the last two have no value
export function pageData(more = {}) {
  return {
    texts: {
      no_data: "tidak ada data", search_hint: "cari", search_none: "tidak ada",
      search_count: "{n} desa", search_unmapped: "tanpa peta", csv_class: "kelas", csv_count: "jumlah",
      csv_code: "kode", csv_village: "desa", csv_district: "kecamatan", csv_pocket: "kantong", csv_wide: "wilayah luas",
      csv_verdict: "putusan", csv_estimate: "estimasi", csv_file: "peta", thousands: "{n} rb",
    },
    english: { texts: ["no data"], pairs: [] },
    title: "Uji", estimate_line: "Estimasi; bukan resmi", boundary_line: "", level_line: "", sources: ["BPS"],
    agency: { key: "dinsos", name: "Dinsos", focus: "" },
    agencies: [], pages: [], trend: null, houses: null,
    districts: [{ code: "16.07.01", name: "Rambutan" }, { code: "16.07.02", name: "Betung" }],
    villages: {
      code: ["16.07.01.2001", "16.07.01.2002", "16.07.02.2001", "16.07.02.2002"],
      name: ["Suka Maju", "Air Batu", "Maju Jaya", "Élok"],
      district: [0, 0, 1, 1], verdict: ["Kantong 1.", "", "", ""], usual_verdict: "Bukan kantong.",
    },
    unmapped: [{ code: "16.07.02.2009", name: "Tanah Hilang", district: "Betung", reason: "tanpa batas" }],
    pockets: [{ number: 1, evidence: "strict", villages: [0] }],
    wide: [],
    layers: [layer()],
    ...more,
  };
}

export function layer(more = {}) {
  return {
    key: "poor", label: "Miskin", unit: "percent", decimals: 1, denominator: "rumah tangga", worse: "high",
    values: [40, 12.5, null, null], counts: [80, 25, null, null], count_label: "rumah tangga miskin",
    class: [1, 0, null, null],
    classes: [{ color: "#fee", label: "< 30", count: 1 }, { color: "#c00", label: "≥ 30", count: 1 }],
    n_missing: 2, regency_value: 20, district_values: [30, null], year: 2025, ...more,
  };
}

// names of scripts, run one after the other after base.js; a function among them changes the page
export function open(scripts, { data = pageData(), hash = "", elements = {}, more = {} } = {}) {
  const text = JSON.stringify(data);
  const listeners = {};
  globalThis.document = {
    getElementById: (id) => (id === "data" ? { textContent: text } : elements[id]),
    documentElement: {},
    scripts: [],
  };
  globalThis.window = {
    location: { hash }, listeners,
    history: { replaceState: (state, title, address) => { globalThis.window.location.hash = address; } },
    addEventListener: (type, listener) => { listeners[type] = listener; },
    ...more,
  };
  for (const script of ["base.js", ...scripts]) {
    if (typeof script === "function") {
      script(globalThis.window.sibangkit);
      continue;
    }
    const file = new URL(script, folder);
    vm.runInThisContext(readFileSync(file, "utf8"), { filename: file.pathname });
  }
  return globalThis.window.sibangkit;
}
