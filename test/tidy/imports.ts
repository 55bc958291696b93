// Who may import whom: core ← sim ← bin, core ← live ← bin; reports knows results by their types alone.

import ts from "typescript";
import { type Complaint, type SourceFile, folderOf, isTest } from "./complaint.ts";

const NODE_FOLDERS = ["bin", "live", "test", "deploy"];

/** Folder → the folders it may import, itself included; "types" means `import type` only. */
const MAY_IMPORT: Readonly<Record<string, Readonly<Record<string, "all" | "types">>>> = {
  core: { core: "all" },
  sim: { sim: "all", core: "all", scenarios: "types" },
  scenarios: { scenarios: "all", core: "types", sim: "types" },
  reports: { reports: "all", sim: "types", scenarios: "types" },
  live: { live: "all", core: "all" },
  bin: { bin: "all", core: "all", sim: "all", scenarios: "all", reports: "all", live: "all" },
};

/** The engine knows nothing of signaling. */
const ENGINE_MAY_IMPORT = ["core/assert.ts", "core/hash.ts"];

interface Import {
  readonly from: string;
  readonly line: number;
  readonly typesOnly: boolean;
}

export function importFaults(file: SourceFile): readonly Complaint[] {
  if (isTest(file.path) || !file.path.endsWith(".ts")) return [];
  const complaints: Complaint[] = [];
  for (const one of importsOf(file)) {
    const [what, instead] = faultOf(file.path, one) ?? ["", ""];
    if (what !== "") complaints.push({ path: file.path, line: one.line, what, instead });
  }
  return complaints;
}

type Fault = readonly [what: string, instead: string];

function faultOf(path: string, { from, typesOnly }: Import): Fault | undefined {
  const folder = folderOf(path);
  if (from.startsWith("node:")) {
    if (NODE_FOLDERS.includes(folder)) return undefined;
    return [
      `imports ${from}`,
      "only bin, live and test know Node: take what it gives as an argument",
    ];
  }
  if (!from.startsWith(".")) {
    if (folder !== "core" || from === "murmurhash3js-revisited") return undefined;
    return [`imports ${from}`, "core imports nothing but its hash library"];
  }
  if (!from.endsWith(".ts") && !from.endsWith(".json")) {
    return [`imports ${from}`, "project files are imported with their ending .ts"];
  }
  const target = resolved(path, from);
  const allowed = MAY_IMPORT[folder];
  if (allowed === undefined) return undefined; // Files beside the folders configure tools.
  const how = allowed[folderOf(target)];
  if (how === undefined) {
    return [`imports ${target}`, `${folder} may import ${Object.keys(allowed).join(", ")}`];
  }
  if (how === "types" && !typesOnly) {
    return [`imports values of ${target}`, `${folder} may use \`import type\` there`];
  }
  const isEngine = path.startsWith("sim/engine/") && !target.startsWith("sim/engine/");
  if (isEngine && !ENGINE_MAY_IMPORT.includes(target)) {
    return [`imports ${target}`, `the engine may import ${ENGINE_MAY_IMPORT.join(", ")}`];
  }
  return undefined;
}

function resolved(path: string, from: string): string {
  const parts = path.split("/").slice(0, -1);
  for (const part of from.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function importsOf(file: SourceFile): readonly Import[] {
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2023, true);
  const imports: Import[] = [];
  const add = (specifier: ts.Expression | undefined, typesOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    const { line } = tree.getLineAndCharacterOfPosition(specifier.getStart(tree));
    imports.push({ from: specifier.text, line: line + 1, typesOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypesOnly(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return imports;
}

function isTypesOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = clause;
  if (name !== undefined || namedBindings === undefined || !ts.isNamedImports(namedBindings))
    return false;
  return namedBindings.elements.length > 0 && namedBindings.elements.every((one) => one.isTypeOnly);
}
