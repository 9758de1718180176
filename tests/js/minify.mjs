// What pages carry in place of the scripts and styles: shorter, the same to a browser.
// `node minify.mjs --write` makes it, from each file as it is; without, it says what is stale.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";

const folder = new URL("../../sibangkit_geo/products/web/", import.meta.url);
const target = fileURLToPath(new URL("minified.json", folder));
const names = readdirSync(folder).filter((name) => /\.(js|css)$/.test(name)).sort();

const made = Object.fromEntries(names.map((name) => {
  const text = readFileSync(new URL(name, folder), "utf8").replaceAll("\r\n", "\n");
  const { code } = transformSync(text, {
    loader: name.endsWith(".css") ? "css" : "js", minify: true, charset: "utf8", legalComments: "none",
  });
  return [name, { sha256: createHash("sha256").update(text).digest("hex"), text: code.trimEnd() }];
}));
const written = `${JSON.stringify(made, null, 1)}\n`;

if (argv.includes("--write")) writeFileSync(target, written);
else if (readFileSync(target, "utf8") !== written) {
  console.error("minified.json is stale: node tests/js/minify.mjs --write");
  exit(1);
}
