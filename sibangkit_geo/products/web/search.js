"use strict";
// Village search: a combobox with arrow keys; villages without polygon are found too.
/** @type {NonNullable<Sibangkit["setUpSearch"]>} */
window.sibangkit.setUpSearch = (onVillage, onUnmapped) => {
  const { data, byId, text, number, element, plain, values } = window.sibangkit;
  const MOST = 12;
  const [input, list] = [byId("search"), byId("matches")];
  const { villages } = data;
  const entries = [
    ...villages.name.map((name, row) => ({
      name, code: villages.code[row], sub: values.districtName(row), choose: () => onVillage(row),
    })),
    ...data.unmapped.map((one) => ({
      name: one.name, code: one.code, sub: `${one.district} · ${text("search_unmapped")}`,
      choose: () => onUnmapped(one),
    })),
  ];
  /** @type {string[] | null} */
  let keys = null; // made at the first search
  /** @type {[{name: string, code: string, sub: string, choose: () => void}[], number]} */
  let [found, active] = [[], -1];
  input.placeholder = text("search_hint");

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  /** @param {{name: string, choose: () => void}} entry */
  function choose(entry) {
    input.value = entry.name;
    close();
    entry.choose();
  }

  /** @param {number} index */
  function mark(index) {
    active = index;
    [...list.children].forEach((item, i) => {
      item.setAttribute("aria-selected", String(i === active));
      if (i === active) item.scrollIntoView({ block: "nearest" });
    });
    if (active >= 0) input.setAttribute("aria-activedescendant", `match-${active}`);
  }

  /** @param {string} query */
  function search(query) {
    keys ??= entries.map((one) => plain(`${one.name} ${one.code}`));
    const hits = entries.map((_, i) => i).filter((i) => keys[i].includes(query));
    // @ts-expect-error - true comes before false
    hits.sort((a, b) => keys[b].startsWith(query) - keys[a].startsWith(query)
      || entries[a].name.localeCompare(entries[b].name, "id"));
    return hits.map((i) => entries[i]);
  }

  function open() {
    const query = plain(input.value);
    if (!query) { close(); return; }
    const hits = search(query);
    found = hits.slice(0, MOST);
    byId("search-status").textContent = hits.length
      ? text("search_count", { n: number(hits.length) }) : text("search_none");
    list.replaceChildren(...(found.length ? found.map((one, i) => element("li", {
      role: "option", id: `match-${i}`, "aria-selected": "false", "data-code": one.code,
      onmousedown: (event) => { event.preventDefault(); choose(one); },
    }, [element("span", { text: one.name }), element("span", { class: "sub", text: one.sub })]))
      : [element("li", { class: "none", role: "option", "aria-disabled": "true", text: text("search_none") })]));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(found.length ? 0 : -1);
  }

  input.addEventListener("input", open);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) close();
    else if (event.key === "Enter" && active >= 0) choose(found[active]);
    else if (event.key === "ArrowDown" && list.hidden) open();
    else if (event.key === "ArrowDown") mark(Math.min(active + 1, found.length - 1));
    else if (event.key === "ArrowUp") mark(Math.max(active - 1, 0));
    else return;
    event.preventDefault();
  });
};
