// The table of the keys of a page's data as TypeScript declarations: `node page-data.mjs` writes them.
import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

export const declarationFile = fileURLToPath(new URL("types/page-data.d.ts", import.meta.url));
export const table = JSON.parse(readFileSync(new URL("page-data.json", import.meta.url), "utf8"));

export function declarations() {
  const interfaces = Object.entries(table).map(([name, keys]) => {
    const lines = Object.entries(keys).map(([key, { type }]) => `  ${key}: ${type};`);
    return `interface ${name} {\n${lines.join("\n")}\n}\n`;
  });
  return `// Written by page-data.mjs from page-data.json; change that file.\n${interfaces.join("\n")}`;
}

if (argv[1] === fileURLToPath(import.meta.url)) writeFileSync(declarationFile, declarations());
