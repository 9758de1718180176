// Which script reads which key of the page's data: the compiler's answer must be the table's.
// `node readers.mjs --write` writes it into the table.
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { declarationFile, declarations, table } from "./page-data.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const config = ts.getParsedCommandLineOfConfigFile(`${here}tsconfig.json`, {}, {
  ...ts.sys, onUnRecoverableConfigFileDiagnostic: (one) => { throw new Error(String(one.messageText)); },
});
const program = ts.createProgram(config.fileNames, config.options);
const checker = program.getTypeChecker();
const found = new Map();

// the keys of the table behind a property, also where a type was made from another
function note(symbol, script) {
  for (const one of symbol?.declarations ?? []) {
    if (one.getSourceFile().fileName === declarationFile.replaceAll("\\", "/") && ts.isPropertySignature(one)) {
      const key = `${one.parent.name.text}.${one.name.getText()}`;
      if (!found.has(key)) found.set(key, new Set());
      found.get(key).add(script);
    }
  }
}

function visit(node, script) {
  if (ts.isPropertyAccessExpression(node)) note(checker.getSymbolAtLocation(node.name), script);
  if (ts.isElementAccessExpression(node) && ts.isStringLiteral(node.argumentExpression)) {
    note(checker.getTypeAtLocation(node.expression).getProperty(node.argumentExpression.text), script);
  }
  if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
    const key = (node.propertyName ?? node.name).getText();
    const type = checker.getTypeAtLocation(node.parent);
    for (const part of type.isUnion() ? type.types : [type]) note(part.getProperty(key), script);
  }
  ts.forEachChild(node, (child) => visit(child, script));
}

for (const file of program.getSourceFiles()) {
  if (file.fileName.endsWith(".js") && !file.isDeclarationFile) visit(file, basename(file.fileName));
}

const isScript = (reader) => reader.endsWith(".js");
const faults = [];
for (const [name, keys] of Object.entries(table)) {
  for (const [key, entry] of Object.entries(keys)) {
    const scripts = [...found.get(`${name}.${key}`) ?? []].sort();
    const told = entry.readers.filter(isScript).sort();
    if (told.join() !== scripts.join()) {
      faults.push(`${name}.${key}: the table names ${told.join(", ") || "no script"}, but ${scripts.join(", ") || "none"} reads it`);
    }
    // a key that a page carries in vain is named so
    if (!entry.readers.length) faults.push(`${name}.${key}: nobody reads it`);
    entry.readers = [...scripts, ...entry.readers.filter((reader) => !isScript(reader))];
  }
}
if (process.argv.includes("--write")) {
  const blocks = Object.entries(table).map(([name, keys]) => {
    const rows = Object.entries(keys).map(([key, { type, writer, readers }]) => (
      `    ${JSON.stringify(key)}: {"type": ${JSON.stringify(type)}, "writer": ${JSON.stringify(writer)}, "readers": [${readers.map((one) => JSON.stringify(one)).join(", ")}]}`
    ));
    return `  ${JSON.stringify(name)}: {\n${rows.join(",\n")}\n  }`;
  });
  writeFileSync(new URL("page-data.json", import.meta.url), `{\n${blocks.join(",\n")}\n}\n`);
} else {
  if (readFileSync(declarationFile, "utf8").replaceAll("\r\n", "\n") !== declarations()) {
    faults.push("types/page-data.d.ts is older than page-data.json: run `node tests/js/page-data.mjs`");
  }
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length ? 1 : 0;
}
