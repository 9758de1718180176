"use strict";
// Houses on a canvas: clusters, then single points; drawn anew where the map came to rest.
window.sibangkit.HouseLayer = (() => {
  const { number, text, slices, Canvases } = window.sibangkit;
  const { L, Supercluster } = window;
  const [APART, MARGIN, POINT, REACH] = [60, 0.1, 4.5, 7]; // pixels, but for the share at the edge
  const AT_ONCE = 25; // discs or counts drawn between two looks at the clock
  const SINGLE_FROM = 15; // zoom from which no house hides in a cluster
  const COLORS = { unmet: "#c2410c", met: "#3572b8", none: "#ffffff" };

  /** @param {number} count */
  const short = (count) => (count < 1000 ? number(count)
    : text("thousands", { n: number(count / 1000, count < 9950 ? 1 : 0) }));

  class HouseLayer {
    /** @param {LeafletMap} map @param {HouseTable} houses */
    constructor(map, houses) {
      Object.assign(this, { map, houses, drawn: [], marked: null });
      const pane = map.createPane("houses");
      pane.style.zIndex = "455";
      pane.style.pointerEvents = "none";
      this.canvases = new Canvases(map, pane, {
        // @ts-expect-error - not yet seen with its fields
        name: "houses", margin: MARGIN, steps: (pen, place) => this.steps(pen, place),
      });
      this.redraw = () => this.canvases.redraw({ first: true });
      this.font = `600 11px ${getComputedStyle(document.body).fontFamily}`;
      this.singleFrom = Math.min(SINGLE_FROM, Math.floor(map.getMaxZoom()));
    }

    // rows of the houses shown
    /** @this {HouseLayerInside} @param {Iterable<number>} rows */
    show(rows) {
      const { houses } = this;
      this.index = new Supercluster({ radius: APART, extent: 256, maxZoom: this.singleFrom - 1, minPoints: 3 });
      this.index.load(Array.from(rows, (row) => ({
        row, geometry: { coordinates: [houses.east[row] / 1e5, houses.north[row] / 1e5] },
      })));
      this.map.on("moveend resize", this.redraw);
      this.redraw();
      this.settle();
    }

    /** @this {HouseLayerInside} */
    hide() {
      this.map.off("moveend resize", this.redraw);
      Object.assign(this, { index: null, drawn: [], marked: null });
      this.canvases.empty();
    }

    /** @this {HouseLayerInside} @param {Pen} pen @param {CanvasPlace} options @returns {Steps} */
    * steps(pen, { corner, size, zoom }) {
      const { map } = this;
      const [a, b] = [map.unproject(corner, zoom), map.unproject(corner.add(size), zoom)];
      const drawn = this.index.getClusters([a.lng, b.lat, b.lng, a.lat], Math.round(zoom)).map((one) => {
        const [lng, lat] = one.geometry.coordinates;
        const at = map.project([lat, lng], zoom).subtract(corner);
        const homes = one.properties?.point_count ?? 0;
        return { x: at.x, y: at.y, homes, id: one.id, row: one.row, r: homes ? 11 + 2.8 * Math.log10(homes) : POINT };
      });
      yield;
      yield* this.points(pen, drawn.filter((one) => !one.homes));
      yield* this.clusters(pen, drawn.filter((one) => one.homes));
      this.drawn = drawn;
    }

    /** @this {HouseLayerInside} @param {Pen} pen @param {Disc[]} drawn @returns {Steps} */
    * points(pen, drawn) {
      const { houses } = this;
      pen.lineWidth = 1;
      for (const [kind, color] of Object.entries(COLORS)) {
        const those = drawn.filter((one) => HouseLayer.kindOf(houses, one.row) === kind);
        Object.assign(pen, { fillStyle: color, strokeStyle: kind === "none" ? "#3f4a59" : "#ffffff" });
        yield* this.discs(pen, those);
      }
      const marked = drawn.filter((one) => one.row === this.marked).map((one) => ({ ...one, r: POINT + 5 }));
      for (const [color, width] of [["#ffffff", 6], ["#0b6bcb", 3]]) {
        Object.assign(pen, { fillStyle: "transparent", strokeStyle: color, lineWidth: width });
        yield* this.discs(pen, marked);
      }
    }

    // many as one path: a canvas is slow by the path, not by the corner
    /** @param {Pen} pen @param {Disc[]} drawn @returns {Steps} */
    * discs(pen, drawn) {
      for (let at = 0; at < drawn.length; at += AT_ONCE) {
        pen.beginPath();
        for (const { x, y, r } of drawn.slice(at, at + AT_ONCE)) {
          pen.moveTo(x + r, y);
          pen.arc(x, y, r, 0, 2 * Math.PI);
        }
        pen.fill();
        pen.stroke();
        yield Canvases.draw(pen);
      }
    }

    /** @param {Pen} pen @param {Disc[]} drawn @returns {Steps} */
    * clusters(pen, drawn) {
      Object.assign(pen, { fillStyle: "rgb(255 255 255 / 92%)", strokeStyle: "#9a3412", lineWidth: 2 });
      yield* this.discs(pen, drawn);
      Object.assign(pen, { textAlign: "center", textBaseline: "middle", font: this.font, fillStyle: "#7c2d12" });
      for (const [i, { x, y, homes }] of drawn.entries()) {
        pen.fillText(short(homes), x, y + 0.5);
        if (i % AT_ONCE === AT_ONCE - 1) yield Canvases.draw(pen);
      }
    }

    // for the picture to download
    /** @param {number} sharp */
    image(sharp) {
      const { canvases } = this;
      canvases.sharpen(sharp);
      const { node } = canvases.front;
      const place = L.DomUtil.getPosition(node);
      const shown = { x: place.x, y: place.y, width: parseFloat(node.style.width), height: parseFloat(node.style.height), href: node.toDataURL() };
      canvases.sharpen(null);
      return shown;
    }

    /** @param {number | null} row */
    mark(row) {
      this.marked = row;
      this.redraw();
    }

    // what lies under a point of the map, the nearest first
    /** @this {HouseLayerInside} @param {Point} point */
    hits(point) {
      const at = this.map.containerPointToLayerPoint(point).subtract(this.origin());
      return this.drawn.map((one) => ({ ...one, far: Math.hypot(one.x - at.x, one.y - at.y) - one.r }))
        .filter((one) => one.far < (one.homes ? 2 : REACH - POINT)).sort((a, b) => a.far - b.far);
    }

    // as the map stands now
    settle() {
      slices.finish(this.canvases);
    }

    // pixel of the map's layers at which the drawing starts
    origin() {
      return L.DomUtil.getPosition(this.canvases.front.node);
    }

    // boxes of the circles on the map, for names to keep clear of
    /** @this {HouseLayerInside} */
    circles() {
      const at = this.map.layerPointToContainerPoint(this.origin());
      return this.drawn.filter((one) => one.homes).map(({ x, y, r }) => ({
        left: at.x + x - r, right: at.x + x + r, top: at.y + y - r, bottom: at.y + y + r,
      }));
    }

    /** @param {number} id */
    opensAt(id) {
      return this.index.getClusterExpansionZoom(id);
    }

    /** @param {HouseTable} houses @param {number | undefined} row */
    static kindOf(houses, row) {
      if (!houses.deprived[row]) return "none";
      return houses.unmet(row) ? "unmet" : "met";
    }
  }
  HouseLayer.COLORS = COLORS;
  HouseLayer.REACH = REACH;
  HouseLayer.SINGLE_FROM = SINGLE_FROM;
  return HouseLayer;
})();
