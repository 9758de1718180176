"use strict";
// One map of the villages: fills, lines, pockets, names. The page has one, the comparison two.
window.sibangkit.MapView = (() => {
  const {
    data, byId, text, element, svg, geometry, mosaic, ground, slices, values, filter, labels, patterns,
    Painting,
  } = window.sibangkit;
  const { L } = window;
  const villages = data.villages;
  const [NAVY, WIDE] = ["#12305a", "#6b4a1e"];
  const DETAIL_ZOOM = 0.75; // levels above fit from which villages are named
  const NAME_SIGNS = 36; // longer names are shortened on the map; the panel shows them whole
  const PANES = ["context", "villages", "ground", "districts", "network", "pockets", "hover", "selection"];
  /** @type {MapOptions} */
  const OPTIONS = {
    attributionControl: false, zoomControl: false, zoomSnap: 0, zoomDelta: 0.8,
    wheelPxPerZoomLevel: 110, zoomAnimation: false, fadeAnimation: false,
    markerZoomAnimation: false, inertia: false,
  };

  /** @param {string[]} list */
  const names = (list) => list.map((name) => window.sibangkit.shorten(name, NAME_SIGNS));

  class MapView {
    // state is read, never written; onSelect and onHover get a village row or null
    /** @param {string} id @param {MapViewOptions} options */
    constructor(id, { layer, state, first, onSelect, onHover }) {
      Object.assign(this, { layer, state, onSelect, onHover, homeZoom: 0 });
      /** @type {Partial<Record<LineKind, boolean>>} */
      this.lines = { districts: true, pockets: true };
      // the first map has keys of its own
      this.map = L.map(id, { ...OPTIONS, keyboard: !first });
      this.map.fitBounds(mosaic.bounds, { animate: false });
      this.setUpPanes();
      ground.addLand(this);
      // @ts-expect-error - not yet seen with its fields
      if (Painting) this.paint();
      else {
        // @ts-expect-error - not yet seen with its fields
        this.addShapes(first);
        this.addLines();
      }
      ground.addLines(this);
      if (first) {
        const drawn = svg("svg", { width: 0, height: 0, "aria-hidden": "true" });
        drawn.append(patterns());
        this.map.getPane("context").append(drawn);
      }
      this.selection = L.layerGroup().addTo(this.map);
      this.hover = L.layerGroup().addTo(this.map);
      this.graticule = L.layerGroup().addTo(this.map);
      this.setUpNames();
      this.keepTooltipsInside();
      L.control.scale({ imperial: false, maxWidth: 130, position: "bottomright" }).addTo(this.map);
    }

    setUpPanes() {
      /** @type {Record<string, any>} */
      this.renderers = {};
      PANES.forEach((name, i) => {
        const pane = this.map.createPane(name);
        pane.style.zIndex = String(310 + 10 * i);
        if (name !== "villages") pane.style.pointerEvents = "none";
        this.renderers[name] = L.svg({ pane: name, padding: 0.2 });
      });
    }

    /** @param {Pane} pane @param {PathOptions} style @returns {any} */
    drawing(pane, style) {
      return { pane, renderer: this.renderers[pane], interactive: false, style };
    }

    // ---- many villages on a canvas, which knows none of them by itself
    /** @this {MapViewInside} */
    paint() {
      const pane = this.map.getPane("villages");
      const tip = L.tooltip({ direction: "top", offset: [0, -8], opacity: 1 });
      /** @type {number | null} */
      let hovered = null;
      this.painting = new Painting(this, pane);
      /** @param {number | null} row @param {LatLng} [place] */
      const hover = (row, place) => {
        if (row !== hovered) {
          hovered = row;
          pane.classList.toggle("leaflet-interactive", row !== null);
          this.onHover(row);
          if (row === null) tip.remove();
          else tip.setContent(this.tooltip(row));
        }
        if (row !== null) tip.setLatLng(place).addTo(this.map);
      };
      /** @param {{originalEvent: MouseEvent}} options */
      // @ts-expect-error - what is under the pointer is a node
      const over = ({ originalEvent }) => pane.contains(originalEvent?.target ?? null);
      this.map.on("mousemove", (event) => {
        // @ts-expect-error - Leaflet does not document it
        if (!this.map.dragging.moving()) hover(over(event) ? mosaic.villageAt(event.latlng) : null, event.latlng);
      });
      this.map.on("mouseout", () => hover(null));
      this.map.on("click", (event) => {
        const row = over(event) ? mosaic.villageAt(event.latlng) : null;
        if (row !== null) this.onSelect(row);
      });
    }

    // ---- few villages as shapes of their own
    /** @this {MapViewInside} @param {boolean | undefined} first */
    addShapes(first) {
      // under faded villages lies land, not sea
      L.geoJSON(geometry.land(), this.drawing("context", {
        stroke: false, fillColor: "#efede7", fillOpacity: 1,
      })).addTo(this.map);
      /** @type {any[]} */
      this.layerOf = [];
      const group = L.geoJSON(geometry.shapes(), {
        // @ts-expect-error - handed on to the paths
        pane: "villages", renderer: this.renderers.villages,
        // @ts-expect-error - ids are row numbers
        style: (feature) => this.styleOf(feature.id),
        onEachFeature: (feature, layer) => {
          // @ts-expect-error - ids are row numbers
          this.layerOf[feature.id] = layer;
          // @ts-expect-error - ids are row numbers
          layer.on("click", () => this.onSelect(feature.id));
          // @ts-expect-error - ids are row numbers
          layer.on("mouseover", () => this.onHover(feature.id));
          layer.on("mouseout", () => this.onHover(null));
        },
      }).addTo(this.map);
      if (first) {
        this.layerOf.forEach((layer, row) => {
          layer.getElement()?.setAttribute("data-code", villages.code[row]);
        });
      }
      // @ts-expect-error - a layer of GeoJSON has its feature
      group.bindTooltip((layer) => this.tooltip(layer.feature.id), {
        sticky: true, direction: "top", offset: [0, -8], opacity: 1,
      });
      // a tooltip makes every path a stop of the Tab key: the map is one, search and table name them
      for (const layer of this.layerOf) layer.getElement()?.setAttribute("tabindex", "-1");
    }

    addLines() {
      this.districts = L.geoJSON(geometry.districtLines(), this.drawing("districts", {
        color: "#3f4a59", weight: 1.1, opacity: 0.9,
      })).addTo(this.map);
      L.geoJSON(geometry.rim(), this.drawing("districts", { color: "#2b3543", weight: 1.5 }))
        .addTo(this.map);
      const wide = data.wide.map(({ villages: rows }) => L.geoJSON(
        geometry.outlineOf(rows),
        this.drawing("pockets", { color: WIDE, weight: 2.2, dashArray: "1 5", opacity: 1 }),
      ));
      this.pockets = L.layerGroup(wide.concat(data.pockets.flatMap((pocket) => {
        const outline = geometry.outlineOf(pocket.villages);
        const line = pocket.evidence === "strict"
          ? { color: NAVY, weight: 2.8 } : { color: NAVY, weight: 2.4, dashArray: "7 5" };
        return [
          L.geoJSON(outline, this.drawing("pockets", { color: "#fff", weight: 5.6, opacity: 0.95 })),
          L.geoJSON(outline, this.drawing("pockets", { ...line, opacity: 1, lineCap: "butt" })),
          ...(pocket.core.length ? [L.geoJSON(
            geometry.outlineOf(pocket.core), this.drawing("pockets", { color: NAVY, weight: 1.8, opacity: 1 }),
          )] : []),
        ];
      }))).addTo(this.map);
    }

    setUpNames() {
      this.placer = new labels.Placer(this.map, {
        neighborNames: names(geometry.context.geometries.map((one) => one.properties?.name ?? "")),
        villageNames: names(villages.name), districtOf: villages.district,
        districts: data.districts.map((one) => ({
          ...one, name: names([one.name])[0], labels: one.labels ?? [],
        })),
      });
      this.map.on("zoom viewreset", () => this.placer.follow());
      this.map.getPane("names").style.zIndex = "450";
      this.map.getPane("names").style.pointerEvents = "none";
    }

    /** @this {MapViewInside} @param {number} row */
    styleOf(row) {
      const faded = !filter.holds(this.state, row);
      return {
        fillColor: values.fillOf(this.layer, row), fillOpacity: faded ? 0.22 : 1,
        color: "#ffffff", weight: 0.7, opacity: 0.9, lineJoin: "round",
      };
    }

    // a tooltip never leaves the map: moved by what hangs over its edge
    keepTooltipsInside() {
      const { map } = this;
      const move = () => {
        const tip = map.getPane("tooltipPane").firstElementChild;
        if (!(tip instanceof HTMLElement)) return;
        tip.style.translate = "";
        const [inner, outer] = [tip.getBoundingClientRect(), map.getContainer().getBoundingClientRect()];
        const x = Math.max(0, outer.left + 4 - inner.left) + Math.min(0, outer.right - 4 - inner.right);
        // above the pointer there is no room: below it
        const y = inner.top < outer.top + 4 ? inner.height + 26 : 0;
        tip.style.translate = `${x}px ${y}px`;
      };
      map.on("tooltipopen mousemove", () => requestAnimationFrame(move));
    }

    /** @param {number} row */
    tooltip(row) {
      const count = values.countText(this.layer, row);
      return element("div", { class: "tip" }, [
        element("strong", { text: villages.name[row] }),
        element("span", { text: text("in_district", { district: values.districtName(row) }) }),
        element("span", { class: "value", text: values.valueText(this.layer, row) }),
        ...(count ? [element("span", { text: count })] : []),
      ]);
    }

    /** @param {ShownLayer} layer */
    show(layer) {
      this.layer = layer;
      this.restyle();
    }

    restyle() {
      this.painting?.redraw();
      // @ts-expect-error - not yet seen with its fields
      this.layerOf?.forEach((layer, row) => layer.setStyle(this.styleOf(row)));
    }

    /** @param {LayerGroup} group @param {Pane} pane @param {number | null} row @param {PathOptions[]} lines */
    outline(group, pane, row, lines) {
      group.clearLayers();
      if (row === null) return;
      const outline = geometry.outlineOf([row]);
      for (const line of lines) group.addLayer(L.geoJSON(outline, this.drawing(pane, line)));
    }

    /** @param {number | null} row */
    select(row) {
      this.outline(this.selection, "selection", row, [
        { color: "#fff", weight: 6 }, { color: "#0b6bcb", weight: 3 },
      ]);
    }

    /** @param {number | null} row */
    highlight(row) {
      this.outline(this.hover, "hover", row, [{ color: "#fff", weight: 4 }, { color: NAVY, weight: 2 }]);
    }

    /** @this {MapViewInside} */
    drawNames() {
      const { names: shown, district, selected } = this.state;
      const steps = this.placer.steps({
        names: shown, district, selected, meant: filter.chosen(),
        fitted: this.map.getZoom() < this.homeZoom + DETAIL_ZOOM,
        pockets: this.lines.pockets ? data.pockets : [],
      });
      slices.start(this.placer, steps);
    }

    * graticuleSteps() {
      yield window.sibangkit.drawGraticule(this);
    }

    drawAround() {
      slices.start(this.graticule, this.graticuleSteps(), { first: true });
      // @ts-expect-error - not yet seen with its fields
      this.drawNames();
    }

    /** @this {MapViewInside} @param {LineKind} kind @param {boolean} shown */
    toggle(kind, shown) {
      this.lines[kind] = shown;
      if (kind === "network") this.network ??= window.sibangkit.networkLines(this);
      if (this.painting) this.painting.redraw();
      // @ts-expect-error - a kind is the name of its layer
      else if (shown) this[kind].addTo(this.map);
      // @ts-expect-error - a kind is the name of its layer
      else this[kind].remove();
    }

    // what a pane shows: the shapes or the canvas
    /** @param {Pane} pane */
    drawn(pane) {
      if (this.painting && pane === "villages") return this.painting.front.node;
      return this.renderers[pane]._container?.querySelector(":scope > g") ?? null;
    }

    remove() {
      slices.drop(this.painting);
      slices.drop(this.placer);
      slices.drop(this.graticule);
      this.map.remove();
    }

    // the whole regency in the middle; the zoom that does so is the measure of all others
    home() {
      const { map } = this;
      map.setMinZoom(0);
      map.fitBounds(mosaic.bounds, { padding: [12, 12], animate: false });
      this.limit(map.getZoom());
    }

    /** @param {number} homeZoom */
    limit(homeZoom) {
      this.homeZoom = homeZoom;
      this.map.setMinZoom(homeZoom - 0.6);
      this.map.setMaxZoom(homeZoom + 7);
      this.map.setMaxBounds(mosaic.bounds.pad(0.8));
    }

    hasSize() {
      const size = byId(this.map.getContainer().id).getBoundingClientRect();
      return size.width >= 10 && size.height >= 10;
    }
  }

  return MapView;
})();
