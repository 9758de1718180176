"use strict";
// Printing: the page takes paper size before the browser takes the picture, all on one A4 sheet.
/** @type {NonNullable<Sibangkit["setUpPrint"]>} */
window.sibangkit.setUpPrint = ({ isHome, view, fit, home, resized }) => {
  const [MILLIMETRE, SHEET, LEAST, MOST] = [96 / 25.4, 262, 90, 200];
  const frame = document.querySelector(".frame");
  /** @type {{home: boolean, bounds: LatLngBounds} | null} */
  let before = null;

  // the map takes the room that the results leave on the sheet
  function fillSheet() {
    const excess = document.body.scrollHeight / MILLIMETRE - SHEET;
    const height = frame.offsetHeight / MILLIMETRE - excess;
    frame.style.height = `${Math.min(MOST, Math.max(LEAST, height))}mm`;
  }

  /** @param {boolean} wasHome @param {LatLngBounds} bounds */
  function restore(wasHome, bounds) {
    resized();
    if (wasHome) home();
    else fit(bounds);
  }

  window.addEventListener("beforeprint", () => {
    if (before) return;
    before = { home: isHome(), bounds: view.map.getBounds() };
    document.body.classList.add("printing");
    fillSheet();
    restore(before.home, before.bounds);
    view.painting?.sharpen(2);
    window.sibangkit.slices.finish();
  });
  window.addEventListener("afterprint", () => {
    if (!before) return;
    const { home: wasHome, bounds } = before;
    before = null;
    document.body.classList.remove("printing");
    frame.style.height = "";
    view.painting?.sharpen(null);
    restore(wasHome, bounds);
  });
  return { active: () => before !== null };
};
