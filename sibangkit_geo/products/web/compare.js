"use strict";
// Two indicators, or two years, side by side: a second map that follows the first.
window.sibangkit.Comparison = (() => {
  const { data, byId, text, element, values, legend, MapView } = window.sibangkit;

  /** @param {string} side @param {ShownLayer} layer */
  const caption = (side, layer) => element("p", { class: "map-caption", title: layer.label }, [
    element("strong", { text: side }), element("span", { text: layer.label }),
  ]);

  class Comparison {
    /** @param {MapView} main @param {State} state @param {{onSelect: OnRow, onHover: OnRow, onResize: () => void}} options */
    constructor(main, state, { onSelect, onHover, onResize }) {
      Object.assign(this, { main, state, onSelect, onHover, onResize, view: null });
    }

    // choices for a layer: its other years first, then the other indicators
    /** @param {ShownLayer} layer */
    static choices(layer) {
      const years = (data.trend && values.trendOf(layer) ? data.trend.years : [])
        .filter((year) => String(year) !== String(layer.year))
        .map((year) => ({ value: `${layer.key}@${year}`, label: `${layer.label} (${year})` }));
      const others = data.layers.filter((one) => one !== layer)
        .map((one) => ({ value: one.key, label: one.label }));
      return [...years, ...others];
    }

    /** @this {ComparisonInside} @param {ShownLayer} layer */
    show(layer) {
      if (!this.view) this.open(layer);
      this.view.show(layer);
      this.captions(layer);
      legend.show(this.state.layer, { side: text("left") });
      legend.show(layer, { suffix: "-2", side: text("right") });
      this.redraw();
    }

    /** @this {ComparisonInside} @param {ShownLayer} layer */
    open(layer) {
      document.body.classList.add("comparing");
      document.querySelector(".frame").append(element("div", {
        id: "map2", tabindex: "0", role: "application", "aria-label": text("map_second"),
      }));
      byId("legend-box-2").hidden = false;
      this.onResize();
      this.view = new MapView("map2", {
        layer, state: this.state, onSelect: this.onSelect, onHover: this.onHover,
      });
      for (const [kind, id] of [["districts", "show-districts"], ["pockets", "show-pockets"]]) {
        this.view.toggle(kind, byId(id).checked);
      }
      this.view.select(this.state.selected);
      const [a, b] = [this.main.map, this.view.map];
      this.follow = () => this.sync(a, b);
      a.on("move zoomend", this.follow);
      b.on("move zoomend", () => this.sync(b, a));
      b.on("moveend", () => { if (!this.busy) this.redraw(); });
      this.sync(a, b);
    }

    /** @param {LeafletMap} from @param {LeafletMap} to */
    sync(from, to) {
      if (this.busy) return;
      this.busy = true;
      to.setView(from.getCenter(), from.getZoom(), { animate: false });
      this.busy = false;
    }

    /** @this {ComparisonInside} @param {ShownLayer} layer */
    captions(layer) {
      document.querySelectorAll(".map-caption").forEach((node) => node.remove());
      this.main.map.getContainer().append(caption(text("left"), this.state.layer));
      this.view.map.getContainer().append(caption(text("right"), layer));
    }

    /** @this {ComparisonInside} */
    redraw() {
      if (!this.view) return;
      this.busy = true;
      this.view.map.invalidateSize({ animate: false, pan: false });
      // the first map alone is kept inside its limits; the second follows
      const { minZoom, maxZoom } = this.main.map.options;
      Object.assign(this.view.map.options, { minZoom, maxZoom });
      this.view.map.setView(this.main.map.getCenter(), this.main.map.getZoom(), { animate: false });
      this.busy = false;
      this.view.homeZoom = this.main.homeZoom;
      this.view.drawAround();
    }

    /** @this {ComparisonInside} */
    close() {
      if (!this.view) return;
      this.main.map.off("move zoomend", this.follow);
      this.view.remove();
      this.view = null;
      byId("map2").remove();
      byId("legend-box-2").hidden = true;
      document.querySelectorAll(".map-caption").forEach((node) => node.remove());
      document.body.classList.remove("comparing");
      legend.show(this.state.layer);
    }
  }

  return Comparison;
})();
