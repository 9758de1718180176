"use strict";
// The map and what ties it to the panels.
(() => {
  const app = window.sibangkit;
  const { data, byId, text, number, element, svg, panel } = app;
  const { L, topojson } = window;
  const villages = data.villages;
  const NAVY = "#12305a";
  const DETAIL_ZOOM = 0.75; // levels above fit from which villages are named

  const state = {
    layer: data.layers[0], district: null, selected: null, all: false, home: true,
    names: true, homeZoom: 0,
  };

  // ---- geometry from one topology
  const topology = data.topology;
  const object = topology.objects.villages;
  const shapes = topojson.feature(topology, object);
  const around = topojson.feature(topology, topology.objects.context);
  const polygonsOf = (geometry) => (geometry === null ? []
    : geometry.type === "Polygon" ? [geometry.coordinates]
      : geometry.type === "MultiPolygon" ? geometry.coordinates : []);
  const districtAt = (geometry) => villages.district[geometry.id];
  const subset = (rows) => ({
    type: "GeometryCollection", geometries: rows.map((row) => object.geometries[row]),
  });
  const outlineOf = (rows) => topojson.mesh(topology, subset(rows), (a, b) => a === b);

  // ---- the map itself
  const map = L.map("map", {
    attributionControl: false, zoomControl: false, zoomSnap: 0, zoomDelta: 0.8,
    wheelPxPerZoomLevel: 110, zoomAnimation: false, fadeAnimation: false,
    markerZoomAnimation: false, inertia: false,
  });
  app.map = map;
  const bounds = L.geoJSON(shapes).getBounds();
  map.fitBounds(bounds, { animate: false });
  const PANES = ["context", "graticule", "villages", "districts", "pockets", "selection", "names"];
  PANES.forEach((name, i) => {
    if (name !== "names") map.createPane(name);
    if (name !== "names") map.getPane(name).style.zIndex = String(310 + 10 * i);
    if (name !== "names" && name !== "villages") map.getPane(name).style.pointerEvents = "none";
  });
  const renderers = Object.fromEntries(PANES.slice(0, -1).map((name) => [
    name, L.svg({ pane: name, padding: 0.4 }),
  ]));
  const drawing = (pane, style) => ({
    pane, renderer: renderers[pane], interactive: false, style,
  });

  L.geoJSON(around, drawing("context", {
    color: "#cbc7bc", weight: 1, fillColor: "#efede7", fillOpacity: 1,
  })).addTo(map);
  const villageLayer = L.geoJSON(shapes, {
    pane: "villages", renderer: renderers.villages, style: styleOf,
    onEachFeature: (feature, layer) => {
      layer.on("click", () => select(feature.id));
      layer.on("mouseover", () => layer.setStyle({ color: NAVY, weight: 2 }).bringToFront());
      layer.on("mouseout", () => layer.setStyle(styleOf(feature)));
    },
  }).addTo(map);
  renderers.villages._container.prepend(app.patterns());
  villageLayer.bindTooltip(tooltip, { sticky: true, direction: "top", offset: [0, -8], opacity: 1 });
  const layerOf = [];
  villageLayer.eachLayer((layer) => { layerOf[layer.feature.id] = layer; });
  layerOf.forEach((layer, row) => layer.getElement()?.setAttribute("data-code", villages.code[row]));

  const districtLayer = L.geoJSON(
    topojson.mesh(topology, object, (a, b) => a !== b && districtAt(a) !== districtAt(b)),
    drawing("districts", { color: "#3f4a59", weight: 1.1, opacity: 0.9 }),
  ).addTo(map);
  L.geoJSON(topojson.mesh(topology, object, (a, b) => a === b), drawing("districts", {
    color: "#2b3543", weight: 1.5,
  })).addTo(map);

  const pocketLayer = L.layerGroup(data.pockets.flatMap((pocket) => {
    const outline = outlineOf(pocket.villages);
    const line = pocket.evidence === "strict"
      ? { color: NAVY, weight: 2.8 } : { color: NAVY, weight: 2.4, dashArray: "7 5" };
    return [
      L.geoJSON(outline, drawing("pockets", { color: "#ffffff", weight: 5.6, opacity: 0.95 })),
      L.geoJSON(outline, drawing("pockets", { ...line, opacity: 1, lineCap: "butt" })),
    ];
  })).addTo(map);
  const selectionLayer = L.layerGroup().addTo(map);
  const graticuleLayer = L.layerGroup().addTo(map);

  function styleOf(feature) {
    const faded = state.district !== null && villages.district[feature.id] !== state.district;
    return {
      fillColor: panel.fillOf(state.layer, feature.id), fillOpacity: faded ? 0.22 : 1,
      color: "#ffffff", weight: 0.7, opacity: 0.9, lineJoin: "round",
    };
  }

  function tooltip(layer) {
    const row = layer.feature.id;
    const count = panel.countText(state.layer, row);
    return element("div", { class: "tip" }, [
      element("strong", { text: villages.name[row] }),
      element("span", { text: text("in_district", { district: panel.districtName(row) }) }),
      element("span", { class: "value", text: panel.valueText(state.layer, row) }),
      ...(count ? [element("span", { text: count })] : []),
    ]);
  }

  // ---- controls on the map
  const zoomControl = L.control.zoom({
    position: "topright", zoomInTitle: text("zoom_in"), zoomOutTitle: text("zoom_out"),
  }).addTo(map);
  const resetLink = element("a", {
    href: "#", role: "button", class: "reset", title: text("reset"), "aria-label": text("reset"),
    onclick: (event) => { event.preventDefault(); reset(); },
  });
  const frameIcon = svg("svg", { width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" });
  frameIcon.append(svg("path", {
    d: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4", fill: "none", stroke: "currentColor",
    "stroke-width": 1.8,
  }));
  resetLink.append(frameIcon);
  zoomControl.getContainer().append(resetLink);
  L.DomEvent.disableClickPropagation(zoomControl.getContainer());
  L.control.scale({ imperial: false, maxWidth: 130, position: "bottomright" }).addTo(map);
  const north = svg("svg", { class: "north", width: 26, height: 40, "aria-hidden": "true" });
  north.append(
    svg("path", { d: "M13 2 L20 24 L13 19 Z", fill: NAVY }),
    svg("path", { d: "M13 2 L6 24 L13 19 Z", fill: "#ffffff", stroke: NAVY, "stroke-width": 1 }),
    svg("text", { x: 13, y: 37 }, text("north")),
  );
  map.getContainer().append(north);

  // ---- graticule with degrees at the frame
  const STEPS = [120, 60, 30, 15, 10, 5, 2, 1];
  const degrees = (minutes, letters) => {
    const size = Math.abs(minutes);
    const rest = String(size % 60).padStart(2, "0");
    return `${Math.floor(size / 60)}°${rest}' ${letters[minutes < 0 ? 1 : 0]}`;
  };

  function graticule() {
    const view = map.getBounds();
    const span = Math.min(view.getEast() - view.getWest(), view.getNorth() - view.getSouth()) * 60;
    const step = STEPS.find((one) => span / one >= 2.2) ?? 1;
    const within = (low, high) => {
      const marks = [];
      for (let m = Math.ceil((low * 60) / step) * step; m <= high * 60; m += step) marks.push(m);
      return marks;
    };
    const wide = view.pad(1);
    const line = (a, b) => L.polyline([a, b], {
      ...drawing("graticule"), color: "#7f9bb0", weight: 0.8, opacity: 0.55, dashArray: "2 4",
    });
    const columns = within(view.getWest(), view.getEast());
    const rows = within(view.getSouth(), view.getNorth());
    graticuleLayer.clearLayers();
    within(wide.getWest(), wide.getEast()).forEach((m) => graticuleLayer.addLayer(
      line([wide.getSouth(), m / 60], [wide.getNorth(), m / 60]),
    ));
    within(wide.getSouth(), wide.getNorth()).forEach((m) => graticuleLayer.addLayer(
      line([m / 60, wide.getWest()], [m / 60, wide.getEast()]),
    ));
    const east = [text("east_longitude"), text("west_longitude")];
    const north_ = [text("north_latitude"), text("south_latitude")];
    const size = map.getSize();
    frameTicks("ticks-east", columns.map((m) => [
      map.latLngToContainerPoint([view.getCenter().lat, m / 60]).x, degrees(m, east),
    ]), "left", size.x);
    frameTicks("ticks-south", rows.map((m) => [
      map.latLngToContainerPoint([m / 60, view.getCenter().lng]).y, degrees(m, north_),
    ]), "top", size.y);
  }

  function frameTicks(id, marks, side, length) {
    byId(id).replaceChildren(...marks
      .filter(([at]) => at > 34 && at < length - 34)
      .map(([at, label]) => {
        const node = element("span", { text: label });
        node.style[side] = `${at}px`;
        return node;
      }));
  }

  // ---- names
  const placer = new app.labels.Placer(map, {
    villages: shapes.features.map((feature) => polygonsOf(feature.geometry)),
    neighbors: around.features.map((feature) => polygonsOf(feature.geometry)),
    neighborNames: around.features.map((feature) => feature.properties?.name ?? ""),
    villageNames: villages.name, districtOf: villages.district, districts: data.districts,
  });
  map.getPane("names").style.zIndex = "450";
  map.getPane("names").style.pointerEvents = "none";

  function drawNames() {
    placer.draw({
      names: state.names, fitted: map.getZoom() < state.homeZoom + DETAIL_ZOOM,
      selected: state.selected, pockets: map.hasLayer(pocketLayer) ? data.pockets : [],
      district: state.district,
    });
  }

  function redraw() {
    graticule();
    drawNames();
  }

  // ---- views
  let moving = false;
  function goHome() {
    moving = true;
    map.setMinZoom(0);
    map.fitBounds(bounds, { padding: [12, 12], animate: false });
    state.homeZoom = map.getZoom();
    map.setMinZoom(state.homeZoom - 0.6);
    map.setMaxZoom(state.homeZoom + 7);
    map.setMaxBounds(bounds.pad(0.8));
    moving = false;
    state.home = true;
    redraw();
  }

  function goTo(area, { above = 3, pad = 0.15 } = {}) {
    state.home = false;
    moving = true;
    map.fitBounds(area.pad(pad), { maxZoom: state.homeZoom + above, animate: false });
    moving = false;
    redraw();
  }

  const boundsOf = (rows) => rows.reduce(
    (area, row) => area.extend(layerOf[row].getBounds()), L.latLngBounds([]),
  );

  map.on("moveend", () => {
    if (moving) return;
    state.home = false;
    redraw();
  });

  function resized() {
    const size = byId("map").getBoundingClientRect();
    if (size.width < 10 || size.height < 10) return;
    moving = true;
    map.invalidateSize({ animate: false, pan: false });
    moving = false;
    if (state.home) goHome();
    else redraw();
  }

  // ---- state changes
  function restyle() {
    layerOf.forEach((layer) => layer.setStyle(styleOf(layer.feature)));
  }

  function refreshPanels() {
    const focused = document.activeElement?.closest("#ranking tr")?.dataset.code;
    panel.detail(state.selected, state.layer, () => select(null));
    panel.ranking(state, (row) => select(row, { zoom: true }), () => {
      state.all = !state.all;
      refreshPanels();
    });
    if (focused) {
      [...byId("ranking").rows].find((row) => row.dataset.code === focused)
        ?.querySelector("button").focus({ preventScroll: true });
    }
  }

  function showLayer(key) {
    const layer = data.layers.find((one) => one.key === key);
    if (!layer) return false;
    state.layer = layer;
    byId("layer").value = key;
    panel.legend(layer);
    restyle();
    refreshPanels();
    return true;
  }

  function select(row, { zoom = false } = {}) {
    state.selected = row;
    selectionLayer.clearLayers();
    if (row !== null) {
      const outline = outlineOf([row]);
      selectionLayer.addLayer(L.geoJSON(outline, drawing("selection", { color: "#fff", weight: 6 })));
      selectionLayer.addLayer(L.geoJSON(outline, drawing("selection", { color: "#0b6bcb", weight: 3 })));
      if (state.district !== null && villages.district[row] !== state.district) chooseDistrict(null);
    }
    refreshPanels();
    byId("status").textContent = row === null ? ""
      : `${villages.name[row]}: ${panel.valueText(state.layer, row)}`;
    if (row !== null && zoom) goTo(boundsOf([row]), { above: 2.2, pad: 0.6 });
    else drawNames();
    if (row !== null) showDetail();
  }

  function showDetail() {
    const results = byId("results");
    if (results.scrollHeight <= results.clientHeight + 4) return;
    const top = byId("detail").offsetTop - results.offsetTop;
    if (getComputedStyle(results).overflowY === "auto") {
      results.scrollTop = top + 160 > results.clientHeight ? top - 12 : 0;
    }
  }

  function chooseDistrict(index) {
    state.district = index;
    byId("district").value = index === null ? "" : String(index);
    restyle();
    refreshPanels();
    if (index === null) goHome();
    else goTo(boundsOf(villages.district.flatMap((d, row) => (d === index ? [row] : []))), { pad: 0.08 });
  }

  function reset() {
    state.selected = null;
    state.all = false;
    selectionLayer.clearLayers();
    byId("search").value = "";
    chooseDistrict(null);
    return true;
  }

  // ---- search with a listbox
  function setUpSearch() {
    const [input, list] = [byId("search"), byId("matches")];
    input.placeholder = text("search_hint");
    const plain = (words) => words.toLocaleLowerCase("id").normalize("NFKD").replace(/\s+/g, " ").trim();
    const keys = villages.name.map((name, row) => plain(`${name} ${villages.code[row]}`));
    let [found, active] = [[], -1];
    const close = () => {
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const choose = (row) => {
      input.value = villages.name[row];
      close();
      select(row, { zoom: true });
    };
    const mark = (index) => {
      active = index;
      [...list.children].forEach((item, i) => {
        item.setAttribute("aria-selected", String(i === active));
        if (i === active) item.scrollIntoView({ block: "nearest" });
      });
      if (active >= 0) input.setAttribute("aria-activedescendant", `match-${active}`);
    };
    const open = () => {
      const query = plain(input.value);
      if (!query) { close(); return; }
      const hits = keys.flatMap((key, row) => (key.includes(query) ? [row] : []));
      hits.sort((a, b) => keys[b].startsWith(query) - keys[a].startsWith(query)
        || villages.name[a].localeCompare(villages.name[b], "id"));
      found = hits.slice(0, 12);
      byId("search-status").textContent = hits.length
        ? text("search_count", { n: number(hits.length) }) : text("search_none");
      list.replaceChildren(...(found.length ? found.map((row, i) => element("li", {
        role: "option", id: `match-${i}`, "aria-selected": "false", "data-code": villages.code[row],
        onmousedown: (event) => { event.preventDefault(); choose(row); },
      }, [
        element("span", { text: villages.name[row] }),
        element("span", { class: "sub", text: panel.districtName(row) }),
      ])) : [element("li", { class: "none", text: text("search_none") })]));
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      mark(found.length ? 0 : -1);
    };
    input.addEventListener("input", open);
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
      else if (event.key === "Enter" && active >= 0) choose(found[active]);
      else if (event.key === "ArrowDown" && list.hidden) open();
      else if (event.key === "ArrowDown") mark(Math.min(active + 1, found.length - 1));
      else if (event.key === "ArrowUp") mark(Math.max(active - 1, 0));
      else return;
      event.preventDefault();
    });
  }

  // ---- table download: what is shown
  function download() {
    const { csvCell } = app;
    const layer = state.layer;
    const pocketOf = new Map(data.pockets.flatMap((p) => p.villages.map((row) => [row, p.number])));
    const head = [
      text("csv_code"), text("csv_village"), text("csv_district"), layer.label,
      ...(layer.counts ? [layer.count_label ?? ""] : []),
      text("csv_class"), text("csv_pocket"), text("csv_verdict"),
    ];
    const rows = villages.code.map((_, row) => row)
      .filter((row) => state.district === null || villages.district[row] === state.district)
      .map((row) => {
        const hidden = panel.isMasked(layer, row);
        const index = layer.class[row];
        const label = hidden ? text("masked")
          : index === null || index === undefined ? text("no_data") : layer.classes[index].label;
        return [
          csvCell(villages.code[row]), csvCell(villages.name[row]), csvCell(panel.districtName(row)),
          csvCell(hidden ? null : layer.values[row], layer.decimals ?? 1),
          ...(layer.counts ? [csvCell(hidden ? null : layer.counts[row])] : []),
          csvCell(label), csvCell(pocketOf.get(row) ?? null), csvCell(villages.verdict[row]),
        ];
      });
    const foot = [data.estimate_line, data.boundary_line, ...data.sources].filter(Boolean);
    app.saveCsv(`${text("csv_file")}-${data.agency.key}-${layer.key}.csv`, [
      head.map((cell) => csvCell(cell)), ...rows, [],
      ...foot.map((line) => [csvCell(text("csv_estimate")), csvCell(line)]),
    ]);
  }

  // ---- printing: the page takes paper size before the browser takes the picture
  let before = null;
  function beforePrint() {
    if (before) return;
    before = { home: state.home, view: map.getBounds() };
    document.body.classList.add("printing");
    shrinkToSheet();
    resized();
    if (!before.home) goTo(before.view, { above: 9, pad: 0 });
  }

  // long results take their room from the map, so that all stays on one sheet
  function shrinkToSheet() {
    const [millimetre, sheet, least] = [96 / 25.4, 258, 96];
    const frame = document.querySelector(".frame");
    const excess = document.body.scrollHeight / millimetre - sheet;
    if (excess > 0) {
      const height = frame.offsetHeight / millimetre - excess;
      frame.style.height = `${Math.max(least, height)}mm`;
    }
  }

  function afterPrint() {
    if (!before) return;
    const { home, view } = before;
    before = null;
    document.body.classList.remove("printing");
    document.querySelector(".frame").style.height = "";
    state.home = home;
    resized();
    if (!home) goTo(view, { above: 9, pad: 0 });
  }

  // ---- page
  function fillPage() {
    app.fillStaticTexts();
    byId("title").textContent = data.title;
    byId("agency").textContent = data.agency.name;
    byId("focus").textContent = data.agency.focus ?? "";
    byId("year").textContent = text("year", { year: data.year });
    byId("estimate").textContent = data.estimate_line;
    byId("boundary").textContent = data.boundary_line ?? "";
    byId("boundary").hidden = !data.boundary_line;
    byId("sources").textContent = [
      text("source", { source: data.sources.join("; ") }),
      text("created", { date: data.created }), data.software,
    ].filter(Boolean).join(" · ");
    const option = (value, label) => element("option", { value, text: label });
    byId("layer").replaceChildren(...data.layers.map((layer) => option(layer.key, layer.label)));
    const byName = data.districts.map((_, i) => i)
      .sort((a, b) => data.districts[a].name.localeCompare(data.districts[b].name, "id", { numeric: true }));
    byId("district").replaceChildren(
      option("", text("all_districts")), ...byName.map((i) => option(String(i), data.districts[i].name)),
    );
    byId("pages-box").hidden = data.pages.length < 2;
    byId("pages").replaceChildren(...data.pages.map((page) => element("option", {
      value: page.href, text: page.name, selected: page.current,
    })));
    byId("pages").title = text("pages_title");
    document.body.classList.toggle("many-pockets", data.pockets.length > 4);
    byId("show-pockets-box").hidden = data.pockets.length === 0;
    panel.verdict((pocket) => goTo(boundsOf(pocket.villages), { above: 3, pad: 0.5 }));
    panel.box("needs", data.needs);
    panel.box("missing", data.missing_data);
    panel.box("trend", data.trend);
    panel.notes();
  }

  function listen() {
    byId("layer").addEventListener("change", (event) => showLayer(event.target.value));
    byId("district").addEventListener("change", (event) => chooseDistrict(
      event.target.value === "" ? null : Number(event.target.value),
    ));
    byId("pages").addEventListener("change", (event) => {
      // only a page nearby: a menu entry never runs a script or leaves for another site
      if (/^(?:\.\.\/)?[\w-]+(?:\/[\w-]+)*\.html$/.test(event.target.value)) window.location.href = event.target.value;
    });
    const toggle = (id, layer) => byId(id).addEventListener("change", (event) => {
      if (event.target.checked) layer.addTo(map);
      else layer.remove();
      drawNames();
    });
    toggle("show-districts", districtLayer);
    toggle("show-pockets", pocketLayer);
    byId("show-names").addEventListener("change", (event) => {
      state.names = event.target.checked;
      drawNames();
    });
    byId("download").addEventListener("click", download);
    byId("print").addEventListener("click", () => window.print());
    window.addEventListener("beforeprint", beforePrint);
    window.addEventListener("afterprint", afterPrint);
    new ResizeObserver(() => { if (!before) resized(); }).observe(byId("map"));
    setUpSearch();
  }

  app.select = (code) => {
    const row = villages.code.indexOf(code);
    if (row < 0) return false;
    select(row, { zoom: true });
    return true;
  };
  app.showLayer = showLayer;
  app.reset = reset;

  fillPage();
  listen();
  goHome();
  showLayer(state.layer.key);
  document.documentElement.dataset.ready = "1";
})();
