"use strict";
// Long work in slices between frames, so that the map follows the hand meanwhile.
window.sibangkit.slices = (() => {
  const SLICE_MS = 4; // of a frame of 16.7; the rest is the browser's
  /** @type {Map<object, Iterator<unknown>>} */
  const jobs = new Map();
  let asked = false;

  /** @param {Iterator<unknown>} steps */
  const drain = (steps) => { while (!steps.next().done); };

  function work() {
    asked = false;
    const end = performance.now() + SLICE_MS;
    for (const [key, steps] of jobs) {
      let done = false;
      while (!done && performance.now() < end) done = steps.next().done;
      if (!done) break;
      jobs.delete(key);
    }
    ask();
  }

  function ask() {
    if (asked || !jobs.size) return;
    asked = true;
    requestAnimationFrame(work);
  }

  // the same work asked again starts anew, after what waits already, or before it when it is short
  /** @param {object} key @param {Iterator<unknown>} steps @param {{first?: boolean}} options */
  function start(key, steps, { first = false } = {}) {
    jobs.delete(key);
    const rest = first ? [...jobs] : [];
    if (first) jobs.clear();
    jobs.set(key, steps);
    rest.forEach(([other, waiting]) => jobs.set(other, waiting));
    ask();
  }

  // before a picture, a print, or the first sight: one work, or all
  /** @param {object | null} [key] */
  function finish(key = null) {
    for (const [one, steps] of jobs) {
      if (key !== null && one !== key) continue;
      drain(steps);
      jobs.delete(one);
    }
  }

  // @ts-expect-error - any work is a key
  return { start, finish, drop: (key) => jobs.delete(key) };
})();
