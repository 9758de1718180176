"use strict";
// Letters on the map: how wide a name is, how it can be broken, which boxes touch.
window.sibangkit.letters = (() => {
  const HALO = 2;

  const STYLE = {
    district: { sizes: [12.5, 11.5, 10.5, 9.5], weight: 700, className: "name-district" },
    village: { sizes: [11, 10], weight: 500, className: "name-village" },
    selected: { sizes: [12], weight: 700, className: "name-selected" },
    neighbor: { sizes: [11.5, 10.5], weight: 400, className: "name-neighbor", italic: true },
    river: { sizes: [10.5], weight: 400, className: "name-river", italic: true },
    place: { sizes: [10.5], weight: 600, className: "name-place" },
  };

  const measure = document.createElement("canvas").getContext("2d");
  const widths = new Map();
  /** @type {string | null} */
  let family = null;
  /** @param {string} words @param {number} size @param {LetterStyle} style */
  function textWidth(words, size, style) {
    family ??= getComputedStyle(document.body).fontFamily;
    const font = `${style.italic ? "italic " : ""}${style.weight} ${size}px ${family}`;
    const key = font + words;
    if (!widths.has(key)) {
      measure.font = font;
      widths.set(key, measure.measureText(words).width);
    }
    return widths.get(key);
  }

  // every way to break a name into at most three lines
  /** @param {string} name */
  function splittings(name) {
    const words = name.split(/\s+/).filter(Boolean);
    const ways = [[words.join(" ")]];
    for (let i = 1; i < words.length; i += 1) {
      ways.push([words.slice(0, i).join(" "), words.slice(i).join(" ")]);
      for (let j = i + 1; j < words.length; j += 1) {
        ways.push([words.slice(0, i), words.slice(i, j), words.slice(j)].map((w) => w.join(" ")));
      }
    }
    return ways;
  }

  /** @param {string} name @param {LetterStyle} style @returns {Shape[]} */
  function shapesOf(name, style) {
    const shapes = [];
    for (const size of style.sizes) {
      for (const lines of splittings(name)) {
        const width = Math.max(...lines.map((line) => textWidth(line, size, style)));
        // a numeral or short word alone on its line reads badly
        const widows = lines.length > 1 ? lines.filter((line) => line.length <= 3).length : 0;
        shapes.push({
          lines, size, style, widows, w: width + 2 * HALO, h: lines.length * size * 1.14 + 2 * HALO,
        });
      }
    }
    return shapes;
  }

  /** @template {Size} S @param {S} shape @param {number} x @param {number} y */
  const boxAt = (shape, x, y) => ({
    ...shape, x, y, left: x - shape.w / 2, top: y - shape.h / 2,
    right: x + shape.w / 2, bottom: y + shape.h / 2,
  });
  /** @param {Edges} a @param {Edges} b @param {number} [gap] */
  const overlaps = (a, b, gap = 2) => a.left < b.right + gap && b.left < a.right + gap
    && a.top < b.bottom + gap && b.top < a.bottom + gap;

  /** @param {At} from @param {At} to @param {Edges} box */
  function segmentHits(from, to, box) {
    for (let step = 0; step <= 24; step += 1) {
      const x = from.x + ((to.x - from.x) * step) / 24;
      const y = from.y + ((to.y - from.y) * step) / 24;
      if (x > box.left && x < box.right && y > box.top && y < box.bottom) return true;
    }
    return false;
  }

  return { HALO, STYLE, shapesOf, boxAt, overlaps, segmentHits };
})();
