"use strict";
// Tools on the map: whole regency, measure distance and area, find a coordinate.
/** @type {NonNullable<Sibangkit["setUpTools"]>} */
window.sibangkit.setUpTools = (view, { state, onHome, onSelect, onMove }) => {
  const { data, byId, text, number, element, svg, geometry, mosaic, say, values } = window.sibangkit;
  const { L } = window;
  const { map } = view;
  const FRAME = "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4";
  const RULER = "M1.5 11L11 1.5L14.5 5L5 14.5ZM4 8.5l1.8 1.8M6.5 6l1.2 1.2M9 3.5l1.8 1.8";
  const TARGET = "M8 1v4M8 11v4M1 8h4M11 8h4M8 4.2a3.8 3.8 0 1 0 0 7.6a3.8 3.8 0 1 0 0-7.6";
  const box = element("section", { class: "tool-box", hidden: true });
  const marks = L.layerGroup().addTo(map);
  /** @type {Record<string, HTMLButtonElement>} */
  const buttons = {};
  /** @type {LatLng[]} */
  let points = [];

  /** @param {string} name @param {string} path @param {Handler} onclick */
  function button(name, path, onclick) {
    const made = element("button", {
      type: "button", title: text(name), "aria-label": text(name), id: `tool-${name}`, onclick,
    });
    const icon = svg("svg", { width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" });
    icon.append(svg("path", { d: path, fill: "none", stroke: "currentColor", "stroke-width": 1.6 }));
    made.append(icon);
    buttons[name] = made;
    return made;
  }

  /** @param {string} name @param {string} title @param {Node[]} content */
  function open(name, title, content) {
    close();
    state.tool = name;
    buttons[name].setAttribute("aria-pressed", "true");
    box.setAttribute("aria-label", title);
    box.replaceChildren(element("div", { class: "tool-head" }, [
      element("h2", { text: title }),
      element("button", {
        type: "button", class: "close", text: "×", "aria-label": text("tool_close"), onclick: leave,
      }),
    ]), ...content);
    box.hidden = false;
    map.getContainer().classList.toggle("measuring", name === "measure");
  }

  function close() {
    buttons[state.tool]?.setAttribute("aria-pressed", "false");
    state.tool = null;
    points = [];
    marks.clearLayers();
    box.hidden = true;
    map.getContainer().classList.remove("measuring");
    map.doubleClickZoom.enable();
  }

  function leave() {
    const used = buttons[state.tool];
    close();
    used?.focus();
    onMove();
  }

  // ---- measuring
  /** @param {string | null} [dashArray] */
  const line = (dashArray = null) => ({
    ...view.drawing("selection"), color: "#7a1fa2", weight: 3, dashArray, fill: false,
  });

  function drawMeasure() {
    marks.clearLayers();
    if (points.length > 1) marks.addLayer(L.polyline(points, line()));
    if (points.length > 2) marks.addLayer(L.polyline([points[points.length - 1], points[0]], line("3 6")));
    for (const point of points) {
      marks.addLayer(L.circleMarker(point, {
        ...line(), weight: 2, radius: 5, fill: true, fillColor: "#fff", fillOpacity: 1,
      }));
    }
    const length = geometry.lengthKm(points);
    const told = [text("measure_distance", { n: number(length, length < 10 ? 2 : 1) })];
    if (points.length > 2) {
      const area = geometry.areaHa(points);
      told.push(text("measure_area", { n: number(area, area < 10 ? 2 : 0) }));
    }
    const result = points.length < 2 ? text("measure_hint") : told.join(" · ");
    byId("measure-result").textContent = result;
    byId("measure-back").disabled = !points.length;
  }

  /** @param {LatLng} place */
  function addPoint(place) {
    const last = points[points.length - 1];
    if (last && map.latLngToContainerPoint(last).distanceTo(map.latLngToContainerPoint(place)) < 3) return;
    points.push(place);
    drawMeasure();
  }

  function removePoint() {
    points.pop();
    drawMeasure();
  }

  function measure() {
    if (state.tool === "measure") { leave(); return; }
    open("measure", text("measure"), [
      element("p", { id: "measure-result", role: "status" }),
      element("div", { class: "tool-buttons" }, [
        element("button", { type: "button", text: text("measure_center"), onclick: () => addPoint(map.getCenter()) }),
        element("button", { type: "button", id: "measure-back", text: text("measure_back"), onclick: removePoint }),
      ]),
    ]);
    map.doubleClickZoom.disable();
    drawMeasure();
    onMove();
  }

  map.on("click", (event) => { if (state.tool === "measure") addPoint(event.latlng); });

  // ---- a coordinate
  /** @param {string} words @param {boolean} [bad] */
  function answer(words, bad = false) {
    const node = byId("locate-answer");
    node.textContent = words;
    node.classList.toggle("bad", bad);
    byId("locate-input").setAttribute("aria-invalid", String(bad));
  }

  function find() {
    const place = window.sibangkit.readCoordinate(byId("locate-input").value);
    marks.clearLayers();
    if (!place) { answer(text("locate_bad"), true); return; }
    if (!mosaic.bounds.pad(0.6).contains(place)) {
      answer(text("locate_outside", { regency: data.regency }), true);
      return;
    }
    const row = mosaic.villageAt(place);
    map.setView(place, Math.max(map.getZoom(), view.homeZoom + 2), { animate: false });
    for (const [color, weight] of [["#fff", 6], ["#7a1fa2", 3]]) {
      marks.addLayer(L.circleMarker(place, { ...line(), color, weight, radius: 9 }));
    }
    answer(row === null ? text("locate_none") : text("locate_found", {
      village: data.villages.name[row], district: values.districtName(row),
    }));
    if (row !== null) onSelect(row);
  }

  function locate() {
    if (state.tool === "locate") { leave(); return; }
    open("locate", text("locate"), [
      element("form", {
        class: "locate", onsubmit: (event) => { event.preventDefault(); find(); },
      }, [
        element("label", { for: "locate-input", text: text("locate_label") }),
        element("input", {
          id: "locate-input", type: "text", autocomplete: "off", spellcheck: "false",
          "aria-describedby": "locate-answer",
        }),
        element("button", { type: "submit", text: text("locate_find") }),
      ]),
      element("p", { id: "locate-answer", role: "status", text: text("locate_hint") }),
    ]);
    byId("locate-input").focus();
    onMove();
  }

  box.addEventListener("keydown", (event) => { if (event.key === "Escape") leave(); });
  map.getContainer().addEventListener("keydown", (event) => {
    if (state.tool === "measure" && event.key === "Escape") leave();
    else if (state.tool === "measure" && event.key === "Backspace") removePoint();
    else if (state.tool === "measure" && event.key === "Enter" && event.target.id === "map") {
      addPoint(map.getCenter());
    }
  });

  const zoom = L.control.zoom({
    position: "topright", zoomInTitle: text("zoom_in"), zoomOutTitle: text("zoom_out"),
  }).addTo(map).getContainer();
  const bar = element("div", { class: "map-tools", role: "group", "aria-label": text("tools") }, [
    button("reset", FRAME, onHome), button("measure", RULER, measure), button("locate", TARGET, locate),
  ]);
  zoom.after(bar);
  for (const node of [bar, box]) {
    L.DomEvent.disableClickPropagation(node);
    L.DomEvent.disableScrollPropagation(node);
  }
  map.getContainer().append(box);
  return { close, say };
};
