"use strict";
// Which villages are meant: those of the chosen district that also pass the filter.
window.sibangkit.filter = (() => {
  const { data, english, byId, text, number, element, values } = window.sibangkit;
  const { villages } = data;
  const POCKETS = ["", "in", "out"];
  const inPocket = new Set(data.pockets.flatMap((pocket) => pocket.villages));
  const [GROUPS, POINT] = english ? [/^-?\d{1,3}(,\d{3})+(\.\d+)?$/, "."] : [/^-?\d{1,3}(\.\d{3})+(,\d+)?$/, ","];

  // a number as it is written here; "20.5" is read too, for no thousands are written so
  /** @param {string} typed */
  function numberIn(typed) {
    const words = typed.replace(/[%\s]/g, "").replace("−", "-");
    const mark = POINT === "," ? /\./g : /,/g;
    const plain = GROUPS.test(words) ? words.replace(mark, "") : words;
    return /^-?\d+([.,]\d+)?$/.test(plain) ? Number(plain.replace(",", ".")) : null;
  }

  /** @param {Filter} filter @param {number} row */
  function passes({ layer, atMost, least, pocket }, row) {
    if (pocket && (pocket === "in") !== inPocket.has(row)) return false;
    if (least === null) return true;
    const value = layer.values[row];
    return values.known(value) && (atMost ? value <= least : value >= least);
  }

  /** @param {Chosen} state @param {number} row */
  const inDistrict = ({ district }, row) => district === null || villages.district[row] === district;
  /** @param {Chosen} state @param {number} row */
  const holds = (state, row) => inDistrict(state, row) && (!state.filter || passes(state.filter, row));
  /** @param {Chosen} state */
  const rows = (state) => villages.code.map((_, row) => row).filter((row) => holds(state, row));

  // ---- in the address: indicator, side, number, pockets
  /** @param {Filter | null} filter */
  const written = (filter) => filter
    && [filter.layer.key, filter.atMost ? "le" : "ge", filter.least ?? "", filter.pocket].join();

  /** @param {string | null} words @returns {Filter | null} */
  function read(words) {
    const [key = "", side = "", least = "", pocket = ""] = (words ?? "").split(",");
    const layer = data.layers.find((one) => one.key === key);
    const value = least === "" ? null : Number(least);
    if (!layer || !POCKETS.includes(pocket) || (value !== null && !Number.isFinite(value))) return null;
    return value === null && !pocket ? null : { layer, atMost: side === "le", least: value, pocket };
  }

  // ---- in words
  // as many digits as were typed: a rounded limit would tell of other villages
  /** @param {number} value */
  const exactly = (value) => number(value, String(value).split(".")[1]?.length ?? 0);

  /** @param {Filter} filter */
  const told = ({ layer, atMost, least, pocket }) => [
    least === null ? "" : `${layer.label} ${atMost ? "≤" : "≥"} ${exactly(least)}${layer.unit === "percent" ? "%" : ""}`,
    pocket ? text(`filter_${pocket}`).toLowerCase() : "",
  ].filter(Boolean).join(` ${text("filter_and")} `);

  /** @param {State} state */
  function result(state) {
    const { filter, layer } = state;
    if (!filter) return "";
    const found = rows(state);
    const counted = layer.counts ? found.filter((row) => values.known(layer.counts[row])) : [];
    const sum = counted.reduce((all, row) => all + (layer.counts[row] ?? 0), 0);
    const without = filter.least === null ? 0
      : villages.code.filter((_, row) => inDistrict(state, row) && !values.hasValue(filter.layer, row)).length;
    const where = state.district === null ? "" : `${text("in_district", { district: data.districts[state.district].name })}: `;
    return [
      where + text("filter_result", { n: number(found.length), told: told(filter) }),
      ...(counted.length ? [text("filter_sum", {
        n: number(sum), label: [layer.label, layer.count_label].filter(Boolean).join(", "),
      })] : []),
      ...(without ? [text("filter_without", { n: number(without) })] : []),
    ].join(" ");
  }

  /** @param {State} state */
  function show(state) {
    byId("filter-result").textContent = result(state);
    byId("filter-clear").hidden = !state.filter;
    byId("filter-layer").textContent = (state.filter?.layer ?? state.layer).label;
    byId("filter-unit").textContent = (state.filter?.layer ?? state.layer).unit === "percent" ? "%" : "";
  }

  // the fields as a filter says
  /** @param {Filter | null} filter */
  function fill(filter) {
    byId("filter-side").value = filter?.atMost ? "le" : "ge";
    byId("filter-least").value = values.known(filter?.least) ? exactly(filter.least) : "";
    byId("filter-pocket").value = filter?.pocket ?? "";
    byId("filter-least").removeAttribute("aria-invalid");
    if (filter) byId("filter-box").open = true;
  }

  /** @type {State | null} */
  let shown = null;
  // the villages that are meant now; null where none is left out
  const chosen = () => (shown && (shown.district !== null || shown.filter) ? rows(shown) : null);

  /** @param {State} state @param {(filter: Filter | null) => void} onChange */
  function setUp(state, onChange) {
    shown = state;
    byId("filter-pocket").replaceChildren(...POCKETS.map(
      (value) => element("option", { value, text: text(`filter_${value || "all"}`) }),
    ));
    byId("filter-pocket-box").hidden = !inPocket.size;
    const typed = () => {
      const words = byId("filter-least").value.trim();
      const least = words ? numberIn(words) : null;
      const wrong = words !== "" && least === null;
      byId("filter-least").setAttribute("aria-invalid", String(wrong));
      if (wrong) {
        onChange(null);
        byId("filter-result").textContent = text("filter_wrong");
        return;
      }
      const pocket = byId("filter-pocket").value;
      const layer = state.filter?.layer ?? state.layer;
      onChange(least === null && !pocket ? null
        : { layer, atMost: byId("filter-side").value === "le", least, pocket });
    };
    for (const id of ["filter-side", "filter-least", "filter-pocket"]) byId(id).addEventListener("change", typed);
    byId("filter-least").addEventListener("keydown", ({ key }) => { if (key === "Enter") typed(); });
    byId("filter-clear").addEventListener("click", () => {
      fill(null);
      onChange(null);
      byId("filter-least").focus();
    });
  }

  return { holds, rows, read, written, told, result, chosen, show, fill, setUp, numberIn };
})();
