// Rules of the web app's sources: those that types need, and those of Lit's templates.
import js from "@eslint/js";
import { configs as lit } from "eslint-plugin-lit";
import { configs as components } from "eslint-plugin-wc";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["made/", "node_modules/"] },
  js.configs.recommended,
  {
    files: ["src/**/*.ts"],
    extends: [
      ...tseslint.configs.strictTypeChecked,
      ...tseslint.configs.stylisticTypeChecked,
      lit["flat/recommended"],
      components["flat/best-practice"],
    ],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "lit/no-legacy-template-syntax": "error",
      "lit/no-template-map": "off",
      // Lit calls the listeners of its templates with their component as `this`.
      "@typescript-eslint/unbound-method": "off",
      // The base class of all components has these callbacks.
      "wc/guard-super-call": "off",
    },
  },
  {
    files: ["**/*.mjs", "*.js"],
    languageOptions: {
      globals: Object.fromEntries(
        ["Buffer", "console", "process", "URL", "URLSearchParams"].map((name) => [name, "readonly"]),
      ),
    },
  },
);
