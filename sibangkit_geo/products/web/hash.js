"use strict";
// What is shown, kept in the address after "#": a link opens the same view, also from file://.
window.sibangkit.hash = (() => {
  const WAIT_MS = 250;
  /** @type {[any, string | null]} */
  let [timer, written] = [null, null];

  function read() {
    const found = new URLSearchParams(window.location.hash.slice(1));
    const [lat, lng, zoom] = (found.get("peta") ?? "").split(",").map(Number);
    const view = [lat, lng, zoom].every((one) => Number.isFinite(one)) && found.has("peta")
      && Math.abs(lat) <= 90 && Math.abs(lng) <= 180 ? { lat, lng, zoom } : null;
    return {
      layer: found.get("lapisan"), other: found.get("banding"), district: found.get("kecamatan"),
      village: found.get("desa"), filter: found.get("saring"), areas: found.get("wilayah"), houses: found.get("rumah") === "1",
      english: found.get("bahasa") === "en", view,
    };
  }

  /** @param {Address} options */
  function address({ layer, other, district, village, filter, areas, houses, view, english }) {
    const parts = [
      ["lapisan", layer], ["banding", other], ["kecamatan", district], ["desa", village], ["saring", filter], ["wilayah", areas], ["rumah", houses && "1"], ["bahasa", english && "en"],
      ["peta", view && [view.lat.toFixed(5), view.lng.toFixed(5), view.zoom.toFixed(2)].join()],
    ].filter(([, value]) => value);
    return parts.map(([key, value]) => `${key}=${encodeURIComponent(value).replace(/%2C/g, ",")}`).join("&");
  }

  // replaced, never pushed: the back button leaves the page
  /** @param {() => Address} state */
  function write(state) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      written = `#${address(state())}`;
      if (written === window.location.hash || (written === "#" && !window.location.hash)) return;
      try {
        window.history.replaceState(null, "", written);
      } catch {
        window.location.replace(written);
      }
    }, WAIT_MS);
  }

  // a link pasted into the open page
  /** @param {(wish: Wish) => void} apply */
  function onChange(apply) {
    window.addEventListener("hashchange", () => {
      if (window.location.hash !== written) apply(read());
    });
  }

  return { read, write, onChange, address };
})();
