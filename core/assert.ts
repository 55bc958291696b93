// Broken rules are our bugs: they are thrown, never caught.
//
// The message is a constant string that states the rule positively; the value that broke it goes
// last. A template literal would be built on every call, pass or fail.

export class BrokenRule extends Error {
  override readonly name = "BrokenRule";
}

/** Throws `BrokenRule` unless `condition` holds. Has no side effects when it does. */
export function assert(condition: boolean, rule: string, got?: unknown): asserts condition {
  if (!condition) throw new BrokenRule(`Broken rule: ${rule}, got ${String(got)}`);
}

/** For the `default` of an exhaustive switch: a case that was forgotten does not compile. */
export function unreachable(value: never): never {
  throw new BrokenRule(`Broken rule: every case is handled, got ${String(value)}`);
}
