"use strict";
// Draws placed names, leader lines and pocket numbers; methods of the placer.
window.sibangkit.namePainter = (() => {
  const { svg, letters } = window.sibangkit;
  const { HALO, STYLE } = letters;
  const AT_ONCE = 12; // names set between two looks at the clock

  return {
    // behind the names that still stand, which then give way at once
    /** @this {Painter} @param {Label[]} labels @returns {Steps} */
    * paint(labels) {
      const offset = this.corner.subtract(this.map.getPixelOrigin()).round();
      const names = labels.map((label) => (
        label.kind === "pocket" ? this.badge(label, offset) : this.name(label, offset)
      ));
      const drawn = [
        ...labels.filter((label) => label.leader).flatMap((label) => this.leader(label, offset)),
        ...names,
      ];
      const coming = svg("g", { visibility: "hidden" });
      this.root.append(coming);
      for (let at = 0; at < drawn.length; at += AT_ONCE) {
        coming.append(...drawn.slice(at, at + AT_ONCE));
        // asked for its box, a text is set now
        yield coming.getBBox();
      }
      this.painted = {
        corner: this.corner.subtract(offset), zoom: this.zoom,
        places: labels.map((label, i) => ({ node: names[i], x: label.x + offset.x, y: label.y + offset.y })),
      };
      this.root.style.transform = "";
      this.root.classList.remove("moving");
      coming.removeAttribute("visibility");
      [...this.root.children].forEach((one) => { if (one !== coming) one.remove(); });
    },

    // names stay with their places, as large as they are, until they are set anew
    /** @this {Painter} */
    follow() {
      if (!this.painted) return;
      const scale = this.map.getZoomScale(this.map.getZoom(), this.painted.zoom);
      const at = this.painted.corner.multiplyBy(scale).subtract(this.map.getPixelOrigin());
      // @ts-expect-error - Leaflet moves SVG as well
      window.L.DomUtil.setTransform(this.root, at);
      this.root.classList.toggle("moving", scale !== 1);
      for (const { node, x, y } of this.painted.places) {
        node.setAttribute("transform", `translate(${(x * (scale - 1)).toFixed(1)} ${(y * (scale - 1)).toFixed(1)})`);
      }
    },

    /** @param {Label} label @param {Point} offset */
    leader(label, offset) {
      const x = Math.min(Math.max(label.anchor.x, label.left), label.right);
      const y = Math.min(Math.max(label.anchor.y, label.top), label.bottom);
      const ends = {
        x1: label.anchor.x + offset.x, y1: label.anchor.y + offset.y,
        x2: x + offset.x, y2: y + offset.y,
      };
      return [
        svg("line", { ...ends, class: "leader-casing" }),
        svg("line", { ...ends, class: "leader" }),
        svg("circle", { cx: ends.x1, cy: ends.y1, r: 2.2, class: "leader-dot" }),
      ];
    },

    /** @param {Label} label @param {Point} offset */
    badge(label, offset) {
      const group = svg("g", { class: `badge ${label.evidence}` });
      group.append(
        svg("rect", {
          x: label.left + offset.x, y: label.top + offset.y, width: label.w, height: label.h, rx: 9,
        }),
        svg("text", { x: label.x + offset.x, y: label.y + offset.y + 4 }, label.lines[0]),
      );
      return group;
    },

    /** @this {Painter} @param {Label} label @param {Point} offset */
    name(label, offset) {
      // @ts-expect-error - a pocket has a badge
      const style = STYLE[label.kind];
      const text = svg("text", { class: style.className, "font-size": label.size });
      if (label.code) text.setAttribute("data-district", label.code);
      const district = label.job?.index ?? label.district ?? null;
      if (label.faded || (this.focus !== null && district !== null && district !== this.focus)) {
        text.classList.add("faded");
      }
      label.lines.forEach((line, i) => {
        const y = label.top + HALO + label.size * (0.9 + 1.14 * i);
        text.append(svg("tspan", { x: label.x + offset.x, y: y + offset.y }, line));
      });
      return text;
    },
  };
})();
