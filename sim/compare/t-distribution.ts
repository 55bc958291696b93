// Student's t for any level: what share of its draws lie within ±t, and the t that holds a given share.
//
// The table of student-t.ts knows one level; a gate that looks several times, or at several metrics, needs others. For a whole
// number of degrees the share is a finite sum of the angle atan(t/√ν) and powers of its cosine (Abramowitz and Stegun, 26.7.3 and
// 26.7.4), so nothing is needed but the root that every machine rounds in the same way.

import { assert } from "../../core/assert.ts";

const { PI } = Math;

/** P(|T| ≤ t) for `degrees` of freedom from 1; 1 for an infinite t. Off by less than 1e-12. */
export function shareWithin(t: number, degrees: number): number {
  assert(Number.isInteger(degrees) && degrees >= 1, "degrees of freedom count from 1", degrees);
  const size = Math.abs(t);
  if (size === Infinity) return 1;
  const hypotenuse = Math.sqrt(degrees + size * size);
  const [sine, cosine] = [size / hypotenuse, Math.sqrt(degrees) / hypotenuse];
  return degrees % 2 === 0
    ? evenShare(sine, cosine, degrees)
    : oddShare(sine, cosine, degrees, arctangent(size / Math.sqrt(degrees)));
}

/** P(T ≥ t). */
export function shareAbove(t: number, degrees: number): number {
  const beyond = (1 - shareWithin(t, degrees)) / 2;
  return t >= 0 ? beyond : 1 - beyond;
}

/** The t with P(|T| ≤ t) = `confidence` (0 to 1, exclusive). */
export function quantileWithin(confidence: number, degrees: number): number {
  assert(confidence > 0 && confidence < 1, "a confidence is between 0 and 1", confidence);
  let [low, high] = [0, 1];
  while (shareWithin(high, degrees) < confidence) high *= 2;
  // Halved until the ends are neighbours.
  for (let middle = high / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (shareWithin(middle, degrees) < confidence) low = middle;
    else high = middle;
  }
  return high;
}

function evenShare(sine: number, cosine: number, degrees: number): number {
  const square = cosine * cosine;
  let [term, sum] = [1, 1];
  for (let k = 2; k <= degrees - 2; k += 2) {
    term *= (square * (k - 1)) / k;
    sum += term;
  }
  return sine * sum;
}

function oddShare(sine: number, cosine: number, degrees: number, angle: number): number {
  if (degrees === 1) return (2 * angle) / PI;
  const square = cosine * cosine;
  let [term, sum] = [cosine, cosine];
  for (let k = 3; k <= degrees - 2; k += 2) {
    term *= (square * (k - 1)) / k;
    sum += term;
  }
  return (2 / PI) * (angle + sine * sum);
}

/** Four halvings of the angle leave at most π/32, where eleven terms of the series are exact to the last bit. */
const HALVINGS = 4;
const LAST_TERM = 21;

function arctangent(tangent: number): number {
  let x = tangent;
  for (let i = 0; i < HALVINGS; i++) x /= 1 + Math.sqrt(1 + x * x);
  let sum = 0;
  for (let k = LAST_TERM; k >= 1; k -= 2) sum = 1 / k - x * x * sum;
  return 16 * x * sum;
}
