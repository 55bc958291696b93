// The package's own types describe its root only, and its root seeds itself from the engine's own randomness on import.
declare module "seedrandom/lib/xor128.js" {
  interface Xor128State {
    readonly x: number;
    readonly y: number;
    readonly z: number;
    readonly w: number;
  }

  interface Xor128 {
    /** The next draw, a multiple of 2^-32 in [0, 1). */
    (): number;
    /** The next draw as a signed integer of 32 bits. */
    int32(): number;
  }

  export default function xor128(seed: number, options: { state: Xor128State }): Xor128;
}
