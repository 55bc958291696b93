// The library ships no types; this declares the one function that is used.
declare module "murmurhash3js-revisited" {
  const murmurHash3: {
    readonly x86: {
      /** MurmurHash3 x86 32 of `bytes` with `seed`, as a uint32. */
      hash32(bytes: Uint8Array, seed?: number): number;
    };
  };
  export default murmurHash3;
}
