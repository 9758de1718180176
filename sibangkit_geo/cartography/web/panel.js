"use strict";
// Legend, result, village details, ranking, notes: everything beside the map.
window.sibangkit.panel = (() => {
  const { data, byId, text, number, withUnit, element, svg } = window.sibangkit;
  const TOP = 15;
  const villages = data.villages;
  const masked = new Map(data.layers.map((layer) => [layer.key, new Set(layer.masked ?? [])]));

  const isMasked = (layer, row) => masked.get(layer.key).has(row);
  const districtName = (row) => data.districts[villages.district[row]]?.name ?? "";

  function fillOf(layer, row) {
    if (isMasked(layer, row)) return "url(#masked)";
    const index = layer.class[row];
    return index === null || index === undefined ? "url(#hatch)" : layer.classes[index].color;
  }

  const hasValue = (layer, row) => !isMasked(layer, row)
    && layer.values[row] !== null && layer.values[row] !== undefined;

  function valueText(layer, row) {
    return isMasked(layer, row) ? text("masked") : withUnit(layer.values[row], layer);
  }

  function countText(layer, row) {
    const count = layer.counts?.[row];
    if (count === null || count === undefined || isMasked(layer, row)) return "";
    return `${number(count)} ${layer.count_label ?? ""}`.trim();
  }

  // ---- legend
  function swatch(fill) {
    const box = svg("svg", { class: "swatch", width: 26, height: 16, "aria-hidden": "true" });
    box.append(svg("rect", { x: 0.5, y: 0.5, width: 25, height: 15, rx: 2, fill }));
    return box;
  }

  function lineSymbol(evidence) {
    const box = svg("svg", { class: "swatch", width: 26, height: 16, "aria-hidden": "true" });
    box.append(svg("rect", {
      x: 2, y: 2, width: 22, height: 12, rx: 1, class: `pocket-symbol ${evidence}`,
    }));
    return box;
  }

  function unitLine(layer) {
    const unit = layer.unit === "percent" ? "%" : "";
    const base = layer.unit === "percent" && layer.denominator
      ? text("of", { denominator: layer.denominator }) : layer.denominator ?? "";
    const year = layer.year ? text("year", { year: layer.year }) : "";
    return [[unit, base].filter(Boolean).join(" "), year].filter(Boolean).join(" · ");
  }

  function legendRow(symbol, label, count) {
    const cells = [symbol, element("span", { class: "label", text: label })];
    if (count !== null) {
      cells.push(element("span", { class: "count", text: text("villages_count", { n: number(count) }) }));
    }
    return element("li", {}, cells);
  }

  function legend(layer) {
    byId("legend-title").textContent = layer.label;
    byId("legend-unit").textContent = unitLine(layer);
    const rows = layer.classes.map((c) => legendRow(swatch(c.color), c.label, c.count));
    if (layer.n_missing) rows.push(legendRow(swatch("url(#hatch)"), text("no_data"), layer.n_missing));
    if (layer.n_masked) rows.push(legendRow(swatch("url(#masked)"), text("masked"), layer.n_masked));
    for (const evidence of ["strict", "indicative"]) {
      if (data.pockets.some((pocket) => pocket.evidence === evidence)) {
        rows.push(legendRow(lineSymbol(evidence), text(`pocket_${evidence}`), null));
      }
    }
    byId("legend").replaceChildren(...rows);
    const source = layer.source ? text("source", { source: layer.source }) : "";
    byId("legend-source").textContent = [source, layer.note].filter(Boolean).join(". ");
  }

  // ---- result, boxes, notes
  function verdict(onPocket) {
    byId("verdict-headline").textContent = data.verdict.headline;
    const [first = "", ...rest] = data.verdict.sentences;
    byId("verdict-first").textContent = first;
    byId("verdict-box").hidden = rest.length === 0;
    byId("verdict-rest").replaceChildren(
      ...rest.map((sentence) => element("p", { text: sentence })),
    );
    byId("pockets").replaceChildren(...data.pockets.map((pocket) => element("li", {}, [
      element("button", {
        type: "button", class: `badge-button ${pocket.evidence}`, text: pocket.number,
        "aria-label": text("pocket_zoom", { n: pocket.number }), onclick: () => onPocket(pocket),
      }),
      element("div", {}, [
        element("p", { text: pocket.sentence }),
        ...(pocket.roles ?? []).map((role) => element("p", { class: "role", text: role })),
      ]),
    ])));
  }

  function box(id, content) {
    const node = byId(id);
    node.hidden = !content;
    if (!content) return;
    node.replaceChildren(
      element("h2", { text: content.headline }),
      ...(content.lead ? [element("p", { class: "lead", text: content.lead })] : []),
      element("ul", {}, (content.items ?? []).map((item) => element("li", { text: item }))),
    );
  }

  function notes() {
    byId("unmapped-box").hidden = data.unmapped.length === 0;
    byId("unmapped-title").textContent = text("unmapped", { n: number(data.unmapped.length) });
    byId("unmapped").replaceChildren(...data.unmapped.map((village) => element("li", {
      text: `${village.name} (${village.district}, ${village.code}): ${village.reason}`,
    })));
    byId("notes-box").hidden = data.notes.length === 0;
    byId("notes").replaceChildren(...data.notes.map((note) => element("li", { text: note })));
  }

  // ---- one village
  const finite = (values) => values.filter((value) => value !== null && value !== undefined);

  function bar(layer, row) {
    const track = element("div", { class: "bar", "aria-hidden": "true" });
    const top = Math.max(0, ...finite(layer.values));
    const low = Math.min(0, ...finite(layer.values));
    const place = (value) => `${(100 * (value - low)) / (top - low || 1)}%`;
    if (hasValue(layer, row)) {
      const fill = element("span", { class: "fill" });
      fill.style.width = place(layer.values[row]);
      track.append(fill);
    }
    const marks = [
      ["district", layer.district_values?.[villages.district[row]]], ["regency", layer.regency_value],
    ];
    for (const [kind, mark] of marks) {
      if (mark !== null && mark !== undefined && mark >= low && mark <= top) {
        const tick = element("span", { class: `tick ${kind}` });
        tick.style.left = place(mark);
        track.append(tick);
      }
    }
    return track;
  }

  function compareLine(layer, row) {
    const parts = [
      ["compare_district", layer.district_values?.[villages.district[row]], "district"],
      ["compare_regency", layer.regency_value, "regency"],
    ].filter(([, value]) => value !== null && value !== undefined);
    return element("p", { class: "compare" }, parts.map(([key, value, kind]) => element("span", {
      class: `key ${kind}`, text: `${text(key)} ${number(value, layer.decimals ?? 1)}`,
    })));
  }

  function measureRow(layer, row, current) {
    const shown = valueText(layer, row);
    const count = countText(layer, row);
    return element("div", { class: layer === current ? "measure current" : "measure" }, [
      element("div", { class: "line" }, [
        element("span", { class: "label", text: layer.label }),
        element("span", {
          class: hasValue(layer, row) ? "value" : "value blank", "data-layer": layer.key, "data-value-text": shown, text: shown,
        }),
      ]),
      ...(count ? [element("p", { class: "count", text: count })] : []),
      bar(layer, row),
      compareLine(layer, row),
    ]);
  }

  function detail(row, layer, onClose) {
    const node = byId("detail");
    if (row === null) {
      node.classList.add("empty");
      node.replaceChildren(element("p", { class: "hint", text: text("detail_hint") }));
      return;
    }
    node.classList.remove("empty");
    const size = [];
    if (villages.people?.[row] != null) size.push(text("people", { n: number(villages.people[row]) }));
    if (villages.households?.[row] != null) {
      size.push(text("households", { n: number(villages.households[row]) }));
    }
    const pocket = data.pockets.find((one) => one.villages.includes(row));
    const children = [
      element("div", { class: "detail-head" }, [
        element("h2", { text: villages.name[row] }),
        element("button", {
          type: "button", class: "close", "aria-label": text("detail_close"), text: "×",
          onclick: onClose,
        }),
      ]),
      element("p", {
        class: "place",
        text: `${text("in_district", { district: districtName(row) })} · ${villages.code[row]}`,
      }),
    ];
    if (size.length) children.push(element("p", { class: "place", text: size.join(" · ") }));
    if (pocket) {
      children.push(element("p", {
        class: `tag ${pocket.evidence}`,
        text: `${text("pocket", { n: pocket.number })} · ${text(`pocket_${pocket.evidence}`)}`,
      }));
    }
    if (villages.verdict[row]) {
      children.push(element("p", { class: "says", text: villages.verdict[row] }));
    }
    if (villages.certainty?.[row]) {
      children.push(element("p", { class: "says", text: villages.certainty[row] }));
    }
    const acts = (villages.acts?.[row] ?? []).map((index) => data.agencies[index]);
    if (acts.length) {
      children.push(element("p", { class: "acts" }, [
        element("strong", { text: text("acts") }), element("span", { text: ` ${acts.join(" · ")}` }),
      ]));
    }
    const ordered = [layer, ...data.layers.filter((one) => one !== layer)];
    children.push(...ordered.map((one) => measureRow(one, row, layer)));
    node.replaceChildren(...children);
  }

  // ---- ranking: worst first, equal values share a rank
  function ranked(layer, district) {
    const sign = layer.worse === "low" ? 1 : -1;
    const rows = villages.code.map((_, row) => row).filter((row) => (
      (district === null || villages.district[row] === district)
      && hasValue(layer, row)
    ));
    rows.sort((a, b) => sign * (layer.values[a] - layer.values[b])
      || villages.name[a].localeCompare(villages.name[b], "id"));
    let rank = 0;
    return rows.map((row, i) => {
      if (i === 0 || layer.values[row] !== layer.values[rows[i - 1]]) rank = i + 1;
      return { row, rank };
    });
  }

  function rankingRow({ row, rank }, layer, selected, onSelect) {
    const name = element("button", {
      type: "button", class: "name", text: villages.name[row],
      "aria-current": row === selected ? "true" : null,
    });
    const made = element("tr", {
      "data-code": villages.code[row], class: row === selected ? "selected" : null,
      onclick: () => onSelect(row),
    }, [
      element("td", { class: "rank", text: number(rank) }),
      element("td", {}, [name, element("span", { class: "sub", text: districtName(row) })]),
      element("td", { class: "number" }, [
        element("span", { text: number(layer.values[row], layer.decimals ?? 1) }),
        ...(countText(layer, row) ? [element("span", { class: "sub", text: number(layer.counts[row]) })] : []),
      ]),
    ]);
    return made;
  }

  function ranking({ layer, district, selected, all }, onSelect, onMore) {
    const order = ranked(layer, district);
    byId("ranking-title").textContent = text("ranking");
    byId("ranking-layer").textContent = [
      layer.label, district === null ? "" : data.districts[district].name, text("ranking_worst"),
    ].filter(Boolean).join(" · ");
    const unit = layer.unit === "percent" ? `${text("value")} (%)` : text("value");
    byId("ranking-head").replaceChildren(
      element("th", { scope: "col", class: "rank", text: text("rank") }),
      element("th", { scope: "col", text: `${text("village")}, ${text("district").toLowerCase()}` }),
      element("th", { scope: "col", class: "number" }, [
        element("span", { text: unit }),
        ...(layer.counts && layer.count_label
          ? [element("span", { class: "sub", text: layer.count_label })] : []),
      ]),
    );
    const shown = all ? order : order.slice(0, TOP);
    const mine = order.find((one) => one.row === selected);
    if (mine && !shown.includes(mine)) shown.push(mine);
    byId("ranking").replaceChildren(
      ...shown.map((one) => rankingRow(one, layer, selected, onSelect)),
    );
    const inView = villages.code.filter((_, row) => (
      district === null || villages.district[row] === district)).length;
    const left = inView - order.length;
    byId("ranking-missing").textContent = order.length === 0 ? text("ranking_empty")
      : left > 0 ? text("ranking_missing", { n: number(left) }) : "";
    const more = byId("ranking-more");
    more.hidden = order.length <= TOP;
    more.textContent = all ? text("show_less", { n: TOP }) : text("show_all", { n: number(order.length) });
    more.onclick = onMore;
  }

  return {
    fillOf, valueText, countText, districtName, isMasked, legend, verdict, box, notes, detail,
    ranking, ranked,
  };
})();
