"use strict";
// Names on the map: every district at fit zoom, villages where they fit, nothing on top of another.
// @ts-expect-error - follow() is a method of the painter of names
window.sibangkit.labels = (() => {
  const { svg, letters, picture, namePainter, groundNames } = window.sibangkit;
  const { STYLE, shapesOf, boxAt, overlaps, segmentHits } = letters;
  const { NEIGHBOR, Picture } = picture;

  const AT_ONCE = 15; // places tried between two looks at the clock
  const CROWD = 60; // districts of which not all names fit

  class Placer {
    /** @param {LeafletMap} map @param {World} world */
    constructor(map, world) {
      this.map = map;
      this.world = world;
      this.picture = new Picture();
      this.root = svg("svg", { class: "names", width: 1, height: 1, "aria-hidden": "true" });
      map.createPane("names").append(this.root);
      this.allShapes = world.districts.map((d) => shapesOf(d.name, STYLE.district));
      /** @type {(Shape[] | null)[]} */
      // @ts-expect-error - filled in later
      this.villageShapes = world.villageNames.map(() => null);
      /** @type {() => Edges[]} */
      this.circles = () => [];
    }

    // colours mixed at a border may look like a village that there is not
    /** @param {number} id */
    districtOf = (id) => (id >= 1 && id < NEIGHBOR ? this.world.districtOf[id - 1] ?? null : null);

    obstacles() {
      const frame = this.map.getContainer().getBoundingClientRect();
      return [...this.map.getContainer().querySelectorAll(".leaflet-control, .north, .map-tools, .map-caption")]
        .map((node) => node.getBoundingClientRect())
        .filter((r) => r.width > 0)
        .map((r) => ({
          left: r.left - frame.left - 3, right: r.right - frame.left + 3,
          top: r.top - frame.top - 3, bottom: r.bottom - frame.top + 3,
        }));
    }

    /** @param {Edges} box @param {Edges[]} others @param {number} [gap] */
    fits = (box, others, gap) => box.left >= 3 && box.top >= 3
      && box.right <= this.size.x - 3 && box.bottom <= this.size.y - 3
      && !others.some((other) => overlaps(box, other, gap));

    // in steps, for the view of the first; one that moves on meanwhile asks again
    /** @param {NamesWanted} options @returns {Steps} */
    * steps({ names, fitted, selected, pockets, district, meant }) {
      this.focus = district;
      this.meant = meant && new Set(meant);
      this.size = this.map.getSize();
      this.zoom = this.map.getZoom();
      this.corner = this.map.getPixelBounds().min;
      // small letters where the map is narrow, as on a phone, and only there
      const narrow = this.size.x < 520;
      this.districtShapes = this.allShapes.map(
        (all) => all.filter((shape) => (narrow ? shape.size < 11 : shape.size > 10)),
      );
      this.blocked = this.obstacles();
      this.crowd = this.circles();
      yield* this.picture.draw(this);
      const placed = names ? yield* this.placeDistricts(fitted) : [];
      const badges = yield* this.placePockets(pockets, placed);
      const done = [...placed, ...badges];
      if (selected !== null) this.placeSelected(selected, done);
      if (names) {
        if (!fitted) yield* this.placeVillages(done, selected);
        // @ts-expect-error - a method of the names of the ground
        this.placeGround(done);
        this.placeNeighbors(done);
      }
      yield;
      // @ts-expect-error - a method of the painter of names
      yield* this.paint(done);
    }

    // ---- districts: cheapest place for each, the hardest first; a leader line as last resort
    /** @param {boolean} fitted @returns {Generator<unknown, Label[], unknown>} */
    * placeDistricts(fitted) {
      const samples = this.picture.samples(this.districtOf, 10);
      yield;
      const jobs = [];
      for (const [i, points] of [...samples].sort(([a], [b]) => a - b)) {
        const job = yield* this.districtJob(this.world.districts[i], i, points, fitted);
        if (job) jobs.push(job);
      }
      jobs.sort((a, b) => a.room - b.room);
      /** @type {any} */
      let best = null;
      // the names of a province do not all fit, however long one tries
      const crowded = jobs.length > CROWD;
      for (let round = 0; round < (crowded ? 1 : 14); round += 1) {
        const result = this.placeInOrder(jobs);
        yield;
        if (best === null || result.cost < best.cost) best = result;
        if (!result.failed.length) break;
        for (const job of result.failed) {
          jobs.splice(jobs.indexOf(job), 1);
          jobs.unshift(job);
        }
      }
      if (!crowded) yield* this.improve(best.placed);
      // zoomed in, a name without room is left out; at fit zoom none is
      const failed = fitted && !crowded ? best.failed : [];
      for (const job of failed) {
        yield;
        best.placed.push(this.displaced(job, best.placed));
      }
      return best.placed;
    }

    /** @param {ShownDistrict} district @param {number} index @param {At[]} samples @param {boolean} fitted @returns {Generator<unknown, Job | null, unknown>} */
    * districtJob(district, index, samples, fitted) {
      if (samples.length < (fitted ? 1 : 12)) return null;
      /** @param {number} id */
      const own = (id) => this.districtOf(id) === index;
      const listed = district.labels
        .map(([lng, lat]) => this.map.project([lat, lng], this.zoom).subtract(this.corner))
        .filter((p) => p.x > 0 && p.y > 0 && p.x < this.size.x && p.y < this.size.y);
      const tried = this.world.districts.length > CROWD ? 50 : 160;
      const step = Math.max(1, Math.floor(samples.length / tried));
      const points = [...listed, ...samples.filter((_, i) => i % step === 0)];
      const anchor = listed[0] ?? points[Math.floor(points.length / 2)];
      const spread = Math.sqrt(samples.length) * 10;
      /** @type {Job["options"]} */
      const options = [];
      for (const [tries, point] of points.entries()) {
        if (tries % AT_ONCE === 0) yield;
        const away = Math.hypot(point.x - anchor.x, point.y - anchor.y) / spread;
        for (const shape of this.districtShapes[index]) {
          const box = boxAt(shape, point.x, point.y);
          if (this.fits(box, this.blocked)) {
            const outside = 1 - this.picture.shareInside(box, own);
            if (outside <= 0.62) {
              const cost = 60 * outside * outside + 10 * outside + 3 * away
                + 3 * (STYLE.district.sizes[0] - shape.size) + 1.2 * (shape.lines.length - 1)
                + 5 * shape.widows + 12 * this.crowd.filter((one) => overlaps(box, one)).length;
              options.push({ ...box, cost });
            }
          }
        }
      }
      options.sort((a, b) => a.cost - b.cost);
      return {
        index, anchor, own, code: district.code, options: options.slice(0, 400),
        room: options.filter((o) => o.cost < options[0].cost + 6).length,
      };
    }

    /** @param {Job[]} jobs */
    placeInOrder(jobs) {
      /** @type {Placed[]} */
      const placed = [];
      /** @type {Job[]} */
      const failed = [];
      let cost = 0;
      for (const job of jobs) {
        const box = job.options.find((option) => !placed.some((other) => overlaps(option, other)));
        if (box) {
          placed.push({ ...box, job, kind: "district", code: job.code });
          cost += box.cost;
        } else {
          failed.push(job);
          cost += 1000;
        }
      }
      return { placed, failed, cost };
    }

    /** @param {Placed[]} placed @returns {Steps} */
    * improve(placed) {
      for (let round = 0; round < 3; round += 1) {
        for (const [i, label] of placed.entries()) {
          yield;
          const others = placed.filter((_, j) => j !== i);
          const better = label.job.options.find((o) => !others.some((b) => overlaps(o, b)));
          if (better && better.cost < label.cost) placed[i] = { ...label, ...better };
        }
      }
    }

    /** @param {Job} job @param {Label[]} placed @returns {any} */
    displaced(job, placed) {
      const found = this.besides(job, placed, true) ?? this.besides(job, placed, false);
      const shapes = this.districtShapes[job.index];
      const box = found ?? job.options[0]
        ?? boxAt(shapes[shapes.length - 1], job.anchor.x, job.anchor.y);
      return {
        ...box, job, kind: "district", code: job.code, leader: found !== null, anchor: job.anchor,
      };
    }

    // the nearest free place around the anchor, if asked with a leader that crosses no name
    /** @param {Job} job @param {Label[]} placed @param {boolean} clear */
    besides(job, placed, clear) {
      const shapes = this.districtShapes[job.index];
      let best = null;
      for (let radius = 24; radius <= 240; radius += 8) {
        for (let turn = 0; turn < 32; turn += 1) {
          const angle = (turn * Math.PI) / 16;
          for (const shape of shapes) {
            const x = job.anchor.x + Math.cos(angle) * (radius + shape.w / 2);
            const y = job.anchor.y + Math.sin(angle) * (radius + shape.h / 2);
            const box = boxAt(shape, x, y);
            if (this.fits(box, [...this.blocked, ...placed])
              && !placed.some((other) => other.leader && segmentHits(other.anchor, other, box))
              && !(clear && placed.some((other) => segmentHits(job.anchor, box, other)))) {
              const covered = this.picture.shareInside(box, (id) => id >= 1 && id < NEIGHBOR);
              const cost = radius + 90 * covered + 6 * (shapes[0].size - shape.size);
              if (best === null || cost < best.cost) best = { ...box, cost };
            }
          }
        }
      }
      return best;
    }

    // ---- pocket numbers, the chosen village, villages, neighbours
    /** @param {Pocket[]} pockets @param {Label[]} placed @returns {Generator<unknown, Label[], unknown>} */
    * placePockets(pockets, placed) {
      if (!pockets.length) return [];
      const owner = new Map();
      pockets.forEach((pocket, i) => pocket.villages.forEach((row) => owner.set(row + 1, i)));
      const samples = this.picture.samples((id) => owner.get(id) ?? null, 6);
      /** @type {Label[]} */
      const badges = [];
      for (const [i, pocket] of pockets.entries()) {
        const label = String(pocket.number);
        const w = Math.max(18, 9 + 7 * label.length);
        let best = null;
        for (const [tries, point] of (samples.get(i) ?? []).entries()) {
          if (tries % AT_ONCE === 0) yield;
          const box = boxAt({ w, h: 18, lines: [label], size: 11 }, point.x, point.y);
          const outside = 1 - this.picture.shareInside(box, (id) => owner.get(id) === i);
          const clash = this.fits(box, [...this.blocked, ...placed, ...badges]) ? 0 : 10;
          if (best === null || outside + clash < best.cost) best = { ...box, cost: outside + clash };
        }
        if (best?.cost >= 10) {
          const anchor = { x: best.x, y: best.y };
          best = this.nearestFree(best, [...placed, ...badges]) ?? best;
          best = { ...best, anchor, leader: Math.hypot(best.x - anchor.x, best.y - anchor.y) > 14 };
        }
        if (best) badges.push({ ...best, kind: "pocket", evidence: pocket.evidence });
      }
      return badges;
    }

    /** @template {Size & At} S @param {S} box @param {Edges[]} others */
    nearestFree(box, others) {
      for (let radius = 4; radius <= 64; radius += 4) {
        for (let turn = 0; turn < 16; turn += 1) {
          const angle = (turn * Math.PI) / 8;
          const moved = boxAt(box, box.x + radius * Math.cos(angle), box.y + radius * Math.sin(angle));
          if (this.fits(moved, [...this.blocked, ...others], 1)) return moved;
        }
      }
      return null;
    }

    /** @param {number} row @param {Label[]} done */
    placeSelected(row, done) {
      const points = this.picture.samples((id) => (id === row + 1 ? 0 : null), 6).get(0);
      if (!points) return;
      const middle = points[Math.floor(points.length / 2)];
      const shapes = shapesOf(this.world.villageNames[row], STYLE.selected);
      const before = done.length;
      this.placeInside(points, shapes, (id) => id === row + 1, done, { kind: "selected", stride: 6 });
      if (done.length > before) return;
      for (let radius = 0; radius <= 90; radius += 6) {
        for (let turn = 0; turn < (radius ? 16 : 1); turn += 1) {
          const angle = (turn * Math.PI) / 8;
          for (const shape of shapes) {
            const box = boxAt(shape, middle.x + radius * Math.cos(angle),
              middle.y + radius * Math.sin(angle));
            if (this.fits(box, [...this.blocked, ...done])) {
              done.push({ ...box, kind: "selected" });
              return;
            }
          }
        }
      }
    }

    /** @param {Label[]} done @param {number | null} selected @returns {Steps} */
    * placeVillages(done, selected) {
      /** @param {number} id */
      const villageOf = (id) => (this.districtOf(id) === null ? null : id - 1);
      const groups = [...this.picture.samples(villageOf, 8)].sort(
        // those that are meant first, then the large
        (a, b) => Number(this.meant?.has(b[0]) ?? 0) - Number(this.meant?.has(a[0]) ?? 0) || b[1].length - a[1].length,
      );
      for (const [row, points] of groups) {
        if (row === selected || points.length < 6) continue;
        yield;
        this.villageShapes[row] ??= shapesOf(this.world.villageNames[row], STYLE.village);
        this.placeInside(points, this.villageShapes[row], (id) => id === row + 1, done, {
          kind: "village", stride: 8, district: this.world.districtOf[row],
          faded: this.meant ? !this.meant.has(row) : false,
        });
      }
    }

    /** @param {Label[]} done */
    placeNeighbors(done) {
      const { length } = this.world.neighborNames;
      const groups = this.picture.samples((id) => (id >= NEIGHBOR && id < NEIGHBOR + length ? id - NEIGHBOR : null), 14);
      for (const [index, points] of groups) {
        const shapes = shapesOf(this.world.neighborNames[index], STYLE.neighbor);
        this.placeInside(points, shapes, (id) => id === NEIGHBOR + index, done, { kind: "neighbor", stride: 14 });
      }
    }

    /** @param {At[]} points @param {Shape[]} shapes @param {(id: number) => boolean} own @param {Label[]} done @param {{kind: LetterKind, stride: number, district?: number | null, faded?: boolean}} options */
    placeInside(points, shapes, own, done, { kind, stride, district = null, faded = false }) {
      const middle = points.reduce((sum, p) => ({ x: sum.x + p.x, y: sum.y + p.y }), { x: 0, y: 0 });
      const [cx, cy] = [middle.x / points.length, middle.y / points.length];
      const near = [...points].sort(
        (a, b) => Math.hypot(a.x - cx, a.y - cy) - Math.hypot(b.x - cx, b.y - cy),
      );
      const step = Math.max(1, Math.floor(near.length / 60));
      // a name lies inside its area: none larger, and no other name farther away
      const held = shapes.filter((shape) => shape.w * shape.h * 0.6 < points.length * stride ** 2);
      const reach = held.reduce((most, shape) => Math.max(most, shape.w, shape.h), 0);
      const [xs, ys] = [near.map((p) => p.x), near.map((p) => p.y)];
      const region = {
        left: Math.min(...xs) - reach, right: Math.max(...xs) + reach,
        top: Math.min(...ys) - reach, bottom: Math.max(...ys) + reach,
      };
      const others = [...this.blocked, ...this.crowd, ...done].filter((other) => overlaps(region, other, 3));
      let best = null;
      for (let i = 0; i < near.length; i += step) {
        for (const shape of held) {
          const box = boxAt(shape, near[i].x, near[i].y);
          if (this.fits(box, others, 3)) {
            const room = kind === "neighbor" ? 7 : 0;
            const inside = this.picture.shareInside({
              left: box.left - room, top: box.top - room, w: box.w + 2 * room, h: box.h + 2 * room,
            }, own);
            const cost = (1 - inside) * 4 + i / near.length + 0.1 * shape.lines.length
              + 0.4 * shape.widows;
            if (inside >= 0.88 && (best === null || cost < best.cost)) best = { ...box, cost };
          }
        }
        if (best && best.cost < i / near.length) break;
      }
      if (best) done.push({ ...best, kind, district, faded });
    }
  }

  Object.assign(Placer.prototype, namePainter, groundNames);

  return { Placer };
})();
