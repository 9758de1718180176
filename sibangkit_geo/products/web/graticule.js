"use strict";
// Lines of longitude and latitude, with degrees at the frame of the map.
window.sibangkit.drawGraticule = (() => {
  const { byId, text, element } = window.sibangkit;
  const { L } = window;
  const STEPS = [600, 300, 120, 60, 30, 15, 10, 5, 2, 1]; // minutes

  /** @param {number} minutes @param {string[]} letters */
  function degrees(minutes, letters) {
    const size = Math.abs(minutes);
    const rest = String(size % 60).padStart(2, "0");
    return `${Math.floor(size / 60)}°${rest}' ${letters[minutes < 0 ? 1 : 0]}`;
  }

  /** @param {string} id @param {[number, string][]} marks @param {"left" | "top"} side @param {number} length */
  function frameTicks(id, marks, side, length) {
    byId(id).replaceChildren(...marks
      .filter(([at]) => at > 34 && at < length - 34)
      .map(([at, label]) => {
        const node = element("span", { text: label });
        node.style[side] = `${at}px`;
        return node;
      }));
  }

  /** @param {MapView} mapView */
  return (mapView) => {
    const { map, graticule } = mapView;
    const view = map.getBounds();
    const span = Math.min(view.getEast() - view.getWest(), view.getNorth() - view.getSouth()) * 60;
    const step = STEPS.find((one) => span / one >= 2.2) ?? 1;
    /** @param {number} low @param {number} high */
    const within = (low, high) => {
      const marks = [];
      for (let m = Math.ceil((low * 60) / step) * step; m <= high * 60; m += step) marks.push(m);
      return marks;
    };
    const wide = view.pad(1);
    // one path for all lines
    graticule.clearLayers();
    // @ts-expect-error - pairs are written as lists
    graticule.addLayer(L.polyline([
      ...within(wide.getWest(), wide.getEast()).map((m) => [[wide.getSouth(), m / 60], [wide.getNorth(), m / 60]]),
      ...within(wide.getSouth(), wide.getNorth()).map((m) => [[m / 60, wide.getWest()], [m / 60, wide.getEast()]]),
    ], {
      ...mapView.drawing("context"), color: "#7f9bb0", weight: 0.8, opacity: 0.55, dashArray: "2 4",
    }));
    if (map.getContainer().id !== "map") return;
    const east = [text("east_longitude"), text("west_longitude")];
    const north = [text("north_latitude"), text("south_latitude")];
    const size = map.getSize();
    const { lat, lng } = view.getCenter();
    frameTicks("ticks-east", within(view.getWest(), view.getEast()).map((m) => [
      map.latLngToContainerPoint([lat, m / 60]).x, degrees(m, east),
    ]), "left", size.x);
    frameTicks("ticks-south", within(view.getSouth(), view.getNorth()).map((m) => [
      map.latLngToContainerPoint([m / 60, lng]).y, degrees(m, north),
    ]), "top", size.y);
  };
})();
