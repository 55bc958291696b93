// YAML as people write it: keys in the order they are given, comments above what they speak of, no folded lines.
//
// Written so that readers of YAML 1.1, kubectl among them, and of 1.2 read the same: what one of them would take for
// something else than a text is quoted.

import { Document, isMap, isPair, isScalar, isSeq, type Node, type Pair } from "yaml";
import { wrapped } from "./provenance.ts";

/** A comment above the part at `path`. */
export interface Remark {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

/** One document. `head` stands before it, apart. Throws when a remark is of something that is not there. */
export function yamlText(value: object, head: string, remarks: readonly Remark[] = []): string {
  const document = new Document(value, { version: "1.1", aliasDuplicateObjects: false });
  if (head !== "") document.commentBefore = commentText(head.split("\n"));
  for (const { path, text } of remarks) {
    const node = partAt(document as { contents: unknown }, path);
    const comment = commentText(wrapped(text));
    const before = node.commentBefore;
    node.commentBefore =
      before === undefined || before === null ? comment : `${before}\n${comment}`;
  }
  return document.toString({ lineWidth: 0 });
}

/** The yaml library puts the mark of a comment before each line, and nothing between the two. */
function commentText(lines: readonly string[]): string {
  return lines.map((line) => (line === "" ? "" : ` ${line}`)).join("\n");
}

/** What carries a comment above the part: the key of a map, the item of a list. */
function partAt(document: { readonly contents: unknown }, path: Remark["path"]): Node {
  let at: unknown = document.contents;
  let carrier: unknown = at;
  for (const step of path) {
    if (isSeq(at) && typeof step === "number") carrier = at = at.items[step];
    else if (isMap(at)) {
      const pair: Pair | undefined = at.items.find((one) => isPair(one) && keyOf(one) === step);
      carrier = pair?.key;
      at = pair?.value;
    } else carrier = undefined;
    if (carrier === undefined) throw new Error(`there is no ${path.join(".")} to remark on`);
  }
  return carrier as Node; // A key or an item, which are nodes in a document made of a value.
}

function keyOf({ key }: Pair): unknown {
  return isScalar(key) ? key.value : key;
}
