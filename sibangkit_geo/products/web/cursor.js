"use strict";
// The map by keyboard, as one stop of the Tab key: arrows go from village to village, Enter chooses.
/** @type {NonNullable<Sibangkit["setUpCursor"]>} */
window.sibangkit.setUpCursor = (view, { state, onSelect, onHover, onMove }) => {
  const { data, text, mosaic, values, say } = window.sibangkit;
  const { villages } = data;
  const { map } = view;
  /** @type {Record<string, [number, number]>} */
  const WAYS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  const STEP = 80; // pixels of a moved map
  const boxes = mosaic.villageBoxes;
  /** @type {number | null} */
  let at = null;

  /** @param {number} row @returns {[number, number]} */
  const middle = (row) => [(boxes[row][0] + boxes[row][2]) / 2, (boxes[row][1] + boxes[row][3]) / 2];
  /** @param {number} row */
  const drawn = (row) => boxes[row][0] <= boxes[row][2];

  // the nearest in that direction: what lies aside counts twice
  /** @param {[number, number]} from @param {[number, number]} way */
  function next(from, way) {
    /** @type {[number | null, number]} */
    let [best, cost] = [null, Infinity];
    boxes.forEach((_, row) => {
      if (row === at || !drawn(row)) return;
      const [x, y] = middle(row);
      const along = (x - from[0]) * way[0] + (y - from[1]) * way[1];
      const aside = Math.abs((x - from[0]) * way[1]) + Math.abs((y - from[1]) * way[0]);
      if (along <= 0 || aside > 2 * along) return;
      if (along + 2 * aside < cost) [best, cost] = [row, along + 2 * aside];
    });
    return best;
  }

  function nearestToMiddle() {
    const { x, y } = window.L.CRS.EPSG3857.latLngToPoint(map.getCenter(), 0);
    /** @param {number} row */
    const far = (row) => Math.hypot(middle(row)[0] - x, middle(row)[1] - y);
    const rows = boxes.map((_, row) => row).filter(drawn);
    return rows.length ? rows.reduce((best, row) => (far(row) < far(best) ? row : best)) : null;
  }

  /** @param {number | null} row */
  function go(row) {
    if (row === null) return;
    at = row;
    onHover(row);
    const bounds = mosaic.boundsOf([row]);
    if (!map.getBounds().contains(bounds.getCenter())) map.panTo(bounds.getCenter(), { animate: false });
    const pocket = data.pockets.find((one) => one.villages.includes(row));
    say([
      villages.name[row], text("in_district", { district: values.districtName(row) }),
      values.valueText(view.layer, row), ...(pocket ? [text("pocket", { n: pocket.number })] : []),
    ].join(", "));
  }

  map.getContainer().addEventListener("keydown", (event) => {
    if (event.target !== map.getContainer() || event.ctrlKey || event.altKey || event.metaKey) return;
    const way = WAYS[event.key];
    if (way && (state.tool || event.shiftKey)) {
      map.panBy([way[0] * STEP, way[1] * STEP], { animate: false });
      onMove();
    } else if (way) go(at === null ? state.selected ?? nearestToMiddle() : next(middle(at), way));
    else if (event.key === "Enter" && at !== null && !state.tool) onSelect(at);
    else if (event.key === "Escape" && at !== null && !state.tool) {
      at = null;
      onHover(null);
    } else if (event.key === "+" || event.key === "=") map.zoomIn();
    else if (event.key === "-" || event.key === "−") map.zoomOut();
    else return;
    event.preventDefault();
  });
  map.getContainer().addEventListener("blur", () => {
    if (at !== null) onHover(null);
    at = null;
  });
};
