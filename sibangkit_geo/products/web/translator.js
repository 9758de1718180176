"use strict";
// From Indonesian into English: a text is matched against the sentences that the page carries, with places for names and numbers.
window.translator = (() => {
  const NUMBERS = /^[\d.,\s\u00a0%<>≥≤–−+-]+$/;
  const NUMBER = /(^|[^\w.,])(Rp\s?)?(\d+(?:\.\d{3})*(?:,\d+)?)(?!\w|[.,]\d)( triliun| miliar| juta| ribu)?/g;
  /** @type {Record<string, string>} */
  const SCALES = { " triliun": " trillion", " miliar": " billion", " juta": " million", " ribu": " thousand" };
  // a text that no sentence fits and that has one of these is Indonesian; others are names
  const INDONESIAN = /(?:^|[^\p{L}\d_])(?:yang|dan|dari|di|ke|tidak|untuk|dengan|desa|kecamatan|kabupaten|rumah|miskin|menurut|pada|belum|semua|atau|baris|sudah|bukan)(?:$|[^\p{L}\d_])|^(?:Tidak|Belum|Semua|Dari|Untuk|Yang|Menurut) /u;
  const ENDS = /[.!?…] (?=[\p{Lu}\d"“(*†‡…])/gu;
  const SEPARATORS = ["; ", " · ", ": ", ", ", " – "];
  const [SENTENCES, DEPTH, SHORT] = [4, 5, 12];

  /** @param {string} words */
  const swapped = (words) => words.replace(/[.,]/g, (sign) => (sign === "." ? "," : "."));

  // 1.234,5 and Rp1,07 miliar; codes and versions stay
  /** @param {string} words */
  const numbers = (words) => words.replace(NUMBER, (_all, before, money = "", digits, scale = "") => (
    `${before}${money}${swapped(digits)}${SCALES[scale] ?? ""}`
  ));

  /** @param {string} words */
  function balanced(words) {
    let open = 0;
    for (const sign of words) {
      if (sign === "(") open += 1;
      if (sign === ")") open -= 1;
      if (open < 0) return false;
    }
    return open === 0;
  }

  // where the sentences of a text begin
  /** @param {string} words */
  function sentencesOf(words) {
    const found = [];
    let start = 0;
    for (const { index } of words.matchAll(ENDS)) {
      if (/(?:^|\W)(?:Kec|No)$/.test(words.slice(start, index))) continue;
      found.push(words.slice(start, index + 1));
      start = index + 2;
    }
    return [...found, words.slice(start)];
  }

  /** @param {string} indonesian @param {string} english @returns {Sentence} */
  function frameOf(indonesian, english) {
    const parts = indonesian.split(/\{(\w+)\}/);
    const pieces = parts.filter((_, i) => i % 2 === 0);
    return { pieces, slots: parts.filter((_, i) => i % 2), english, weight: pieces.join("").length };
  }

  // each piece at its first place, or at its last: both in one pass, without going back
  /** @param {Sentence} frame @param {string} words @param {boolean} last @returns {string[] | null} */
  function fields({ pieces }, words, last) {
    const [head, tail] = [pieces[0], pieces[pieces.length - 1]];
    let [from, to] = [head.length, words.length - tail.length];
    if (from > to || !words.startsWith(head) || !words.endsWith(tail)) return null;
    const inner = pieces.slice(1, -1);
    const found = [];
    while (inner.length) {
      const piece = last ? inner.pop() : inner.shift();
      const at = last ? words.lastIndexOf(piece, to - piece.length) : words.indexOf(piece, from);
      if (at < from || at + piece.length > to) return null;
      if (last) {
        found.unshift(words.slice(at + piece.length, to));
        to = at;
      } else {
        found.push(words.slice(from, at));
        from = at + piece.length;
      }
    }
    const rest = words.slice(from, to);
    return last ? [rest, ...found] : [...found, rest];
  }

  /** @param {string[]} pairs */
  return (pairs) => {
    /** @type {Map<string, string>} */
    const whole = new Map();
    /** @type {Sentence[]} */
    const frames = [];
    /** @type {Map<string, Translated>} */
    const known = new Map();
    for (let i = 0; i < pairs.length; i += 2) {
      const [indonesian, english] = [pairs[i].trim(), pairs[i + 1].trim()];
      if (indonesian.includes("{")) frames.push(frameOf(indonesian, english));
      else whole.set(indonesian, english);
    }
    frames.sort((one, other) => other.weight - one.weight);

    // a place that holds the end of one sentence and the beginning of another was cut wrongly
    /** @param {string} words @param {number} depth */
    const clean = (words, depth) => {
      const told = translated(words, depth);
      return balanced(words) && !told.left && (told.found || sentencesOf(words).length === 1);
    };

    /** @param {string} words @param {number} depth @param {boolean} strict */
    function framed(words, depth, strict) {
      for (const frame of frames) {
        for (const last of [false, true]) {
          const found = fields(frame, words, last);
          if (!found) break;
          // "… dan …" fits any text
          const short = frame.weight < SHORT;
          if ((strict || short) && !found.every((one) => clean(one, depth + 1))) continue;
          if (short && found.some((one) => one.includes("; ") || one.includes(" · "))) continue;
          const told = found.map((one) => translated(one, depth + 1));
          return frame.english.replace(/\{(\w+)\}/g, (_slot, name) => told[frame.slots.indexOf(name)].text);
        }
      }
      return null;
    }

    // sentences one after the other; one of the page may itself be several
    /** @param {string} words @param {number} depth */
    function joined(words, depth) {
      const parts = sentencesOf(words);
      if (parts.length === 1) return null;
      const done = [];
      for (let at = 0; at < parts.length;) {
        /** @type {string | null} */
        let english = null;
        let taken = 0;
        while (english === null && taken < SENTENCES && at + taken < parts.length) {
          taken += 1;
          const one = parts.slice(at, at + taken).join(" ");
          english = whole.get(one) ?? framed(one, depth, true) ?? listed(one, depth);
        }
        if (english === null) return null;
        done.push(english);
        at += taken;
      }
      return done.join(" ");
    }

    // names and numbers side by side
    /** @param {string} words @param {number} depth */
    function listed(words, depth) {
      for (const separator of SEPARATORS) {
        const parts = words.split(separator);
        if (parts.length === 1) continue;
        const done = parts.map((one) => translated(one, depth + 1));
        if (done.some((one) => one.found) && !done.some((one) => one.left)) {
          return done.map((one) => one.text).join(separator);
        }
      }
      return null;
    }

    /** @param {string} words @param {number} depth @returns {Translated} */
    function match(words, depth) {
      if (NUMBERS.test(words)) return { text: numbers(words), found: false, left: false };
      const english = whole.get(words) ?? (depth > DEPTH ? null : framed(words, depth, true)
        ?? joined(words, depth) ?? listed(words, depth) ?? framed(words, depth, false));
      if (english !== null) return { text: english, found: true, left: false };
      return { text: numbers(words), found: false, left: INDONESIAN.test(words) };
    }

    // found: a sentence of the page fits; left: it stays Indonesian
    /** @param {string} words @param {number} [depth] @returns {Translated} */
    function translated(words, depth = 0) {
      const core = words.trim();
      if (!core) return { text: words, found: false, left: false };
      if (!known.has(core)) known.set(core, match(core, depth));
      const told = known.get(core);
      if (core === words) return told;
      const start = words.indexOf(core);
      return { ...told, text: words.slice(0, start) + told.text + words.slice(start + core.length) };
    }

    /** @param {string} words */
    return (words) => translated(words);
  };
})();
