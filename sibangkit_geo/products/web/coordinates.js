"use strict";
// Reads a coordinate as planners write it: decimal comma or point, degrees, LS/LU and BT/BB.
window.sibangkit.readCoordinate = (() => {
  const LETTERS = [[/LS/g, "S"], [/LU/g, "N"], [/BT/g, "E"], [/BB/g, "W"]];
  const SIGNS = [[/[′’‘`]/g, "'"], [/''|[″”“]/g, "\""], [/º/g, "°"], [/[−–]/g, "-"]];
  const NUMBER = "-?\\d+(?:[.,]\\d+)?";
  // "-2,85 104,75", "-2.85, 104.75", "-2.85,104.75", "-2,85;104,75", "-2,85,104,75"
  const PAIRS = [
    new RegExp(`^(${NUMBER})(?:\\s*;\\s*|,?\\s+)(${NUMBER})$`),
    /^(-?\d+\.\d+),(-?\d+(?:\.\d+)?)$/,
    /^(-?\d+,\d+),(-?\d+,\d+)$/,
    /^(-?\d+\s*°[^°]*?)[\s,;]+(-?\d+\s*°[^°]*)$/,
  ];

  // degrees, minutes, seconds; null when it is no angle
  /** @param {string} part */
  function angle(part) {
    const words = part.trim();
    if (!/^-?[\d.,]+(?:[°'"\s]+[\d.,]+)*[°'"\s]*$/.test(words)) return null;
    const found = words.match(new RegExp(NUMBER, "g")).map((one) => Number(one.replace(",", ".")));
    const [degrees, minutes = 0, seconds = 0] = found;
    if (found.length > 3 || minutes >= 60 || seconds >= 60 || minutes < 0) return null;
    const size = Math.abs(degrees) + minutes / 60 + seconds / 3600;
    return words.startsWith("-") ? -size : size;
  }

  /** @param {string} words @returns {Place | null} */
  function lettered(words) {
    const suffix = words.match(/^([^NSEW]+)([NSEW])[\s,;]*([^NSEW]+)([NSEW])$/);
    const prefix = words.match(/^([NSEW])([^NSEW]+)([NSEW])([^NSEW]+)$/);
    const parts = suffix ? [[suffix[2], suffix[1]], [suffix[4], suffix[3]]]
      : prefix ? [[prefix[1], prefix[2]], [prefix[3], prefix[4]]] : [];
    /** @type {Partial<Place>} */
    const place = {};
    for (const [letter, part] of parts) {
      const size = angle(part.replace(/^[\s,;]+|[\s,;]+$/g, ""));
      if (size === null || size < 0) return null;
      place["NS".includes(letter) ? "lat" : "lng"] = "SW".includes(letter) ? -size : size;
    }
    // @ts-expect-error - both are in it
    return "lat" in place && "lng" in place ? place : null;
  }

  /** @param {string} words */
  function bare(words) {
    const pair = PAIRS.map((pattern) => words.match(pattern)).find(Boolean);
    if (!pair) return null;
    const [a, b] = [angle(pair[1]), angle(pair[2])];
    if (a === null || b === null) return null;
    // longitude written first: in Indonesia it is always above 90
    return Math.abs(a) > 90 && Math.abs(b) <= 90 ? { lat: b, lng: a } : { lat: a, lng: b };
  }

  // {lat, lng}, or null when it cannot be read
  /** @param {string} typed */
  return (typed) => {
    let words = typed.toUpperCase().trim();
    // @ts-expect-error - pairs of pattern and text
    for (const [pattern, letter] of [...SIGNS, ...LETTERS]) words = words.replace(pattern, letter);
    const place = /[NSEW]/.test(words) ? lettered(words) : bare(words);
    return place && Math.abs(place.lat) <= 90 && Math.abs(place.lng) <= 180 ? place : null;
  };
})();
