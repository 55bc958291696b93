// The quantile function of the standard normal distribution.
//
// M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics
// 37 (1988), routine PPND16: quotients of polynomials, accurate to one part in 10^16. Inverting the
// distribution takes one draw per number and never reorders draws, so that common random numbers stay
// common and a rarer draw is a more extreme value; rejection methods do neither.
//
// The polynomials of degree 7 are summed in pairs, in powers of r, r² and r⁴: twice as quick as from the
// inside out.

import { log } from "./elementary.ts";

/** The number that a standard normal variate is at most with probability `p`, 0 < p < 1. */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) return q * centre(0.180625 - q * q);
  const r = Math.sqrt(-log(q < 0 ? p : 1 - p));
  const distance = r <= 5 ? tail(r - 1.6) : farTail(r - 5);
  return q < 0 ? -distance : distance;
}

function centre(r: number): number {
  const r2 = r * r;
  const r4 = r2 * r2;
  const above =
    3.3871328727963665 + 133.14166789178438 * r + r2 * (1971.5909503065513 + 13731.69376550946 * r);
  const aboveHigh =
    45921.95393154987 + 67265.7709270087 * r + r2 * (33430.57558358813 + 2509.0809287301227 * r);
  const below = 1 + 42.31333070160091 * r + r2 * (687.1870074920579 + 5394.196021424751 * r);
  const belowHigh =
    21213.794301586597 + 39307.89580009271 * r + r2 * (28729.085735721943 + 5226.495278852854 * r);
  return (above + r4 * aboveHigh) / (below + r4 * belowHigh);
}

function tail(r: number): number {
  const r2 = r * r;
  const r4 = r2 * r2;
  const above =
    1.4234371107496835 + 4.630337846156546 * r + r2 * (5.769497221460691 + 3.6478483247632045 * r);
  const aboveHigh =
    1.2704582524523684 +
    0.2417807251774506 * r +
    r2 * (0.022723844989269184 + 0.0007745450142783414 * r);
  const below = 1 + 2.053191626637759 * r + r2 * (1.6763848301838038 + 0.6897673349851 * r);
  const belowHigh =
    0.14810397642748008 +
    0.015198666563616457 * r +
    r2 * (0.0005475938084995345 + 1.0507500716444169e-9 * r);
  return (above + r4 * aboveHigh) / (below + r4 * belowHigh);
}

function farTail(r: number): number {
  const r2 = r * r;
  const r4 = r2 * r2;
  const above =
    6.657904643501103 + 5.463784911164114 * r + r2 * (1.7848265399172913 + 0.29656057182850487 * r);
  const aboveHigh =
    0.026532189526576124 +
    0.0012426609473880784 * r +
    r2 * (2.7115555687434876e-5 + 2.0103343992922881e-7 * r);
  const below = 1 + 0.599832206555888 * r + r2 * (0.1369298809227358 + 0.014875361290850615 * r);
  const belowHigh =
    0.0007868691311456133 +
    1.8463183175100548e-5 * r +
    r2 * (1.421511758316446e-7 + 2.0442631033899397e-15 * r);
  return (above + r4 * aboveHigh) / (below + r4 * belowHigh);
}
