"use strict";
// The map as a PNG: the drawing of the page itself with title, legend, scale and sources.
window.sibangkit.poster = (() => {
  const { data, text, number, svg, patterns, legend, ground, save, csv, filter } = window.sibangkit;
  const SHARP = 2; // picture pixels per screen pixel
  const [EDGE, TICKS, SIDE] = [16, 20, 250];
  const PANES = ["context", "villages", "ground", "districts", "network", "pockets", "selection"];
  const pen = document.createElement("canvas").getContext("2d");
  const family = () => getComputedStyle(document.body).fontFamily;

  /** @param {string} words @param {number} width @param {number} size @param {number} [weight] */
  function wrapped(words, width, size, weight = 400) {
    pen.font = `${weight} ${size}px ${family()}`;
    const lines = [];
    let line = "";
    for (const word of words.split(/\s+/)) {
      const longer = line ? `${line} ${word}` : word;
      if (pen.measureText(longer).width <= width || !line) line = longer;
      else { lines.push(line); line = word; }
    }
    return [...lines, line].filter(Boolean);
  }

  // adds lines of text and returns where the next one may stand
  /** @param {SVGElement} root @param {string} words @param {{x: number, y: number, width: number, size?: number, weight?: number, fill?: string}} options */
  function write(root, words, { x, y, width, size = 12, weight = 400, fill = "#16202e" }) {
    let next = y;
    for (const line of wrapped(words, width, size, weight)) {
      next += size * 1.32;
      root.append(svg("text", { x, y: next - size * 0.3, "font-size": size, "font-weight": weight, fill }, line));
    }
    return next;
  }

  function styles() {
    const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
    return rules.filter((rule) => /^(?::root|\.name|\.badge|\.pocket-symbol|\.swatch)/.test(rule.selectorText ?? ""))
      .map((rule) => rule.cssText).join("\n");
  }

  // ---- one map with its frame
  /** @param {MapView} view @param {SVGElement} root @param {{w: number, h: number}} options */
  function scaleBar(view, root, { w, h }) {
    const shown = view.map.getContainer().querySelector(".leaflet-control-scale-line");
    const length = shown.offsetWidth;
    const [x, y] = [w - length - 12, h - 14];
    root.append(
      svg("rect", { x: x - 6, y: y - 18, width: length + 12, height: 26, fill: "#fff", opacity: 0.82 }),
      svg("path", { d: `M${x} ${y - 6}v6h${length}v-6`, fill: "none", stroke: "#16202e", "stroke-width": 2 }),
      svg("text", { x: x + length / 2, y: y - 5, "font-size": 11, "text-anchor": "middle", fill: "#16202e" }, shown.textContent),
    );
  }

  /** @param {MapView} view @param {At & {title: string, north: boolean, houses: Attributes | null | undefined}} options */
  function drawMap(view, { x, y, title, north, houses }) {
    const { x: w, y: h } = view.map.getSize();
    const box = svg("svg", { x, y, width: w, height: h, viewBox: `0 0 ${w} ${h}` });
    box.append(svg("rect", { width: w, height: h, fill: "#fff" }));
    const shift = view.map.layerPointToContainerPoint([0, 0]);
    const moved = svg("g", { transform: `translate(${shift.x} ${shift.y})` });
    for (const pane of PANES) {
      const drawn = view.drawn(pane);
      // @ts-expect-error - told by its name
      if (drawn) moved.append(drawn.tagName === "CANVAS" ? canvasImage(drawn) : drawn.cloneNode(true));
    }
    const names = svg("g", { class: "names" });
    names.append(...[...view.placer.root.childNodes].map((node) => node.cloneNode(true)));
    moved.append(names);
    if (houses) moved.append(svg("image", houses));
    box.append(moved);
    scaleBar(view, box, { w, h });
    if (north) box.append(northArrow());
    if (title) {
      const back = svg("rect", { x: 52, y: 10, width: w - 104, rx: 6, fill: "#fff", opacity: 0.9 });
      box.append(back);
      back.setAttribute("height", write(box, title, { x: 60, y: 12, width: w - 120, weight: 600 }) - 8);
    }
    box.append(svg("rect", { width: w, height: h, fill: "none", stroke: "#55647a", "stroke-width": 2 }));
    return box;
  }

  /** @param {HTMLCanvasElement} canvas */
  function canvasImage(canvas) {
    const { x, y } = window.L.DomUtil.getPosition(canvas);
    return svg("image", {
      x, y, width: parseFloat(canvas.style.width), height: parseFloat(canvas.style.height),
      href: canvas.toDataURL(),
    });
  }

  function northArrow() {
    const arrow = svg("g", { transform: "translate(10 10)" });
    arrow.append(svg("rect", { width: 34, height: 46, rx: 7, fill: "#fff", opacity: 0.82 }));
    const shape = document.querySelector(".north").cloneNode(true);
    // @ts-expect-error - pairs of name and value
    for (const [name, value] of [["x", 4], ["y", 3], ["class", "mark"]]) shape.setAttribute(name, value);
    const letter = shape.querySelector("text");
    // @ts-expect-error - pairs of name and value
    for (const [name, value] of [["text-anchor", "middle"], ["font-size", 12], ["font-weight", 700]]) letter.setAttribute(name, value);
    arrow.append(shape);
    return arrow;
  }

  /** @param {SVGElement} root @param {{x: number, y: number}} options */
  function ticks(root, { x, y }) {
    const style = { "font-size": 11, fill: "#526072", "text-anchor": "middle" };
    for (const node of document.querySelectorAll("#ticks-east span")) {
      root.append(svg("text", { ...style, x: x + parseFloat(node.style.left), y: y - 6 }, node.textContent));
    }
    for (const node of document.querySelectorAll("#ticks-south span")) {
      const at = y + parseFloat(node.style.top);
      root.append(svg("text", { ...style, x: x - 7, y: at, transform: `rotate(-90 ${x - 7} ${at})` }, node.textContent));
    }
  }

  // ---- legend
  /** @param {SVGElement} root @param {ShownLayer} layer @param {{x: number, y: number, width: number, pockets: boolean, side: string}} options */
  function drawLegend(root, layer, { x, y, width, pockets, side }) {
    let next = write(root, side ? `${side}: ${layer.label}` : layer.label, {
      x, y, width, size: 14, weight: 650, fill: "#12305a",
    });
    next = write(root, legend.unitLine(layer), { x, y: next, width, fill: "#526072" }) + 6;
    for (const one of legend.entries(layer, { pockets })) {
      const symbol = one.kind ? ground.symbol(one.kind) : one.evidence
        ? svg("svg", { x, y: next, width: 26, height: 16 })
        : svg("rect", { x, y: next, width: 26, height: 16, rx: 2, fill: one.fill, stroke: "#6b7685", "stroke-width": 0.8 });
      if (one.kind) {
        symbol.setAttribute("x", String(x));
        symbol.setAttribute("y", String(next));
      }
      if (one.evidence) {
        symbol.append(svg("rect", { x: 2, y: 2, width: 22, height: 12, class: `pocket-symbol ${one.evidence}`, fill: "#fff", stroke: "#12305a", "stroke-width": 2.6 }));
        /** @type {Record<string, Attributes>} */
        const drawn = {
          indicative: { "stroke-dasharray": "5 3.2" },
          core: { "stroke-width": 1.6 },
          wide: { stroke: "#6b4a1e", "stroke-width": 2.2, "stroke-dasharray": "1 4", "stroke-linecap": "round" },
        };
        for (const [name, value] of Object.entries(drawn[one.evidence] ?? {})) {
          symbol.firstChild.setAttribute(name, String(value));
        }
      }
      root.append(symbol);
      const lines = wrapped(one.label, width - 36 - (one.count === null ? 0 : 70), 12);
      lines.forEach((line, i) => root.append(svg("text", {
        x: x + 36, y: next + 12.5 + 15 * i, "font-size": 12, fill: "#16202e",
      }, line)));
      if (one.count !== null) {
        root.append(svg("text", {
          x: x + width, y: next + 12.5, "font-size": 12, fill: "#526072", "text-anchor": "end",
        }, text("villages_count", { n: number(one.count) })));
      }
      next += 22 + 15 * (lines.length - 1);
    }
    return next + 14;
  }

  // points of internal use: what they mean, and that they stay inside
  /** @param {SVGElement} root @param {{x: number, y: number, width: number}} options */
  function drawHouses(root, { x, y, width }) {
    const { COLORS } = window.sibangkit.HouseLayer;
    let next = write(root, text("houses"), { x, y, width, size: 14, weight: 650, fill: "#12305a" });
    next = write(root, text("internal_only"), { x, y: next, width, weight: 700, fill: "#8c1208" }) + 6;
    const need = document.getElementById("house-need").selectedOptions[0];
    if (need.value) next = write(root, `${text("houses_need")}: ${need.textContent}`, { x, y: next, width }) + 6;
    for (const [kind, fill] of Object.entries(COLORS)) {
      root.append(svg("circle", {
        cx: x + 13, cy: next + 8, r: 5, fill, stroke: kind === "none" ? "#3f4a59" : "#fff",
      }));
      next = write(root, text(`houses_${kind}`), { x: x + 36, y: next, width: width - 36 }) + 6;
    }
    return next + 8;
  }

  /** @param {State} state @param {MapView[]} views @param {Attributes | null | undefined} houses */
  function draw(state, views, houses) {
    const sizes = views.map((view) => view.map.getSize());
    const stacked = views.length > 1 && document.getElementById("map2").offsetLeft
      <= document.getElementById("map").offsetLeft;
    const mapWidth = stacked ? sizes[0].x : sizes.reduce((sum, one) => sum + one.x, 0);
    const mapHeight = stacked ? sizes.reduce((sum, one) => sum + one.y, 0) : sizes[0].y;
    const beside = mapWidth >= 520;
    const width = EDGE * 2 + TICKS + mapWidth + (beside ? SIDE + EDGE : 0);
    const root = svg("svg", { xmlns: "http://www.w3.org/2000/svg", "font-family": family() });
    const background = svg("rect", { fill: "#fff" });
    root.append(svg("style", {}, styles()), patterns(), background);
    const inner = width - 2 * EDGE;
    let top = write(root, data.title, { x: EDGE, y: EDGE - 4, width: inner, size: 18, weight: 650 });
    const place = state.district === null ? "" : text("in_district", { district: data.districts[state.district].name });
    const under = [
      data.agency.name, text("year", { year: data.year }), place, state.filter ? filter.told(state.filter) : "",
    ].filter(Boolean).join(" · ");
    top = write(root, under, { x: EDGE, y: top, width: inner, fill: "#526072" }) + 8 + TICKS;
    const x = EDGE + TICKS;
    const layers = [state.layer, state.other].filter(Boolean);
    const sides = layers.length > 1 ? [text("left"), text("right")] : [""];
    let at = { x, y: top };
    views.forEach((view, i) => {
      const title = sides[i] && `${sides[i]}: ${layers[i].label}`;
      root.append(drawMap(view, { ...at, title, north: i === 0, houses: i === 0 ? houses : null }));
      at = stacked ? { x, y: at.y + sizes[i].y } : { x: at.x + sizes[i].x, y: top };
    });
    ticks(root, { x, y: top });
    let next = beside ? top : top + mapHeight + 10;
    layers.forEach((layer, i) => {
      next = drawLegend(root, layer, {
        x: beside ? x + mapWidth + EDGE : EDGE, y: next, width: beside ? SIDE : inner,
        pockets: i === layers.length - 1, side: sides[i],
      });
    });
    if (houses) {
      next = drawHouses(root, { x: beside ? x + mapWidth + EDGE : EDGE, y: next, width: beside ? SIDE : inner });
    }
    next = Math.max(next, top + mapHeight) + 8;
    next = write(root, [data.estimate_line, data.boundary_line, data.level_line].filter(Boolean).join(" "), {
      x: EDGE, y: next, width: inner, weight: 650, fill: "#7a2e05",
    });
    const sources = [
      text("source", { source: data.sources.join("; ") }), text("projection"),
      text("created", { date: data.created }), data.software,
    ].filter(Boolean).join(" · ");
    const height = Math.ceil(write(root, sources, { x: EDGE, y: next, width: inner, size: 11, fill: "#526072" }) + EDGE);
    for (const node of [root, background]) {
      node.setAttribute("width", width);
      node.setAttribute("height", height);
    }
    return { root, width, height };
  }

  // resolves when the file was handed to the browser
  /** @param {State} state @param {MapView[]} views @param {HousesSwitch | null} houses */
  async function download(state, views, houses) {
    window.sibangkit.slices.finish();
    views.forEach((view) => view.painting?.sharpen(SHARP));
    const { root, width, height } = draw(state, views, houses?.image(SHARP));
    views.forEach((view) => view.painting?.sharpen(null));
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(root))}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width * SHARP, height * SHARP];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => { canvas.toBlob(done, "image/png"); });
    save(csv.fileName(state, ".png"), blob);
  }

  return { download };
})();
