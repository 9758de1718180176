"use strict";
// Help in place, and what the map cannot answer: windows made when they are first opened.
window.sibangkit.dialogs = (() => {
  const { data, byId, text, element, legend } = window.sibangkit;

  /** @param {"help" | "honesty" | "areas"} id @param {string} title @param {() => Node[]} build @param {{anew?: boolean}} options */
  function open(id, title, build, { anew = false } = {}) {
    const node = byId(id);
    if (anew) node.replaceChildren();
    if (!node.childNodes.length) {
      node.setAttribute("aria-label", title);
      node.append(
        element("div", { class: "detail-head" }, [
          element("h2", { text: title }),
          element("button", {
            type: "button", class: "close", text: "×", "aria-label": text("dialog_close"),
            onclick: () => node.close(),
          }),
        ]),
        element("div", { class: "dialog-body", tabindex: "0" }, build()),
      );
      node.onclick = (event) => { if (event.target === node) node.close(); };
    }
    node.showModal();
  }

  /** @param {string} key */
  const lines = (key) => text(key).split("\n").map((line) => line.trim()).filter(Boolean);

  function shortcuts() {
    return element("dl", { class: "keys" }, lines("help_keys").flatMap((line) => {
      const [keys, meaning] = line.split("=").map((part) => part.trim());
      return [element("dt", {}, [element("kbd", { text: keys })]), element("dd", { text: meaning })];
    }));
  }

  function marks() {
    const shown = [
      { fill: "url(#hatch)", label: `${text("no_data")}: ${text("help_no_data")}` },
      { fill: "url(#thin)", label: `${text("thin")}: ${text("help_thin")}` },
      { evidence: "strict", label: `${text("pocket_strict")}: ${text("help_strict")}` },
      { evidence: "indicative", label: `${text("pocket_indicative")}: ${text("help_indicative")}` },
    ];
    return element("ul", { class: "marks" }, shown.map((one) => legend.row({ ...one, count: null })));
  }

  function help() {
    open("help", text("help"), () => [
      element("h3", { text: text("help_read") }), window.sibangkit.results.list(lines("help_read_items")),
      element("h3", { text: text("help_marks") }), marks(),
      element("h3", { text: text("help_estimate") }),
      element("p", { text: data.estimate_line }), element("p", { text: text("help_estimate_text") }),
      element("h3", { text: text("help_keys_title") }), shortcuts(),
    ]);
  }

  function honesty() {
    open("honesty", text("honesty"), () => [
      element("p", { class: "lead", text: data.estimate_line }), window.sibangkit.results.list(data.honesty),
    ]);
  }

  return { open, help, honesty };
})();
