// Numbers in exports: as short as they are meant.

/** Without the residue of doubles: 1 − 0.999 is 0.001. */
export function formatted(value: number): number {
  return Number(value.toPrecision(12));
}

/** "1,234". */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** JSON with keys in the order they are given. */
export function jsonText(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
