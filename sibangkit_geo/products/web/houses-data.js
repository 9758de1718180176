"use strict";
// Houses as typed arrays, unpacked when first shown; see `houses_payload` for the planes.
/** @type {NonNullable<Sibangkit["unpackHouses"]>} */
window.sibangkit.unpackHouses = async () => {
  const packed = window.sibangkit.data.houses;
  const { count, per_village: perVillage, origin, mask_bytes: maskBytes } = packed;
  const STEP_BYTES = 3;

  // @ts-expect-error - the bytes are never shared
  const stream = new Blob([window.sibangkit.bytesOf(packed)]).stream()
    .pipeThrough(new DecompressionStream("deflate"));
  const raw = new Uint8Array(await new Response(stream).arrayBuffer());
  let next = 0;

  /** @template {Int32Array | Uint32Array | Uint8Array} A @param {number} width @param {A} made @returns {A} */
  function column(width, made) {
    for (let byte = 0; byte < width; byte += 1, next += count) {
      for (let i = 0; i < count; i += 1) made[i] |= raw[next + i] << (8 * byte);
    }
    return made;
  }

  /** @param {number} first */
  function steps(first) {
    const made = column(STEP_BYTES, new Int32Array(count));
    let at = first;
    for (let i = 0; i < count; i += 1) {
      at += (made[i] >>> 1) ^ -(made[i] & 1);
      made[i] = at;
    }
    return made;
  }

  // the rank of a mixed row number, so that it costs no byte of the page
  /** @type {Uint32Array | null} */
  let serials = null;
  /** @param {number} row */
  function serialOf(row) {
    if (!serials) {
      const mixed = Uint32Array.from({ length: count }, (_, i) => {
        let h = i ^ packed.shuffle;
        h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
        h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
        return h ^ (h >>> 16);
      });
      const order = Uint32Array.from(mixed.keys()).sort((a, b) => mixed[a] - mixed[b]);
      serials = new Uint32Array(count);
      order.forEach((one, rank) => { serials[one] = rank + 1; });
    }
    return String(serials[row]).padStart(String(count).length, "0");
  }

  const east = steps(origin[0]);
  const north = steps(origin[1]);
  const deprived = column(maskBytes, new Uint32Array(count));
  const served = column(maskBytes, new Uint32Array(count));
  const state = column(1, new Uint8Array(count));
  const village = new Uint16Array(count);
  const first = [0];
  perVillage.forEach((homes, row) => {
    first.push(first[row] + homes);
    village.fill(row, first[row], first[row + 1]);
  });
  const photos = new Map(packed.photo_rows.map((row, i) => [row, packed.photos[packed.photo_of[i]]]));
  /** @param {number} mask */
  const bits = (mask) => packed.needs.flatMap((_, bit) => ((mask >>> bit) & 1 ? [bit] : []));
  return {
    count, east, north, deprived, served, village, first, serialOf,
    unmet: (row) => deprived[row] & ~served[row],
    bits, poor: (row) => (state[row] & 1) === 1, group: (row) => packed.groups[state[row] >>> 1],
    photo: (row) => photos.get(row) ?? null,
    place: (row) => ({ lat: north[row] / 1e5, lng: east[row] / 1e5 }),
  };
};
