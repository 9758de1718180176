"use strict";
// What stands on the page from the start: titles, sources, choices, the north arrow.
window.sibangkit.fillPage = (() => {
  const app = window.sibangkit;
  const { data, byId, text, element, svg } = app;

  function fillHead() {
    app.fillStaticTexts();
    byId("title").textContent = data.title;
    byId("agency").textContent = data.agency.name;
    byId("focus").textContent = data.agency.focus ?? "";
    byId("year").textContent = text("year", { year: data.year });
    byId("estimate").textContent = data.estimate_line;
    const caveats = [data.boundary_line, data.level_line].filter(Boolean).join(" ");
    byId("boundary").textContent = caveats;
    byId("boundary").hidden = !caveats;
    byId("sources").textContent = [
      text("source", { source: data.sources.join("; ") }), text("projection"),
      text("created", { date: data.created }), data.software,
    ].filter(Boolean).join(" · ");
    byId("honesty-open").hidden = !data.honesty?.length;
    document.body.classList.toggle("many-pockets", data.pockets.length > 4);
    byId("show-pockets-box").hidden = data.pockets.length + data.wide.length === 0;
    byId("show-network-box").hidden = !data.network;
  }

  function fillChoices() {
    /** @param {string} value @param {string} label */
    const option = (value, label) => element("option", { value, text: label });
    byId("layer").replaceChildren(...data.layers.map((layer) => option(layer.key, layer.label)));
    byId("compare-open").hidden = data.layers.length < 2 && !data.trend;
    byId("other-name").textContent = text("compare_none");
    const byName = data.districts.map((_, i) => i)
      .sort((a, b) => data.districts[a].name.localeCompare(data.districts[b].name, "id", { numeric: true }));
    byId("district").replaceChildren(
      option("", text("all_districts")), ...byName.map((i) => option(String(i), data.districts[i].name)),
    );
    byId("pages-box").hidden = data.pages.length < 2;
    byId("home").hidden = !data.home;
    if (data.home) Object.assign(byId("home"), { href: data.home + (app.english ? "#bahasa=en" : ""), title: text("home") });
    byId("pages").replaceChildren(...data.pages.map((page) => element("option", {
      value: page.href, text: page.name, selected: page.current,
    })));
  }

  /** @param {HTMLElement} frame */
  function addNorth(frame) {
    const north = svg("svg", { class: "north", width: 26, height: 40, "aria-hidden": "true" });
    north.append(
      svg("path", { d: "M13 2 L20 24 L13 19 Z", fill: "#12305a" }),
      svg("path", { d: "M13 2 L6 24 L13 19 Z", fill: "#ffffff", stroke: "#12305a", "stroke-width": 1 }),
      svg("text", { x: 13, y: 37 }, text("north")),
    );
    frame.append(north);
  }

  /** @param {HTMLElement} frame */
  return (frame) => {
    fillHead();
    fillChoices();
    addNorth(frame);
  };
})();
