// What several commands take from an option: a number, a number of seeds, a price, one value more.
//
// Commander prints what is thrown behind the option's name, so a message is only what the value must be.

import { InvalidArgumentError } from "commander";

/** One more value of an option that may be repeated. */
export function collected(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** A whole number, `least` or more. */
export function wholeFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && Number.isSafeInteger(value)) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least}.`);
  };
}

/** How many seeds. More than a thousand are a mistake, not patience. */
export function seedCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 1_000) return count;
  throw new InvalidArgumentError("It must be 1 to 1,000 seeds.");
}

/** In any currency, 0 or more. */
export function price(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a price, such as 0.12.");
}
