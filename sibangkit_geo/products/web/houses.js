"use strict";
// Houses for internal use: switch, filter, list of the chosen village, and the card of one house.
/** @type {NonNullable<Sibangkit["setUpHouses"]>} */
window.sibangkit.setUpHouses = (view, { state, onVillage, onOpen }) => {
  const { data, byId, text, number, element, svg, say, values, HouseLayer } = window.sibangkit;
  const { L } = window;
  const { map } = view;
  const [FIRST, MORE] = [8, 100];
  const { needs, assisted } = data.houses;
  const panel = byId("houses");
  const frame = map.getContainer();
  const card = element("section", { class: "tool-box house-card", hidden: true });
  const badge = () => element("p", { class: "internal-badge", text: text("internal_only") });
  /** @type {[HouseTable | null, HouseLayer | null, number | null, number, HTMLElement | null]} */
  let [houses, layer, need, listed, opener] = [null, null, null, FIRST, null];

  /** @param {number} row */
  const shown = (row) => need === null || (houses.deprived[row] >>> need) & 1;
  const on = () => layer !== null && byId("show-houses").checked;

  // ---- card
  /** @param {number} row @param {number} bit */
  function needLine(row, bit) {
    const has = (houses.served[row] >>> bit) & 1;
    const status = has ? text("house_served") : text("house_unserved");
    return element("li", { class: has ? "served" : "unserved" }, [
      element("span", { text: needs[bit] }),
      ...(assisted[bit] ? [element("span", { class: "status", text: status })] : []),
    ]);
  }

  /** @param {number} row */
  function picture(row) {
    const address = houses.photo(row);
    // only a picture in the page, or one beside it with a number for a name
    if (!address || !/^(?:data:image\/webp;base64,|foto\/\d+\.webp$)/.test(address)) return [];
    return [element("img", { src: address, alt: text("house_photo", { n: houses.serialOf(row) }) })];
  }

  /** @param {number} row @param {HTMLElement | null} [from] */
  function open(row, from = null) {
    onOpen();
    opener = from;
    const village = houses.village[row];
    const lacking = houses.bits(houses.deprived[row]);
    card.replaceChildren(
      element("div", { class: "tool-head" }, [
        element("h2", { text: text("house", { n: houses.serialOf(row) }) }),
        element("button", {
          type: "button", class: "close", text: "×", "aria-label": text("house_close"), onclick: close,
        }),
      ]),
      element("p", { class: "place", text: [
        data.villages.name[village], text("in_district", { district: values.districtName(village) }),
      ].join(" · ") }),
      element("p", { class: "place", text: [
        houses.group(row), ...(data.houses.groups.length > 2 ? [text(houses.poor(row) ? "house_poor" : "house_not_poor")] : []),
      ].join(" · ") }),
      ...picture(row),
      lacking.length ? element("ul", { class: "house-needs" }, lacking.map((bit) => needLine(row, bit)))
        : element("p", { text: text("house_no_need") }),
      badge(),
    );
    card.setAttribute("aria-label", text("house", { n: houses.serialOf(row) }));
    card.hidden = false;
    layer.mark(row);
    say(text("house", { n: houses.serialOf(row) }));
    if (state.selected !== village) onVillage(village);
    if (from) card.querySelector("button").focus({ preventScroll: true });
  }

  function close() {
    if (card.hidden) return;
    card.hidden = true;
    layer?.mark(null);
    if (opener?.isConnected) opener.focus({ preventScroll: true });
    else if (card.contains(document.activeElement)) byId("map").focus({ preventScroll: true });
    opener = null;
  }

  /** @param {number} row @param {HTMLElement} from */
  function show(row, from) {
    map.setView(houses.place(row), Math.max(map.getZoom(), layer.singleFrom), { animate: false });
    // on a small map the card takes the lower half
    const { x, y } = map.getSize();
    if (x < 600) map.panBy([0, Math.round(y * 0.3)], { animate: false });
    open(row, from);
    frame.scrollIntoView({ block: "nearest" });
  }

  // ---- panel
  /** @param {HouseKind} kind */
  function symbol(kind) {
    const box = svg("svg", { width: 16, height: 16, "aria-hidden": "true" });
    box.append(svg("circle", {
      cx: 8, cy: 8, r: 5, fill: HouseLayer.COLORS[kind], stroke: kind === "none" ? "#3f4a59" : "#fff",
    }));
    return box;
  }

  /** @param {number} village */
  function villageRows(village) {
    const rows = [];
    for (let row = houses.first[village]; row < houses.first[village + 1]; row += 1) if (shown(row)) rows.push(row);
    /** @param {number} row */
    const weight = (row) => houses.bits(houses.unmet(row)).length;
    return rows.sort((a, b) => weight(b) - weight(a) || houses.serialOf(a).localeCompare(houses.serialOf(b)));
  }

  function listLines() {
    if (state.selected === null) return [element("p", { class: "fine", text: text("houses_hint") })];
    const rows = villageRows(state.selected);
    const heading = text("houses_in", { village: data.villages.name[state.selected], n: number(rows.length) });
    return [
      element("h3", { text: heading }),
      element("ul", { class: "house-list" }, rows.slice(0, listed).map((row) => element("li", {}, [
        element("button", {
          type: "button", class: "link", text: text("house", { n: houses.serialOf(row) }),
          onclick: ({ target }) => show(row, target),
        }),
        element("span", { class: "fine", text: [
          houses.group(row), text("house_needs", { n: houses.bits(houses.unmet(row)).length }),
        ].join(" · ") }),
      ]))),
      ...(rows.length > listed ? [element("button", {
        type: "button", class: "plain", text: text("houses_more", { n: number(rows.length - listed) }),
        onclick: () => { listed += MORE; fillList(); },
      })] : []),
    ];
  }

  const fillList = () => byId("house-list").replaceChildren(...listLines());

  function fillPanel() {
    const choice = element("select", {
      id: "house-need", onchange: ({ target }) => filter(target.value === "" ? null : Number(target.value)),
    }, [
      element("option", { value: "", text: text("houses_all") }),
      ...needs.map((label, bit) => element("option", { value: String(bit), text: label })),
    ]);
    panel.replaceChildren(
      element("h2", { text: text("houses") }), badge(),
      element("ul", { class: "house-legend" }, ["unmet", "met", "none"].map((kind) => element("li", {}, [
        // @ts-expect-error - the kinds are written as a list
        symbol(kind), element("span", { text: text(`houses_${kind}`) }),
      ]))),
      element("label", { for: "house-need", class: "fine", text: text("houses_need") }), choice,
      element("p", { class: "fine", id: "house-count", role: "status" }),
      element("div", { id: "house-list" }),
    );
  }

  /** @param {number | null} bit */
  function filter(bit) {
    close();
    need = bit;
    const rows = Array.from({ length: houses.count }, (_, row) => row).filter(shown);
    layer.show(rows);
    view.drawNames();
    byId("house-count").textContent = text("houses_count", { n: number(rows.length) });
    listed = FIRST;
    fillList();
  }

  // ---- switch
  /** @param {boolean} checked */
  async function toggle(checked) {
    panel.hidden = !checked;
    if (!checked) {
      close();
      layer?.hide();
      view.drawNames();
      return;
    }
    if (!houses) {
      try {
        houses = await window.sibangkit.unpackHouses();
      } catch {
        panel.replaceChildren(element("p", { text: text("houses_failed") }));
        return;
      }
      layer = new HouseLayer(map, houses);
      view.placer.circles = () => layer.circles();
      fillPanel();
    }
    if (byId("show-houses").checked) filter(need);
    map.getContainer().dataset.houses = String(houses.count);
  }

  // before the villages hear of it
  /** @param {MouseEvent} event */
  // @ts-expect-error - an element is under the pointer
  const under = (event) => (on() && !state.tool && !event.target.closest(".leaflet-control, .map-tools, .tool-box")
    ? layer.hits(map.mouseEventToContainerPoint(event)) : []);
  frame.addEventListener("click", (event) => {
    layer?.settle();
    const found = under(event);
    // @ts-expect-error - Leaflet does not document it
    if (!found.length || map.dragging.moved()) return;
    event.stopPropagation();
    const [first] = found;
    if (first.homes) {
      const wanted = Math.max(layer.opensAt(first.id), Math.round(map.getZoom()) + 1);
      const place = layer.index.getLeaves(first.id, 1)[0].row;
      const center = map.layerPointToLatLng(layer.origin().add([first.x, first.y]));
      map.setView(center ?? houses.place(place), Math.min(wanted, map.getMaxZoom()), { animate: false });
      return;
    }
    // houses at one spot come up in turn
    const rows = found.filter((one) => !one.homes).map((one) => one.row).sort((a, b) => a - b);
    open(rows[(rows.indexOf(layer.marked) + 1) % rows.length]);
  }, true);
  frame.addEventListener("mousemove", (event) => {
    frame.classList.toggle("over-house", under(event).length > 0);
  });
  card.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  L.DomEvent.disableClickPropagation(card);
  L.DomEvent.disableScrollPropagation(card);
  frame.append(card);
  byId("show-houses-box").hidden = false;
  byId("internal").hidden = false;
  // @ts-expect-error - a box to tick
  byId("show-houses").addEventListener("change", ({ target }) => toggle(target.checked));
  return {
    villageChanged: () => { if (on()) { listed = FIRST; fillList(); } }, close,
    image: (sharp) => (on() ? layer.image(sharp) : null),
  };
};
