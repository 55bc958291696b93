// What the tidy test says of a line: where, what is wrong, what to write instead.

export interface SourceFile {
  /** From the root of the project, with slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Complaint {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly what: string;
  readonly instead: string;
}

export function complaintText({ path, line, what, instead }: Complaint): string {
  return `${path}:${line}: ${what}; ${instead}`;
}

export function isTest(path: string): boolean {
  return path.startsWith("test/") || path.endsWith(".test.ts");
}

/** The first folder of a path: "core" of core/hash.ts. */
export function folderOf(path: string): string {
  return path.split("/")[0];
}

/** Each line that `pattern` finds, by number from 1. */
export function linesWith(text: string, pattern: RegExp): readonly (readonly [number, string])[] {
  const found: (readonly [number, string])[] = [];
  text.split("\n").forEach((line, i) => {
    const match = pattern.exec(line);
    if (match !== null) found.push([i + 1, match[0]]);
  });
  return found;
}
