"use strict";
// Names of rivers and places, where nothing else stands; methods of the placer.
window.sibangkit.groundNames = (() => {
  const { ground, letters } = window.sibangkit;
  const { STYLE, shapesOf, boxAt } = letters;
  const MOST = 40; // places tried for one name
  const [BESIDE, APART] = [9, 4]; // pixels from a point; beside a line

  // beside a point on four sides, beside a line above and below
  /** @param {Point} point @param {Shape} shape @param {boolean} line @returns {[number, number][]} */
  const around = (point, shape, line) => {
    const [w, h] = [shape.w / 2, shape.h / 2];
    if (line) return [[0, -h - APART], [0, h + APART], [w + APART, 0], [-w - APART, 0]];
    return [[w + BESIDE, 0], [-w - BESIDE, 0], [0, -h - BESIDE], [0, h + BESIDE]];
  };

  return {
    /** @this {GroundPlacer} @param {Label[]} done */
    placeGround(done) {
      for (const { name, kind, at } of ground.named(this.map)) {
        const line = kind === "river" || kind === "road" || kind === "water";
        const style = STYLE[line ? "river" : "place"];
        const [shape] = shapesOf(name, { ...style, sizes: style.sizes.slice(0, 1) });
        // @ts-expect-error - a place is a pair
        const seen = at.map((one) => this.map.project(one, this.zoom).subtract(this.corner))
          .filter((p) => p.x > 0 && p.y > 0 && p.x < this.size.x && p.y < this.size.y);
        const middle = Math.floor(seen.length / 2);
        const near = seen.map((_, i) => seen[(middle + (i % 2 ? -1 : 1) * Math.ceil(i / 2) + seen.length) % seen.length]);
        const stride = Math.max(1, Math.floor(near.length / MOST));
        const boxes = near.filter((_, i) => i % stride === 0)
          .flatMap((point) => around(point, shape, line).map(([x, y]) => boxAt(shape, point.x + x, point.y + y)));
        const box = boxes.find((one) => this.fits(one, [...this.blocked, ...done], 3));
        if (box) done.push({ ...box, kind: line ? "river" : "place", district: null });
      }
    },
  };
})();
