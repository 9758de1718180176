"use strict";
// Houses on a canvas: clusters, then single points; drawn anew only where the map came to rest.
window.sibangkit.HouseLayer = (() => {
  const { number, text } = window.sibangkit;
  const { L, Supercluster } = window;
  const [APART, MARGIN, POINT, REACH] = [60, 0.1, 4.5, 7]; // pixels, but for the share at the edge
  const SINGLE_FROM = 15; // zoom from which no house hides in a cluster
  const COLORS = { unmet: "#c2410c", met: "#3572b8", none: "#ffffff" };

  const short = (count) => (count < 1000 ? number(count)
    : text("thousands", { n: number(count / 1000, count < 9950 ? 1 : 0) }));

  class HouseLayer {
    constructor(map, houses) {
      Object.assign(this, { map, houses, drawn: [], marked: null });
      const pane = map.createPane("houses");
      pane.style.zIndex = "455";
      pane.style.pointerEvents = "none";
      this.canvas = L.DomUtil.create("canvas", "houses", pane);
      this.redraw = () => this.draw();
      this.singleFrom = Math.min(SINGLE_FROM, Math.floor(map.getMaxZoom()));
    }

    // rows of the houses shown
    show(rows) {
      const { houses } = this;
      this.index = new Supercluster({ radius: APART, extent: 256, maxZoom: this.singleFrom - 1, minPoints: 3 });
      this.index.load(Array.from(rows, (row) => ({
        row, geometry: { coordinates: [houses.east[row] / 1e5, houses.north[row] / 1e5] },
      })));
      this.map.on("moveend resize", this.redraw);
      this.draw();
    }

    hide() {
      this.map.off("moveend resize", this.redraw);
      Object.assign(this, { index: null, drawn: [], marked: null });
      this.canvas.width = 0;
    }

    draw() {
      const { map, canvas, houses } = this;
      if (!this.index) return;
      const size = map.getSize();
      const edge = size.multiplyBy(MARGIN)._round();
      const [low, high] = [edge.multiplyBy(-1), size.add(edge)];
      const sharp = this.sharp ?? Math.min(2, window.devicePixelRatio || 1);
      const [wide, tall] = [high.x - low.x, high.y - low.y];
      if (canvas.width !== wide * sharp || canvas.height !== tall * sharp) {
        Object.assign(canvas, { width: wide * sharp, height: tall * sharp });
        Object.assign(canvas.style, { width: `${wide}px`, height: `${tall}px` });
      }
      L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint(low));
      const pen = canvas.getContext("2d");
      pen.setTransform(sharp, 0, 0, sharp, 0, 0);
      pen.clearRect(0, 0, wide, tall);
      const [a, b] = [map.containerPointToLatLng(low), map.containerPointToLatLng(high)];
      const zoom = Math.round(map.getZoom());
      const origin = map.getPixelOrigin().add(map.containerPointToLayerPoint(low));
      this.drawn = this.index.getClusters([a.lng, b.lat, b.lng, a.lat], zoom).map((one) => {
        const [lng, lat] = one.geometry.coordinates;
        const at = map.project([lat, lng]).subtract(origin);
        const homes = one.properties?.point_count ?? 0;
        return { x: at.x, y: at.y, homes, id: one.id, row: one.row, r: homes ? 11 + 2.8 * Math.log10(homes) : POINT };
      });
      this.drawPoints(pen, houses);
      this.drawClusters(pen);
    }

    drawPoints(pen, houses) {
      pen.lineWidth = 1;
      for (const [kind, color] of Object.entries(COLORS)) {
        pen.beginPath();
        for (const one of this.drawn) {
          if (one.homes || HouseLayer.kindOf(houses, one.row) !== kind) continue;
          pen.moveTo(one.x + POINT, one.y);
          pen.arc(one.x, one.y, POINT, 0, 2 * Math.PI);
        }
        pen.fillStyle = color;
        pen.strokeStyle = kind === "none" ? "#3f4a59" : "#ffffff";
        pen.fill();
        pen.stroke();
      }
      const marked = this.drawn.find((one) => !one.homes && one.row === this.marked);
      if (!marked) return;
      for (const [color, width] of [["#ffffff", 6], ["#0b6bcb", 3]]) {
        Object.assign(pen, { strokeStyle: color, lineWidth: width });
        pen.beginPath();
        pen.arc(marked.x, marked.y, POINT + 5, 0, 2 * Math.PI);
        pen.stroke();
      }
    }

    drawClusters(pen) {
      Object.assign(pen, {
        textAlign: "center", textBaseline: "middle", strokeStyle: "#9a3412", lineWidth: 2,
        font: `600 11px ${getComputedStyle(document.body).fontFamily}`,
      });
      for (const one of this.drawn) {
        if (!one.homes) continue;
        pen.beginPath();
        pen.arc(one.x, one.y, one.r, 0, 2 * Math.PI);
        pen.fillStyle = "rgb(255 255 255 / 92%)";
        pen.fill();
        pen.stroke();
        pen.fillStyle = "#7c2d12";
        pen.fillText(short(one.homes), one.x, one.y + 0.5);
      }
    }

    // for the picture to download
    image(sharp) {
      this.sharp = sharp;
      this.draw();
      const { canvas } = this;
      const place = L.DomUtil.getPosition(canvas);
      const shown = { x: place.x, y: place.y, width: parseFloat(canvas.style.width), height: parseFloat(canvas.style.height), href: canvas.toDataURL() };
      this.sharp = null;
      this.draw();
      return shown;
    }

    mark(row) {
      this.marked = row;
      this.draw();
    }

    // what lies under a point of the map, the nearest first
    hits(point) {
      const at = this.map.containerPointToLayerPoint(point).subtract(L.DomUtil.getPosition(this.canvas) ?? L.point(0, 0));
      return this.drawn.map((one) => ({ ...one, far: Math.hypot(one.x - at.x, one.y - at.y) - one.r }))
        .filter((one) => one.far < (one.homes ? 2 : REACH - POINT)).sort((a, b) => a.far - b.far);
    }

    opensAt(id) {
      return this.index.getClusterExpansionZoom(id);
    }

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
