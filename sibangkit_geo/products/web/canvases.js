"use strict";
// Two canvases for a pane: one in it, which moves with the map, one drawn on in slices meanwhile.
// @ts-expect-error - fields that Object.assign or a list sets are not seen as the class's own
window.sibangkit.Canvases = (() => {
  const { slices } = window.sibangkit;
  const { L } = window;

  class Canvases {
    // margin: share of the map's size drawn beyond each edge; steps(pen, place) draws
    /** @param {LeafletMap} map @param {HTMLElement} pane @param {{name: string, margin: number, steps: (pen: Pen, place: CanvasPlace) => Steps}} options */
    constructor(map, pane, { name, margin, steps }) {
      Object.assign(this, { map, pane, margin, steps, sharp: null });
      // @ts-expect-error - fields set by a list are not seen
      [this.front, this.back] = [0, 1].map(() => {
        const node = L.DomUtil.create("canvas", name);
        node.width = 0;
        // @ts-expect-error - null until drawn
        return { node, pen: node.getContext("2d", { willReadFrequently: true }), place: null };
      });
      // @ts-expect-error - set by the list above
      pane.append(this.front.node);
      map.on("zoom viewreset", this.follow, this);
    }

    // asked for a pixel, a canvas draws what it put off
    /** @param {Pen} pen */
    static draw(pen) {
      pen.getImageData(0, 0, 1, 1);
    }

    redraw({ first = false } = {}) {
      // @ts-expect-error - not yet seen with its fields
      slices.start(this, this.all(), { first });
    }

    // at once; finer for the picture to download
    /** @param {number | null} sharp */
    sharpen(sharp) {
      this.sharp = sharp;
      this.redraw();
      slices.finish(this);
    }

    /** @this {CanvasesInside} */
    follow() {
      this.front.place?.follow(this.front.node);
    }

    /** @this {CanvasesInside} */
    * all() {
      const { back, map } = this;
      // @ts-expect-error - Leaflet does not document it
      const edge = map.getSize().multiplyBy(this.margin)._round();
      const place = this.placeAt(map.getPixelBounds().min.subtract(edge), map.getSize().add(edge).add(edge));
      this.clear(back, place.size);
      yield;
      yield* this.steps(back.pen, place);
      back.place = place;
      [this.front, this.back] = [back, this.front];
      this.follow();
      // outside the page, the browser does not hand half a drawing to the screen at every frame
      this.pane.replaceChildren(this.front.node);
    }

    // where a drawing belongs, whatever the map does afterwards
    /** @this {CanvasesInside} @param {Point} corner @param {Point} size @returns {CanvasPlace} */
    placeAt(corner, size) {
      const { map } = this;
      const zoom = map.getZoom();
      return {
        corner, size, zoom,
        /** @param {HTMLCanvasElement} node */
        follow(node) {
          const scale = map.getZoomScale(map.getZoom(), zoom);
          const at = corner.multiplyBy(scale).subtract(map.getPixelOrigin());
          if (scale === 1) L.DomUtil.setPosition(node, at.round());
          else L.DomUtil.setTransform(node, at, scale);
        },
      };
    }

    /** @param {Canvas} options @param {Point} size */
    clear({ node, pen }, size) {
      const sharp = this.sharp ?? Math.min(2, window.devicePixelRatio || 1);
      if (node.width !== size.x * sharp || node.height !== size.y * sharp) {
        Object.assign(node, { width: size.x * sharp, height: size.y * sharp });
        Object.assign(node.style, { width: `${size.x}px`, height: `${size.y}px` });
      }
      pen.setTransform(sharp, 0, 0, sharp, 0, 0);
      pen.clearRect(0, 0, size.x, size.y);
    }

    // nothing is left of either
    /** @this {CanvasesInside} */
    empty() {
      slices.drop(this);
      for (const one of [this.front, this.back]) Object.assign(one, { place: null }).node.width = 0;
    }
  }

  return Canvases;
})();
