"use strict";
// The panel of a chosen district: its numbers, who leads, its pockets, in place of the regency's.
window.sibangkit.area = (() => {
  const { data, english, byId, text, number, withUnit, element, values, areas, results, language } = window.sibangkit;
  const { villages, districts } = data;
  const FEW = 6; // indicators shown at once

  // the district's place among those with a number, 1 for the worst
  /** @param {ShownLayer} layer @param {number} index */
  function rankOf(layer, index) {
    const sign = layer.worse === "low" ? -1 : 1;
    const all = (layer.district_values ?? []).filter(values.known);
    const own = layer.district_values?.[index];
    if (!values.known(own)) return "";
    const rank = 1 + all.filter((one) => sign * (one - own) > 0).length;
    return text("rank_districts", { rank: number(rank), all: number(all.length) });
  }

  /** @param {ShownLayer} layer @param {number} index @param {boolean} current */
  function measure(layer, index, current) {
    const count = layer.district_counts?.[index];
    return element("div", { class: current ? "measure current" : "measure" }, [
      element("div", { class: "line" }, [
        element("span", { class: "label", text: layer.label }),
        element("span", { class: "value", text: withUnit(layer.district_values?.[index], layer) }),
      ]),
      element("p", { class: "under" }, [
        element("span", { text: rankOf(layer, index) }),
        ...(values.known(count) ? [element("span", {
          class: "count", text: `${number(count)} ${layer.count_label ?? ""}`.trim(),
        })] : []),
      ]),
      ...(values.known(layer.regency_value) ? [element("p", {
        class: "compare", text: `${text("compare_regency")} ${withUnit(layer.regency_value, layer)}`,
      })] : []),
    ]);
  }

  /** @param {number} index @param {ShownLayer} current */
  function measures(index, current) {
    // an index of villages has no number of a district
    const told = data.layers.filter((one) => one === current || values.known(one.district_values?.[index]));
    const ordered = [current, ...told.filter((one) => one !== current)].map((one) => measure(one, index, one === current));
    const [first, rest] = [ordered.slice(0, FEW), ordered.slice(FEW)];
    return [...first, ...(rest.length ? [results.folded(text("area_all", { n: number(rest.length) }), () => rest)] : [])];
  }

  /** @param {number} index @param {(place: Pocket | WideArea) => void} onPocket */
  function pockets(index, onPocket) {
    /** @param {{villages: number[]}} place */
    const inside = (place) => place.villages.some((row) => villages.district[row] === index);
    const own = [
      ...data.pockets.filter(inside).map((one) => results.pocketItem(one, onPocket)),
      ...data.wide.filter(inside).map((one) => results.wideItem(one, onPocket)),
    ];
    return [
      element("h3", { text: text("area_pockets") }),
      own.length ? element("ul", { class: "pocket-list" }, own) : element("p", { text: text("area_no_pocket") }),
    ];
  }

  /** @param {State} state @param {{onPocket: (place: Pocket | WideArea) => void, onClose: () => void}} actions */
  function show({ district, layer }, { onPocket, onClose }) {
    const node = byId("area");
    node.hidden = district === null;
    byId("whole").hidden = district === null;
    for (const id of ["needs", "missing", "verdict", "trend"]) byId(id).classList.toggle("off", district !== null);
    if (district === null) {
      node.replaceChildren();
      return;
    }
    const { name, code, households, roles } = districts[district];
    const count = villages.district.filter((one) => one === district).length;
    const size = [
      text("villages_count", { n: number(count) }),
      ...(values.known(households) ? [text("households", { n: number(households) })] : []), code,
    ];
    node.replaceChildren(
      element("div", { class: "detail-head" }, [
        element("h2", { text: text("in_district", { district: name }) }),
        element("button", {
          type: "button", class: "close", "aria-label": text("area_close"), text: "×", onclick: onClose,
        }),
      ]),
      element("p", { class: "place", text: size.join(" · ") }),
      ...(roles ?? []).map((role) => element("p", { class: "says", text: role, lang: language.foreign(role) })),
      ...(data.profiles ? [element("p", { class: "place" }, [
        element("a", { class: "link", href: `profil/${code}.html${english ? "#bahasa=en" : ""}`, text: text("area_profile") }),
      ])] : []),
      areas.button(code), ...pockets(district, onPocket), ...measures(district, layer),
    );
  }

  return { show };
})();
