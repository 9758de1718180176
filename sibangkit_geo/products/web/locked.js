"use strict";
// A page that shows nothing until its password is typed, and then opens what it holds in its place.
(() => {
  /** @type {Sealed} */
  const sealed = JSON.parse(document.getElementById("sealed").textContent);
  /** @type {(id: string) => any} */
  const byId = (id) => document.getElementById(id);
  const [form, field, fault, status, button] = ["form", "password", "fault", "status", "open"].map(byId);
  // as on the page inside, which takes it over with the address
  const wish = () => new URLSearchParams(window.location.hash.slice(1));
  let language = wish().get("bahasa") === "en" ? "en" : "id";
  /** @type {string | null} */
  let wrong = null;

  /** @param {string} key */
  const text = (key) => sealed.texts[language][key];

  /** @param {string | null} key */
  function complain(key) {
    wrong = key;
    fault.textContent = key ? text(key) : "";
    field.toggleAttribute("aria-invalid", false);
    if (key) field.setAttribute("aria-invalid", "true");
  }

  function write() {
    document.documentElement.lang = language;
    for (const one of document.querySelectorAll("[data-text]")) {
      if (one instanceof HTMLElement) one.textContent = text(one.dataset.text);
    }
    const [study, agency] = sealed.names[language];
    byId("title").textContent = study;
    byId("agency").textContent = agency;
    document.title = [text("heading"), study, agency].filter(Boolean).join(" · ");
    byId("language").textContent = text("other");
    byId("language").lang = language === "en" ? "id" : "en";
    byId("language").setAttribute("aria-label", `${text("other")} · ${text("other_name")}`);
    complain(wrong);
  }

  function turn() {
    language = language === "en" ? "id" : "en";
    const wanted = wish();
    wanted.delete("bahasa");
    if (language === "en") wanted.set("bahasa", "en");
    const address = `#${wanted.toString().replace(/%2C/g, ",")}`;
    try {
      window.history.replaceState(null, "", address);
    } catch {
      window.location.replace(address);
    }
    write();
  }

  // with a thousand photos these are 16 million signs: `Uint8Array.from` takes 30 times as long
  /** @param {string} packed */
  function bytesOf(packed) {
    const signs = atob(packed);
    const bytes = new Uint8Array(signs.length);
    for (let i = 0; i < signs.length; i += 1) bytes[i] = signs.charCodeAt(i);
    return bytes;
  }

  /** @param {string} password */
  async function keyOf(password) {
    const { subtle } = window.crypto;
    // an accent may be typed as one sign or as two
    const typed = new TextEncoder().encode(password.normalize("NFC"));
    const from = await subtle.importKey("raw", typed, "PBKDF2", false, ["deriveKey"]);
    const rule = { name: "PBKDF2", hash: "SHA-256", salt: bytesOf(sealed.salt), iterations: sealed.rounds };
    return subtle.deriveKey(rule, from, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  }

  // a wrong password and a changed file look alike: the tag fits neither
  /** @param {CryptoKey} key @returns {Promise<ArrayBuffer | null>} */
  async function opened(key) {
    const rule = { name: "AES-GCM", iv: bytesOf(sealed.nonce), additionalData: new TextEncoder().encode(sealed.kind) };
    const content = bytesOf(sealed.content);
    try {
      return await window.crypto.subtle.decrypt(rule, key, content);
    } catch {
      return null;
    }
  }

  /** @param {ArrayBuffer} packed */
  const inflated = (packed) => new Response(
    new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate")),
  ).text();

  /** @param {string} page */
  function show(page) {
    // what the page before still had in mind must not reach the one that follows
    for (let last = Number(setTimeout(() => {}, 0)); last > 0; last -= 1) clearTimeout(last);
    for (let last = requestAnimationFrame(() => {}); last > 0; last -= 1) cancelAnimationFrame(last);
    // the page inside opens anew in the other language; a reload would lock it
    window.reopen = () => show(page);
    document.open();
    document.write(page);
    document.close();
  }

  async function unlock() {
    if (button.getAttribute("aria-disabled")) return;
    complain(field.value ? null : "empty");
    if (wrong) {
      field.focus();
      return;
    }
    button.setAttribute("aria-disabled", "true");
    status.textContent = text("opening");
    try {
      const packed = await opened(await keyOf(field.value));
      if (packed) show(await inflated(packed));
      else complain("wrong");
    } catch {
      complain("damaged");
    }
    if (!wrong) return;
    status.textContent = "";
    button.removeAttribute("aria-disabled");
    field.focus();
    field.select();
  }

  byId("language").addEventListener("click", turn);
  byId("show").addEventListener("change", () => { field.type = byId("show").checked ? "text" : "password"; });
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    unlock();
  });
  write();
  // only pages of this computer, or of a site with https, may decrypt
  if (window.crypto?.subtle && typeof DecompressionStream === "function") field.focus();
  else {
    complain("unable");
    button.disabled = true;
  }
  document.documentElement.dataset.ready = "1";
})();
