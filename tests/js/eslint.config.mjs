// The pages' scripts are plain scripts that meet on `window.sibangkit`; the tools here are modules.
import { readFileSync } from "node:fs";
import js from "@eslint/js";

const { include } = JSON.parse(readFileSync(new URL("tsconfig.json", import.meta.url), "utf8"));
const pages = include[0].replace(/^(?:\.\.\/)+/, "");
const names = (words) => Object.fromEntries(words.split(/\s+/).map((name) => [name, "readonly"]));

const strict = {
  "array-callback-return": "error",
  "block-scoped-var": "error",
  "consistent-return": "error",
  "default-case-last": "error",
  eqeqeq: "error",
  "guard-for-in": "error",
  "no-alert": "error",
  "no-array-constructor": "error",
  "no-caller": "error",
  "no-console": "error",
  "no-constructor-return": "error",
  "no-duplicate-imports": "error",
  "no-eval": "error",
  "no-extend-native": "error",
  "no-extra-bind": "error",
  "no-implicit-coercion": "error",
  "no-implied-eval": "error",
  "no-iterator": "error",
  "no-lone-blocks": "error",
  "no-new-func": "error",
  "no-new-wrappers": "error",
  "no-object-constructor": "error",
  "no-param-reassign": "error",
  "no-promise-executor-return": "error",
  "no-proto": "error",
  "no-script-url": "error",
  "no-self-compare": "error",
  "no-shadow": ["error", { allow: ["shown"] }],
  "no-template-curly-in-string": "error",
  "no-throw-literal": "error",
  "no-unmodified-loop-condition": "error",
  "no-unreachable-loop": "error",
  "no-unused-expressions": ["error", { allowShortCircuit: true }],
  "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
  "no-useless-call": "error",
  "no-useless-concat": "error",
  "no-useless-rename": "error",
  "no-useless-return": "error",
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-const": ["error", { destructuring: "all" }],
  "prefer-object-has-own": "error",
  "prefer-rest-params": "error",
  "prefer-spread": "error",
  radix: "error",
  "require-await": "error",
  strict: ["error", "global"],
  "symbol-description": "error",
  yoda: "error",
};

export default [
  { ignores: ["**/*", "!**/", `!${pages}`, "!tests/js/*.mjs", "**/node_modules/", "**/.venv/"] },
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: "error" }, rules: strict },
  {
    files: [pages],
    languageOptions: {
      sourceType: "script",
      globals: names(`window document Blob DecompressionStream Image Path2D ResizeObserver Response
        HTMLElement TextEncoder URL URLSearchParams XMLSerializer atob cancelAnimationFrame
        clearTimeout getComputedStyle performance requestAnimationFrame setTimeout`),
    },
  },
  // the notebook map has Leaflet by its own name, and takes these from the script
  {
    files: [pages.replace("*.js", "folium.js")],
    languageOptions: { globals: names("L") },
    rules: { "no-unused-vars": ["error", { varsIgnorePattern: "^sibangkit" }] },
  },
  {
    files: ["tests/js/*.mjs"],
    languageOptions: { globals: names("TextDecoder URL console setTimeout window") },
    rules: { strict: "off", "no-console": "off" },
  },
];
