import tseslint from "typescript-eslint";

// What the compiler cannot forbid. House rules with replacements live in test/tidy.test.ts.
export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", "out/**"] },
  ...tseslint.configs.recommended,
  {
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      eqeqeq: "error",
      "prefer-const": "error",
    },
  },
  { files: ["**/*.test.ts"], rules: { "max-lines-per-function": "off" } },
);
