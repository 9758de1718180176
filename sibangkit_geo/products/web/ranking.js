"use strict";
// The table of villages, worst first, tied to the map both ways.
window.sibangkit.ranking = (() => {
  const { data, byId, text, number, element, values, filter } = window.sibangkit;
  const TOP = 15;
  const villages = data.villages;

  /** @param {{row: number, rank: number}} options @param {ShownLayer} layer @param {number | null} selected @param {{onSelect: (row: number) => void, onHover: OnRow}} options */
  function rowOf({ row, rank }, layer, selected, { onSelect, onHover }) {
    // of a village where not all answered the count is the least there can be
    const part = (layer.known?.percent[row] ?? 100) < 100 ? "≥\u00a0" : "";
    const count = values.countText(layer, row) && `${part}${number(layer.counts[row])}`;
    return element("tr", {
      "data-code": villages.code[row], class: row === selected ? "selected" : null,
      onclick: () => onSelect(row), onmouseenter: () => onHover(row),
      onmouseleave: () => onHover(null), onfocusin: () => onHover(row),
      onfocusout: () => onHover(null),
    }, [
      element("td", { class: "rank", text: number(rank) }),
      element("td", {}, [
        element("button", {
          type: "button", class: "name", text: villages.name[row],
          "aria-current": row === selected ? "true" : null,
        }),
        element("span", { class: "sub", text: values.districtName(row) }),
      ]),
      element("td", { class: "number" }, [
        element("span", { text: number(layer.values[row], layer.decimals ?? 1) }),
        ...(count ? [element("span", { class: "sub", text: count })] : []),
      ]),
    ]);
  }

  /** @param {ShownLayer} layer */
  function heads(layer) {
    const unit = layer.unit === "percent" ? `${text("value")} (%)` : text("value");
    return [
      element("th", { scope: "col", class: "rank", text: text("rank") }),
      element("th", { scope: "col", text: `${text("village")}, ${text("district").toLowerCase()}` }),
      element("th", { scope: "col", class: "number" }, [
        element("span", { text: unit }),
        ...(layer.counts && layer.count_label
          ? [element("span", { class: "sub", text: layer.count_label })] : []),
      ]),
    ];
  }

  /** @param {State} state @param {{onSelect: (row: number) => void, onHover: OnRow, onMore: () => void}} actions */
  function show(state, actions) {
    const { layer, district, selected, all } = state;
    const focused = document.activeElement?.closest("#ranking tr")?.dataset.code;
    const order = values.ranked(layer, (row) => filter.holds(state, row));
    byId("ranking-layer").textContent = [
      layer.label, district === null ? "" : data.districts[district].name,
      state.filter ? filter.told(state.filter) : "", text("ranking_worst"),
    ].filter(Boolean).join(" · ");
    byId("ranking-head").replaceChildren(...heads(layer));
    const shown = all ? order : order.slice(0, TOP);
    const mine = order.find((one) => one.row === selected);
    if (mine && !shown.includes(mine)) shown.push(mine);
    byId("ranking").replaceChildren(...shown.map((one) => rowOf(one, layer, selected, actions)));
    byId("ranking-table").hidden = order.length === 0;
    const left = filter.rows(state).length - order.length;
    byId("ranking-missing").textContent = order.length === 0 ? text("ranking_empty")
      : left > 0 ? text("ranking_missing", { n: number(left) }) : "";
    const more = byId("ranking-more");
    more.hidden = order.length <= TOP;
    more.textContent = all ? text("show_less", { n: TOP }) : text("show_all", { n: number(order.length) });
    more.onclick = actions.onMore;
    if (focused) lineOf(focused)?.querySelector("button").focus({ preventScroll: true });
  }

  /** @param {string} code */
  const lineOf = (code) => [...byId("ranking").rows].find((row) => row.dataset.code === code);

  // the line of the village under the pointer on the map
  /** @param {number | null} row */
  function highlight(row) {
    byId("ranking").querySelector(".hover")?.classList.remove("hover");
    if (row !== null) lineOf(villages.code[row])?.classList.add("hover");
  }

  return { show, highlight };
})();
