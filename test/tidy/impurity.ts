// What would make core or sim depend on a machine, a moment, or a version of Node.
//
// The compiler keeps most of it out, since it knows no Node and no DOM there; the language itself still
// has a clock, randomness, locales, promises, and powers whose last bits are the engine's own business.
// The syntax tree is asked, not the text: a comment or a string may name anything.

import ts from "typescript";
import { type Complaint, type SourceFile, folderOf, isTest } from "./complaint.ts";

const PURE_FOLDERS = ["core", "sim", "scenarios"];

/** Global name → what to use. */
const GLOBALS: ReadonlyMap<string, string> = new Map([
  ["Date", "take nowMs as an argument"],
  ["Intl", "format in reports, from numbers"],
  ["Promise", "write an order and take the answer as a fact"],
  ["setTimeout", "say it in nextDeadlineMs"],
  ["setInterval", "say it in nextDeadlineMs"],
  ["setImmediate", "say it in nextDeadlineMs"],
  ["queueMicrotask", "say it in nextDeadlineMs"],
  ["performance", "take nowMs as an argument"],
  ["process", "take it as an argument"],
  ["crypto", "take a draw as an argument"],
]);

/** Members of Math whose result or whose last bit is not ours. */
const MATH: ReadonlyMap<string, string> = new Map([
  ["random", "take a draw in [0, 1) as an argument"],
  ["pow", "multiply, or use a table"],
  ...["exp", "log"].map((name) => [name, "use sim/engine/elementary.ts"] as const),
  ...["log2", "log10", "log1p", "expm1", "sin", "cos", "tan", "atan2", "cbrt", "hypot"].map(
    (name) =>
      [name, "its last bit depends on the Node version: use sim/engine/elementary.ts"] as const,
  ),
]);

export function impurities(file: SourceFile): readonly Complaint[] {
  if (!PURE_FOLDERS.includes(folderOf(file.path)) || isTest(file.path)) return [];
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2023, true);
  const complaints: Complaint[] = [];
  const visit = (node: ts.Node): void => {
    const [what, instead] = faultOf(node) ?? ["", ""];
    if (what !== "") {
      const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
      complaints.push({ path: file.path, line: line + 1, what, instead });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return complaints;
}

type Fault = readonly [what: string, instead: string];

function faultOf(node: ts.Node): Fault | undefined {
  if (ts.isIdentifier(node)) return globalFault(node);
  if (ts.isPropertyAccessExpression(node)) return memberFault(node);
  switch (node.kind) {
    case ts.SyntaxKind.AsteriskAsteriskToken:
    case ts.SyntaxKind.AsteriskAsteriskEqualsToken:
      return ["**", "multiply, or use a table"];
    case ts.SyntaxKind.AsyncKeyword:
    case ts.SyntaxKind.AwaitExpression:
      return ["async", "write an order and take the answer as a fact"];
    default:
      return undefined;
  }
}

function globalFault(node: ts.Identifier): Fault | undefined {
  const instead = GLOBALS.get(node.text);
  if (instead === undefined || isOnlyAName(node)) return undefined;
  return [node.text, instead];
}

/** A property, a key or a declaration of one's own that has the same name. */
function isOnlyAName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isQualifiedName(parent)) return parent.right === node;
  if (ts.isPropertyAssignment(parent) || ts.isBindingElement(parent)) {
    return parent.name === node || ("propertyName" in parent && parent.propertyName === node);
  }
  const isDeclared =
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent);
  return isDeclared && parent.name === node;
}

function memberFault(node: ts.PropertyAccessExpression): Fault | undefined {
  const name = node.name.text;
  if (ts.isIdentifier(node.expression) && node.expression.text === "Math") {
    const instead = MATH.get(name);
    return instead === undefined ? undefined : [`Math.${name}`, instead];
  }
  if (name.startsWith("toLocale")) return [name, "use toLowerCase, String or reports/format.ts"];
  if (name === "localeCompare") return [name, "compare with < and >"];
  return undefined;
}
