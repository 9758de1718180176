"use strict";
// A half-size picture of the map with one colour per area answers "whose pixel is this?".
window.sibangkit.picture = (() => {
  const { mosaic } = window.sibangkit;
  const SCALE = 2; // screen pixels per picture pixel
  const NEIGHBOR = 20000; // first id of neighbouring areas in the picture

  const AT_ONCE = 100; // villages drawn between two looks at the clock

  class Picture {
    constructor() {
      this.canvas = document.createElement("canvas");
      this.pen = this.canvas.getContext("2d", { willReadFrequently: true });
    }

    // corner of the map in pixels of the world, and its zoom and size
    /** @param {Frame} options @returns {Steps} */
    * draw({ zoom, corner, size }) {
      this.width = Math.max(1, Math.ceil(size.x / SCALE));
      this.height = Math.max(1, Math.ceil(size.y / SCALE));
      this.canvas.width = this.width;
      this.canvas.height = this.height;
      const view = mosaic.viewOf({ zoom, corner, size, shrink: SCALE, thin: 0.25 });
      /** @param {Rings} rings @param {Box} box @param {number} id */
      const fill = (rings, box, id) => {
        if (!mosaic.sees(view, box)) return;
        this.pen.beginPath();
        mosaic.traceRings(this.pen, rings, view);
        const [r, g] = [id & 255, id >> 8];
        this.pen.fillStyle = `rgb(${r},${g},${(r * 3 + g * 5 + 11) & 255})`;
        this.pen.fill();
      };
      mosaic.around.forEach((rings, i) => fill(rings, mosaic.aroundBoxes[i], NEIGHBOR + i));
      for (let row = 0; row < mosaic.villages.length; row += 1) {
        fill(mosaic.villages[row], mosaic.villageBoxes[row], row + 1);
        // asked for a pixel, a canvas draws what it put off
        if (row % AT_ONCE === 0) yield this.pen.getImageData(0, 0, 1, 1);
      }
      const { data } = this.pen.getImageData(0, 0, this.width, this.height);
      yield;
      this.read(data);
      yield;
    }

    /** @param {Uint8ClampedArray} pixels */
    read(pixels) {
      this.ids = new Uint16Array(this.width * this.height);
      let last = 0;
      for (let i = 0; i < this.ids.length; i += 1) {
        const r = pixels[4 * i];
        const g = pixels[4 * i + 1];
        const a = pixels[4 * i + 3];
        const blurred = a !== 0 && (a !== 255 || pixels[4 * i + 2] !== ((r * 3 + g * 5 + 11) & 255));
        if (!blurred) last = a === 0 ? 0 : r + (g << 8);
        this.ids[i] = last;
      }
    }

    /** @param {number} x @param {number} y */
    at(x, y) {
      const [column, row] = [Math.floor(x / SCALE), Math.floor(y / SCALE)];
      if (column < 0 || row < 0 || column >= this.width || row >= this.height) return -1;
      return this.ids[row * this.width + column];
    }

    // points spread over what is visible of each group; group(id) is null for none
    /** @param {(id: number) => number | null} group @param {number} stride */
    samples(group, stride) {
      const found = new Map();
      for (let y = stride / 2; y < this.height * SCALE; y += stride) {
        for (let x = stride / 2; x < this.width * SCALE; x += stride) {
          const key = group(this.at(x, y));
          if (key !== null) {
            if (!found.has(key)) found.set(key, []);
            found.get(key).push({ x, y });
          }
        }
      }
      return found;
    }

    /** @param {Size & {left: number, top: number}} box @param {(id: number) => boolean} belongs */
    shareInside(box, belongs) {
      let hits = 0;
      for (let i = 0; i < 7; i += 1) {
        for (let j = 0; j < 3; j += 1) {
          const x = box.left + (box.w * i) / 6;
          const y = box.top + (box.h * j) / 2;
          if (belongs(this.at(x, y))) hits += 1;
        }
      }
      return hits / 21;
    }
  }

  return { NEIGHBOR, Picture };
})();
