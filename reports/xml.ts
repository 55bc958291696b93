// XML as text: elements, their attributes in the order given, everything escaped.

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly XmlElement[];
  /** Instead of children. */
  readonly text: string;
}

export function element(
  name: string,
  attributes: XmlElement["attributes"],
  children: readonly XmlElement[] = [],
  text = "",
): XmlElement {
  return { name, attributes, children, text };
}

/** A document of one root element. */
export function xmlText(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${lines(root, "").join("\n")}\n`;
}

function lines({ name, attributes, children, text }: XmlElement, indent: string): string[] {
  const said = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const open = `${indent}<${name}${said.join("")}`;
  if (text !== "") return [`${open}>${escaped(text, false)}</${name}>`];
  if (children.length === 0) return [`${open}/>`];
  const inside = children.flatMap((child) => lines(child, `${indent}  `));
  return [`${open}>`, ...inside, `${indent}</${name}>`];
}

/** What XML 1.0 cannot hold at all, not even escaped; cited: its production Char. */
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu;
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\n": "&#10;",
  "\r": "&#13;",
  "\t": "&#9;",
};

/** Line ends in an attribute would come back as blanks, so they are entities there. */
function escaped(value: string | number, isAttribute = true): string {
  const marks = isAttribute ? /[&<>"'\n\r\t]/g : /[&<>\r]/g;
  return String(value)
    .replace(FORBIDDEN, "\ufffd")
    .replace(marks, (mark) => ENTITIES[mark]!);
}
