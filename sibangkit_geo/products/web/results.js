"use strict";
// The result of the study: verdict, pockets with who acts, boxes, blocks of tables, notes.
window.sibangkit.results = (() => {
  const { data, byId, text, number, element, values, language: { foreign } } = window.sibangkit;
  const TOP = 5;

  // details whose content is made when it is first opened
  /** @param {string} title @param {() => Node[]} build @param {Attributes} [attributes] */
  function folded(title, build, attributes = {}) {
    const body = element("div", { class: "fold" });
    const node = element("details", attributes, [element("summary", { text: title }), body]);
    const fill = () => {
      if (node.open && !body.childNodes.length) body.append(...build());
    };
    node.addEventListener("toggle", fill);
    return node;
  }

  /** @param {string[]} items */
  const list = (items) => element("ul", {}, items.map((item) => element("li", { text: item, lang: foreign(item) })));

  // ---- pockets
  // "OPD penanggung jawab utama: Perkimtan – Hunian padat ..." folds to its first part
  /** @param {string} role */
  const leadOf = (role) => (/^[^–]{3,90} – /.test(role) ? role.split(" – ")[0] : text("roles"));

  // the villages of a pocket, each a way to its card
  /** @param {Pocket} pocket */
  const members = (pocket) => [element("ul", { class: "members" }, pocket.villages.map((row) => element("li", {}, [
    element("button", {
      type: "button", class: "name", onclick: () => window.sibangkit.select(data.villages.code[row]),
    }, [data.villages.name[row]]),
    element("span", { class: "sub", text: text("in_district", { district: values.districtName(row) }) }),
  ])))];

  /** @param {Pocket} pocket @param {(pocket: Pocket) => void} onPocket */
  function pocketItem(pocket, onPocket) {
    const roles = pocket.roles ?? [];
    return element("li", {}, [
      element("button", {
        type: "button", class: `badge-button ${pocket.evidence}`, text: pocket.number,
        "aria-label": text("pocket_zoom", { n: pocket.number }), onclick: () => onPocket(pocket),
      }),
      element("div", {}, [
        element("p", { text: pocket.sentence, lang: foreign(pocket.sentence) }),
        ...(roles.length ? [folded(leadOf(roles[0]), () => roles.map(
          (role) => element("p", { class: "role", text: role, lang: foreign(role) }),
        ))] : []),
        folded(text("pocket_members", { n: number(pocket.villages.length) }), () => members(pocket)),
      ]),
    ]);
  }

  /** @param {WideArea} area @param {(area: WideArea) => void} onArea */
  const wideItem = (area, onArea) => element("li", {}, [
    element("button", {
      type: "button", class: "badge-button wide", text: area.number,
      "aria-label": text("wide_zoom", { n: area.number }), onclick: () => onArea(area),
    }),
    element("p", { text: area.sentence, lang: foreign(area.sentence) }),
  ]);

  /** @param {(place: Pocket | WideArea) => void} onPocket */
  function pockets(onPocket) {
    const items = data.pockets.map((pocket) => pocketItem(pocket, onPocket));
    items.slice(TOP).forEach((item) => item.classList.add("rest"));
    const more = byId("pockets-more");
    more.hidden = items.length <= TOP;
    more.textContent = text("pockets_all", { n: number(items.length) });
    more.onclick = () => {
      byId("pockets").classList.add("all");
      more.hidden = true;
      items[TOP].querySelector("button").focus();
    };
    byId("pockets").replaceChildren(...items, ...data.wide.map((area) => wideItem(area, onPocket)));
  }

  /** @param {(place: Pocket | WideArea) => void} onPocket */
  function verdict(onPocket) {
    const [first = "", ...rest] = data.verdict.sentences;
    for (const [id, words] of [["verdict-headline", data.verdict.headline], ["verdict-first", first]]) {
      byId(id).textContent = words;
      if (foreign(words)) byId(id).lang = "id";
    }
    byId("verdict-box").hidden = rest.length === 0;
    byId("verdict-rest").replaceChildren(
      ...rest.map((sentence) => element("p", { text: sentence, lang: foreign(sentence) })),
    );
    pockets(onPocket);
  }

  // ---- boxes
  /** @param {string} id @param {MissingData | null} content */
  function box(id, content) {
    const node = byId(id);
    node.hidden = !content;
    if (!content) return;
    node.replaceChildren(
      element("h2", { text: content.headline, lang: foreign(content.headline) }),
      ...(content.lead ? [element("p", { class: "lead", text: content.lead, lang: foreign(content.lead) })] : []),
      ...(content.items?.length ? [list(content.items)] : []),
    );
  }

  // the agency's own matter: its main need, where to begin, where it is heaviest
  function own() {
    const { needs } = data;
    const node = byId("needs");
    node.hidden = !needs;
    if (!needs) return;
    /** @param {keyof HTMLElementTagNameMap} tag @param {string} words @param {string} [kind] */
    const one = (tag, words, kind) => (words ? [element(tag, { class: kind, text: words, lang: foreign(words) })] : []);
    node.replaceChildren(
      ...one("h2", needs.headline), ...one("p", needs.lead, "lead"), ...one("p", needs.begin, "begin"),
      ...needs.places.flatMap(({ headline, items }) => [...one("h3", headline), list(items)]),
      needs.lead ? folded(needs.more, () => [list(needs.items)]) : list(needs.items),
    );
  }

  function trend() {
    const { trend: told } = data;
    box("trend", told && {
      headline: told.label || text("trend"), lead: told.note,
      items: [text("trend_hint", { years: told.years.join(", ") })],
    });
  }

  // ---- blocks: headline, lead, items, table
  /** @param {BlockTable} options @param {string} title */
  function table({ head, align, rows }, title) {
    /** @param {number} i */
    const side = (i) => (align?.[i] === "r" ? "number" : null);
    /** @param {"td" | "th"} tag @param {string[]} row @param {Attributes} [more] */
    const cells = (tag, row, more = {}) => element("tr", { role: "row" }, row.map((cell, i) => element(tag, {
      class: side(i), text: cell, lang: foreign(cell), "data-head": head[i], role: tag === "th" ? "columnheader" : "cell", ...more,
    })));
    const box_ = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, [
      // stacked rows would lose what a table says by itself
      element("table", { role: "table", "aria-label": title }, [
        element("thead", { role: "rowgroup" }, [cells("th", head, { scope: "col" })]),
        element("tbody", { role: "rowgroup" }, rows.map((row) => cells("td", row))),
      ]),
    ]);
    // where it is too wide for the column every row is a card: number under number, no scrolling aside
    new ResizeObserver(() => {
      box_.classList.remove("stacked");
      box_.classList.toggle("stacked", box_.scrollWidth > box_.clientWidth + 1);
    }).observe(box_);
    return [box_];
  }

  function blocks() {
    byId("blocks").replaceChildren(...(data.blocks ?? []).map((block) => folded(
      block.headline,
      () => [
        ...(block.lead ? [element("p", { class: "lead", text: block.lead, lang: foreign(block.lead) })] : []),
        ...(block.items?.length ? [list(block.items)] : []),
        ...(block.table ? table(block.table, block.headline) : []),
      ],
      { class: "more block", "data-key": block.key, lang: foreign(block.headline) },
    )));
  }

  function notes() {
    const { unmapped } = data;
    byId("more").replaceChildren(
      ...(unmapped.length ? [folded(text("unmapped", { n: number(unmapped.length) }), () => [
        element("ul", {}, unmapped.map((one) => element("li", {
          text: `${one.name} (${one.district}, ${one.code}): ${one.reason}`, lang: foreign(one.reason),
        }))),
      ], { class: "more", id: "unmapped-box" })] : []),
      ...(data.notes.length ? [folded(text("notes"), () => [list(data.notes)], {
        class: "more", id: "notes-box",
      })] : []),
    );
  }

  /** @param {(place: Pocket | WideArea) => void} onPocket */
  function show(onPocket) {
    verdict(onPocket);
    own();
    box("missing", data.missing_data);
    trend();
    blocks();
    notes();
  }

  return { show, list, folded, pocketItem, wideItem };
})();
