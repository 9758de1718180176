"use strict";
// One village: where it lies, what was found, who must act, and every number beside its district.
window.sibangkit.detail = (() => {
  const { data, english, byId, text, number, withUnit, element, svg, values, language, areas } = window.sibangkit;
  const OUTSTANDING = 3;
  const villages = data.villages;
  const { known, hasValue } = values;

  /** @param {ShownLayer} layer @param {number} row */
  function bar(layer, row) {
    const track = element("div", { class: "bar", "aria-hidden": "true" });
    const shown = layer.values.filter(known);
    const [low, top] = [Math.min(0, ...shown), Math.max(0, ...shown)];
    /** @param {number} value */
    const place = (value) => `${(100 * (value - low)) / (top - low || 1)}%`;
    if (hasValue(layer, row)) {
      const fill = element("span", { class: "fill" });
      fill.style.width = place(layer.values[row]);
      track.append(fill);
    }
    for (const [kind, mark] of marks(layer, row)) {
      if (mark < low || mark > top) continue;
      const tick = element("span", { class: `tick ${kind}` });
      tick.style.left = place(mark);
      track.append(tick);
    }
    return track;
  }

  /** @type {(layer: ShownLayer, row: number) => [string, number][]} */
  // @ts-expect-error - unknown values are filtered out
  const marks = (layer, row) => [
    ["district", layer.district_values?.[villages.district[row]]],
    ["regency", layer.regency_value],
  ].filter(([, value]) => known(value));

  /** @param {ShownLayer} layer @param {number} row */
  function compareLine(layer, row) {
    const parts = marks(layer, row).map(([kind, value]) => element("span", {
      class: `key ${kind}`, text: `${text(`compare_${kind}`)} ${withUnit(value, layer)}`,
    }));
    return element("p", { class: "compare" }, parts);
  }

  /** @param {ShownLayer} layer @param {number} row */
  function rankText(layer, row) {
    if (!hasValue(layer, row)) return [];
    const { rank, all } = values.rankOf(layer, row);
    return [element("span", { text: text("rank_of", { rank: number(rank), all: number(all) }) })];
  }

  // ---- earlier years
  /** @param {ShownLayer} layer @param {number} row */
  function trendLine(layer, row) {
    const series = values.trendOf(layer)?.map((year) => year[row]);
    if (!series) return [];
    if (!series.some(known)) return [];
    const told = data.trend.years.map((year, i) => `${year}: ${withUnit(series[i], layer)}`);
    const [first, last] = [series[0], series[series.length - 1]];
    const change = known(first) && known(last) ? changeText(last - first, layer) : "";
    return [element("p", { class: "trend-line" }, [
      spark(series), element("span", { text: `${told.join(" → ")}${change && ` (${change})`}` }),
    ])];
  }

  /** @param {number} difference @param {ShownLayer} layer */
  function changeText(difference, layer) {
    const size = number(Math.abs(difference), layer.decimals ?? 1);
    if (Number(Math.abs(difference).toFixed(layer.decimals ?? 1)) === 0) return text("trend_same");
    const unit = layer.unit === "percent" ? ` ${text("points")}` : "";
    return text(difference < 0 ? "trend_down" : "trend_up", { n: `${size}${unit}` });
  }

  /** @param {(number | null)[]} series */
  function spark(series) {
    const [width, height] = [44, 18];
    const shown = series.filter(known);
    const [low, top] = [Math.min(...shown), Math.max(...shown)];
    const box = svg("svg", { class: "spark", width, height, "aria-hidden": "true" });
    const points = series.flatMap((value, i) => (known(value) ? [[
      3 + (i * (width - 6)) / Math.max(1, series.length - 1),
      top === low ? height / 2 : 3 + ((top - value) * (height - 6)) / (top - low),
    ]] : []));
    box.append(svg("polyline", { points: points.map((p) => p.join()).join(" ") }));
    points.forEach(([cx, cy]) => box.append(svg("circle", { cx, cy, r: 2.2 })));
    return box;
  }

  /** @param {ShownLayer} layer @param {number} row @param {ShownLayer} current */
  function measureRow(layer, row, current) {
    const shown = values.valueText(layer, row);
    const count = values.countText(layer, row);
    return element("div", { class: layer === current ? "measure current" : "measure" }, [
      element("div", { class: "line" }, [
        element("span", { class: "label", text: layer.label }),
        element("span", {
          class: hasValue(layer, row) ? "value" : "value blank", "data-layer": layer.key,
          "data-value-text": shown, text: shown,
        }),
      ]),
      element("p", { class: "under" }, [
        ...rankText(layer, row), ...(count ? [element("span", { class: "count", text: count })] : []),
      ]),
      bar(layer, row), compareLine(layer, row), ...trendLine(layer, row),
    ]);
  }

  // ---- head and reasons
  /** @param {string} name @param {string} place @param {() => void} onClose */
  function head(name, place, onClose) {
    return [
      element("div", { class: "detail-head" }, [
        element("h2", { text: name }),
        element("button", {
          type: "button", class: "close", "aria-label": text("detail_close"), text: "×",
          onclick: onClose,
        }),
      ]),
      element("p", { class: "place", text: place }),
    ];
  }

  /** @param {number} row */
  function sizeLine(row) {
    const size = [];
    if (known(villages.people?.[row])) size.push(text("people", { n: number(villages.people[row]) }));
    if (known(villages.households?.[row])) {
      size.push(text("households", { n: number(villages.households[row]) }));
    }
    return size.length ? [element("p", { class: "place", text: size.join(" · ") })] : [];
  }

  /** @param {number} row */
  function findings(row) {
    const pocket = data.pockets.find((one) => one.villages.includes(row));
    const told = [(villages.verdict[row] || villages.usual_verdict), pocket?.sentence, villages.certainty?.[row], villages.planned?.[row]].filter(Boolean);
    return [
      ...(pocket ? [element("p", {
        class: `tag ${pocket.evidence}`,
        text: [text("pocket", { n: pocket.number }), pocket.name].filter(Boolean).join(": "),
      })] : []),
      ...told.map((sentence) => element("p", { class: "says", text: sentence, lang: language.foreign(sentence) })),
    ];
  }

  /** @param {number} row */
  function reasons(row) {
    const found = values.outstanding(row, OUTSTANDING);
    if (!found.length) return [];
    return [
      element("h3", { text: text("reasons") }),
      element("ul", { class: "reasons" }, found.map(({ layer }) => element("li", {
        text: text("reason", {
          label: layer.label, value: withUnit(layer.values[row], layer),
          regency: withUnit(layer.regency_value, layer),
        }),
      }))),
    ];
  }

  /** @param {number} row */
  function acting(row) {
    const acts = (villages.acts?.[row] ?? []).map((index) => data.agencies[index]).filter(Boolean);
    if (!acts.length) return [];
    return [
      element("h3", { text: text("acts") }),
      element("ul", { class: "acts" }, acts.map((name) => element("li", { text: name }))),
    ];
  }

  // only where the profiles lie beside the page
  /** @param {number} row */
  function profileLink(row) {
    if (!data.profiles) return [];
    const district = data.districts[villages.district[row]].code;
    const href = `profil/${district}.html${english ? "?bahasa=en" : ""}#${villages.code[row]}`;
    return [element("p", { class: "place" }, [element("a", { class: "link", href, text: text("detail_profile") })])];
  }

  /** @param {number | null} row @param {ShownLayer[]} shown @param {() => void} onClose */
  function show(row, shown, onClose) {
    const node = byId("detail");
    node.classList.toggle("empty", row === null);
    if (row === null) {
      node.replaceChildren(element("p", { class: "hint", text: text("detail_hint") }));
      return;
    }
    const place = `${text("in_district", { district: values.districtName(row) })} · ${villages.code[row]}`;
    const ordered = [...shown, ...data.layers.filter((one) => !shown.includes(one))];
    node.replaceChildren(
      ...head(villages.name[row], place, onClose), ...sizeLine(row), ...profileLink(row), ...findings(row),
      ...acting(row), areas.button(villages.code[row]), ...reasons(row), ...ordered.map((one) => measureRow(one, row, shown[0])),
    );
  }

  // a village without polygon: found by name, told why it is not drawn
  /** @param {UnmappedVillage} village @param {() => void} onClose */
  function showUnmapped(village, onClose) {
    const node = byId("detail");
    node.classList.remove("empty");
    const place = `${text("in_district", { district: village.district })} · ${village.code}`;
    node.replaceChildren(
      ...head(village.name, place, onClose),
      element("p", { class: "says", text: text("not_on_map", { reason: village.reason }) }),
    );
  }

  return { show, showUnmapped };
})();
