"use strict";
// Two canvases for a pane: one in it, which moves with the map, one drawn on in slices meanwhile.
window.sibangkit.Canvases = (() => {
  const { slices } = window.sibangkit;
  const { L } = window;

  class Canvases {
    // margin: share of the map's size drawn beyond each edge; steps(pen, place) draws
    constructor(map, pane, { name, margin, steps }) {
      Object.assign(this, { map, pane, margin, steps, sharp: null });
      [this.front, this.back] = [0, 1].map(() => {
        const node = L.DomUtil.create("canvas", name);
        node.width = 0;
        return { node, pen: node.getContext("2d", { willReadFrequently: true }), place: null };
      });
      pane.append(this.front.node);
      map.on("zoom viewreset", this.follow, this);
    }

    // asked for a pixel, a canvas draws what it put off
    static draw(pen) {
      pen.getImageData(0, 0, 1, 1);
    }

    redraw({ first = false } = {}) {
      slices.start(this, this.all(), { first });
    }

    // at once; finer for the picture to download
    sharpen(sharp) {
      this.sharp = sharp;
      this.redraw();
      slices.finish(this);
    }

    follow() {
      this.front.place?.follow(this.front.node);
    }

    * all() {
      const { back, map } = this;
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
    placeAt(corner, size) {
      const { map } = this;
      const zoom = map.getZoom();
      return {
        corner, size, zoom,
        follow(node) {
          const scale = map.getZoomScale(map.getZoom(), zoom);
          const at = corner.multiplyBy(scale).subtract(map.getPixelOrigin());
          if (scale === 1) L.DomUtil.setPosition(node, at.round());
          else L.DomUtil.setTransform(node, at, scale);
        },
      };
    }

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
    empty() {
      slices.drop(this);
      for (const one of [this.front, this.back]) Object.assign(one, { place: null }).node.width = 0;
    }
  }

  return Canvases;
})();
