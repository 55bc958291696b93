// How large meetings are: presets for `clients.rooms.sizes`.
//
// Only the mean of `jitsi` is known from outside (3.4 people in 91,408 conferences of meet.jit.si, as
// its developers reported); the shapes are assumed. No published table of meeting sizes was found, so
// the answer of a scenario should be tried with more than one of these.

import type { SizeRange } from "./schema/clients.ts";

const range = (min: number, max: number, share: number): SizeRange => ({ min, max, share });

/** Preset → table; the shares of each add up to 1. */
export const SIZE_TABLES: Readonly<Record<string, readonly SizeRange[]>> = {
  /** Mean 3.6. Assumed; small calls, few lectures. */
  jitsi: [
    range(1, 1, 0.1),
    range(2, 2, 0.42),
    range(3, 4, 0.3),
    range(5, 8, 0.13),
    range(9, 16, 0.04),
    range(17, 40, 0.01),
  ],
  /** Mean 7.2. Assumed; working days of a company, a town hall now and then. */
  enterprise: [
    range(2, 2, 0.45),
    range(3, 5, 0.3),
    range(6, 10, 0.15),
    range(11, 25, 0.07),
    range(26, 100, 0.025),
    range(101, 340, 0.005),
  ],
  /** Mean 7.6. Assumed; `enterprise` with one webinar in 2,000 rooms. */
  webinar: [
    range(2, 2, 0.45),
    range(3, 5, 0.3),
    range(6, 10, 0.15),
    range(11, 25, 0.07),
    range(26, 100, 0.0245),
    range(101, 340, 0.005),
    range(500, 1_500, 0.0005),
  ],
};
