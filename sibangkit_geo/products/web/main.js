"use strict";
// What is chosen on the page, and what follows from each choice.
(() => {
  const app = window.sibangkit;
  const {
    data, byId, text, element, values, legend, detail, ranking, results, hash, filter, area, areas,
    MapView, Comparison, say,
  } = app;
  const villages = data.villages;
  /** @type {State} */
  const state = {
    layer: data.layers[0], other: null, district: null, selected: null, unmapped: null,
    filter: null, all: false, names: true, home: true, tool: null,
  };
  let ready = false;
  let moving = false;
  /** @type {HousesSwitch | null} */
  let houses = null;

  /** @param {number | null} row */
  const pick = (row) => { if (!state.tool) select(row); };
  const view = new MapView("map", {
    layer: state.layer, state, first: true, onSelect: pick, onHover: hover,
  });
  const { map } = view;
  const comparison = new Comparison(view, state, {
    onSelect: pick, onHover: hover, onResize: resized,
  });
  app.map = map;

  // ---- several changes at once are drawn once
  let held = 0;
  const waiting = new Set();
  /** @param {() => void} task */
  function later(task) {
    if (held) waiting.add(task);
    return held > 0;
  }

  /** @param {() => void} act */
  function together(act) {
    held += 1;
    act();
    held -= 1;
    if (held) return;
    const tasks = [...waiting];
    waiting.clear();
    tasks.forEach((task) => task());
  }

  // ---- views
  function redraw() {
    if (later(redraw)) return;
    view.drawAround();
    comparison.redraw();
    remember();
  }

  /** @param {() => void} move */
  function still(move) {
    moving = true;
    move();
    moving = false;
  }

  function goHome() {
    still(() => view.home());
    state.home = true;
    redraw();
  }

  /** @param {LatLngBounds} bounds @param {{above?: number, pad?: number}} options */
  function goTo(bounds, { above = 3, pad = 0.15 } = {}) {
    if (!bounds.isValid()) return;
    state.home = false;
    still(() => map.fitBounds(bounds.pad(pad), { maxZoom: view.homeZoom + above, animate: false }));
    redraw();
  }

  function resized() {
    if (!view.hasSize()) return;
    const [node, size] = [map.getContainer(), map.getSize()];
    // drawn for this size already
    if (ready && size.x === node.clientWidth && size.y === node.clientHeight) return;
    still(() => map.invalidateSize({ animate: false, pan: false }));
    if (state.home) goHome();
    else redraw();
  }

  map.on("moveend", () => {
    if (moving) return;
    state.home = false;
    redraw();
  });

  // ---- what is chosen
  const shownLayers = () => [state.layer, state.other].filter(Boolean);

  function refreshPanels() {
    if (later(refreshPanels)) return;
    const close = () => {
      select(null);
      byId("map").focus({ preventScroll: true });
    };
    if (state.unmapped) detail.showUnmapped(state.unmapped, close);
    else detail.show(state.selected, shownLayers(), close);
    area.show(state, { onPocket: toPocket, onClose: () => chooseDistrict(null) });
    legend.mark(state.layer, state.selected);
    filter.show(state);
    // what a print of a part is of
    byId("part").textContent = [
      state.district === null || state.filter ? "" : text("in_district", { district: data.districts[state.district].name }),
      filter.result(state),
    ].filter(Boolean).join(" · ");
    document.body.classList.toggle("filtered", state.filter !== null);
    ranking.show(state, {
      onSelect: (row) => app.select(villages.code[row]), onHover: hover,
      onMore: () => { state.all = !state.all; refreshPanels(); },
    });
  }

  /** @param {number | null} row */
  function hover(row) {
    view.highlight(row);
    comparison.view?.highlight(row);
    ranking.highlight(row);
  }

  /** @param {string} key */
  function showLayer(key) {
    const layer = data.layers.find((one) => one.key === key);
    if (!layer) return false;
    state.layer = layer;
    byId("layer").value = key;
    byId("layer-name").textContent = layer.label;
    view.show(layer);
    fillOthers();
    if (state.other && !Comparison.choices(layer).some((one) => one.value === state.other.key)) {
      compare(null);
    } else if (state.other) comparison.show(state.other);
    else legend.show(layer);
    refreshPanels();
    if (ready) say(layer.label);
    remember();
    return true;
  }

  /** @param {string | null} key */
  const compare = (key) => together(() => {
    state.other = key ? values.layerByKey(key) : null;
    byId("other").value = state.other?.key ?? "";
    byId("other-name").textContent = state.other?.label ?? text("compare_none");
    if (state.other) {
      openCompare(true);
      comparison.show(state.other);
    } else comparison.close();
    resized();
    refreshPanels();
  });

  function fillOthers() {
    byId("other").replaceChildren(
      element("option", { value: "", text: text("compare_none") }),
      ...Comparison.choices(state.layer).map(
        ({ value, label }) => element("option", { value, text: label }),
      ),
    );
    byId("other").value = state.other?.key ?? "";
  }

  /** @param {number | null} row @param {{zoom?: boolean, unmapped?: UnmappedVillage | null}} options */
  const select = (row, { zoom = false, unmapped = null } = {}) => together(() => {
    state.selected = row;
    state.unmapped = unmapped;
    view.select(row);
    comparison.view?.select(row);
    if (row !== null && state.district !== null && villages.district[row] !== state.district) {
      chooseDistrict(null, { move: false });
    }
    refreshPanels();
    placeDetail(row !== null || unmapped !== null);
    houses?.villageChanged();
    if (row !== null) say(`${villages.name[row]}: ${values.valueText(state.layer, row)}`);
    else say(unmapped ? `${unmapped.name}: ${unmapped.reason}` : "");
    if (row !== null && zoom) goTo(app.mosaic.boundsOf([row]), { above: 2.2, pad: 0.6 });
    else redraw();
  });

  // a chosen village comes first in the column, the result first when there is none
  /** @param {boolean} chosen */
  function placeDetail(chosen) {
    const [node, column] = [byId("detail"), byId("results")];
    if (chosen) column.prepend(node);
    else byId("verdict").after(node);
    byId("to-detail").hidden = state.selected === null;
    byId("to-detail").textContent = state.selected === null ? ""
      : text("detail_open", { village: app.shorten(villages.name[state.selected], 30) });
    if (chosen && getComputedStyle(column).overflowY === "auto") column.scrollTop = 0;
  }

  function restyle() {
    if (later(restyle)) return;
    view.restyle();
    comparison.view?.restyle();
  }

  /** @param {Filter | null} wanted */
  function refilter(wanted) {
    state.filter = wanted;
    restyle();
    refreshPanels();
    remember();
  }

  /** @param {number | null} index @param {{move?: boolean}} options */
  function chooseDistrict(index, { move = true } = {}) {
    state.district = index;
    byId("district").value = index === null ? "" : String(index);
    restyle();
    refreshPanels();
    if (ready) say(index === null ? text("all_districts") : text("in_district", { district: data.districts[index].name }));
    const rows = villages.district.flatMap((one, row) => (one === index ? [row] : []));
    if (move && index === null) goHome();
    else if (move) goTo(app.mosaic.boundsOf(rows), { pad: 0.08 });
  }

  /** @param {Pocket | WideArea} pocket */
  function toPocket(pocket) {
    goTo(app.mosaic.boundsOf(pocket.villages), { above: 3, pad: 0.5 });
    showMap();
  }

  // on a small screen the map may lie above what was tapped
  function showMap() {
    const { top, bottom } = byId("map").getBoundingClientRect();
    if (bottom < 120 || top > window.innerHeight - 120) byId("map").scrollIntoView({ block: "start" });
  }

  const reset = () => together(() => {
    tools.close();
    state.all = false;
    byId("search").value = "";
    for (const id of ["show-districts", "show-pockets", "show-names"]) {
      if (!byId(id).checked) byId(id).click();
    }
    if (byId("show-houses").checked) byId("show-houses").click();
    if (state.other) compare(null);
    openCompare(false);
    areas.set([]);
    filter.fill(null);
    byId("filter-box").open = false;
    refilter(null);
    select(null);
    chooseDistrict(null);
    showLayer(data.layers[0].key);
    say(text("reset_done"));
  });

  // ---- the address
  const place = () => ({
    district: state.district === null ? null : data.districts[state.district].code,
    village: state.unmapped?.code ?? (state.selected === null ? null : villages.code[state.selected]),
    areas: areas.codes().join() || null, houses: byId("show-houses").checked, english: app.english,
    view: state.home ? null : { ...map.getCenter(), zoom: map.getZoom() },
  });

  const shown = () => ({
    ...place(), other: state.other?.key, filter: filter.written(state.filter),
    layer: state.layer === data.layers[0] ? null : state.layer.key,
  });

  function remember() {
    if (ready && !printing.active()) hash.write(shown);
  }

  /** @param {Wish} wanted */
  const restore = (wanted) => together(() => {
    showLayer(wanted.layer ?? "") || showLayer(data.layers[0].key);
    compare(Comparison.choices(state.layer).some((one) => one.value === wanted.other)
      ? wanted.other : null);
    areas.set((wanted.areas ?? "").split(",").filter(Boolean));
    const filtered = filter.read(wanted.filter);
    filter.fill(filtered);
    refilter(filtered);
    const district = data.districts.findIndex((one) => one.code === wanted.district);
    chooseDistrict(district < 0 ? null : district);
    const row = villages.code.indexOf(wanted.village);
    const unmapped = data.unmapped.find((one) => one.code === wanted.village) ?? null;
    select(row < 0 ? null : row, { unmapped, zoom: row >= 0 && !wanted.view });
    if (houses && byId("show-houses").checked !== wanted.houses) byId("show-houses").click();
    if (!wanted.view) return;
    state.home = false;
    still(() => map.setView(wanted.view, wanted.view.zoom, { animate: false }));
    redraw();
  });

  // ---- page
  // the menu of the comparison; closing it ends the comparison
  /** @param {boolean} shown */
  function openCompare(shown) {
    byId("other-box").hidden = !shown;
    byId("compare-open").setAttribute("aria-expanded", String(shown));
  }

  /** @param {string} id @param {(target: any) => void} act */
  const onChange = (id, act) => byId(id).addEventListener("change", ({ target }) => act(target));
  /** @param {string} id @param {(event: MouseEvent) => void} act */
  const onClick = (id, act) => byId(id).addEventListener("click", act);

  function listen() {
    onChange("layer", ({ value }) => showLayer(value));
    onChange("other", ({ value }) => compare(value));
    onChange("district", ({ value }) => chooseDistrict(value === "" ? null : Number(value)));
    onChange("pages", ({ value }) => {
      // only a page nearby: a menu entry never runs a script or leaves for another site
      if (!/^(?:\.\.\/)?[\w-]+(?:\/[\w-]+)*\.html$/.test(value)) return;
      window.location.href = `${value}#${hash.address(place())}`;
    });
    for (const kind of ["districts", "pockets", "network"]) {
      onChange(`show-${kind}`, ({ checked }) => {
        view.toggle(kind, checked);
        comparison.view?.toggle(kind, checked);
        redraw();
      });
    }
    onChange("show-houses", remember);
    onChange("show-names", ({ checked }) => { state.names = checked; redraw(); });
    onClick("compare-open", () => {
      const shown = byId("other-box").hidden;
      openCompare(shown);
      if (shown) byId("other").focus();
      else if (state.other) compare(null);
    });
    onClick("download", () => app.csv.download(state));
    onClick("download-all", () => app.csv.downloadAll(state));
    onClick("widen", () => {
      const wide = document.body.classList.toggle("wide-panel");
      byId("widen").setAttribute("aria-pressed", String(wide));
      byId("widen").textContent = text(wide ? "panel_narrow" : "panel_widen");
    });
    filter.setUp(state, refilter);
    areas.setUp(remember);
    onClick("picture", async () => {
      await app.poster.download(state, [view, comparison.view].filter(Boolean), houses);
      say(text("picture_done"));
    });
    onClick("print", () => window.print());
    onClick("reset", reset);
    onClick("to-detail", () => {
      byId("detail").scrollIntoView();
      byId("detail").querySelector("button").focus({ preventScroll: true });
    });
    onClick("help-open", app.dialogs.help);
    onClick("honesty-open", app.dialogs.honesty);
    // single keys work only while the map has the focus
    byId("map").addEventListener("keydown", (event) => {
      const act = { "/": () => byId("search").focus(), "?": app.dialogs.help, 0: goHome }[event.key];
      if (!act || event.target.id !== "map") return;
      event.preventDefault();
      act();
    });
    app.setUpSearch({
      village: (row) => select(row, { zoom: true }),
      unmapped: (one) => select(null, { unmapped: one }),
      district: (index) => chooseDistrict(index),
      pocket: toPocket,
    });
  }

  app.select = (code) => {
    const row = villages.code.indexOf(code);
    if (row < 0) return false;
    select(row, { zoom: true });
    showMap();
    return true;
  };
  Object.assign(app, { showLayer, reset, compare });

  const tools = app.setUpTools(view, { state, onHome: goHome, onSelect: (row) => select(row), onMove: redraw });
  app.setUpCursor(view, { state, onSelect: pick, onHover: hover, onMove: redraw });
  houses = app.setUpHouses?.(view, { state, onVillage: (row) => select(row), onOpen: () => tools.close() }) ?? null;
  const printing = app.setUpPrint({
    isHome: () => state.home, view, home: goHome, resized,
    fit: (bounds) => goTo(bounds, { above: 9, pad: 0 }),
  });
  app.fillPage(map.getContainer());
  results.show(toPocket);
  listen();
  together(() => {
    goHome();
    restore(hash.read());
  });
  hash.onChange((wanted) => (wanted.english === app.english ? restore(wanted) : app.language.again()));
  app.language.setUp((english) => hash.address({ ...shown(), english }));
  ready = true;
  // not of a map that has made room for the page in the other language
  const frame = byId("map");
  new ResizeObserver(() => { if (frame.isConnected && !printing.active()) resized(); }).observe(frame);
  app.slices.finish();
  document.documentElement.dataset.ready = "1";
})();
