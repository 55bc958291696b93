// What a trunk between processes may take: time and memory.

export interface TrunkLimits {
  /** From dialling, or from the upgrade, to the last word of the handshake. */
  readonly handshakeTimeoutMs: number;
  /** A ping after this much silence. */
  readonly pingAfterMs: number;
  /** The other end is lost after this much silence, answers to pings included. */
  readonly lostAfterMs: number;
  /** Largest piece that is sent or taken: one frame may fill it. */
  readonly pieceBytesMax: number;
  /** What may wait for the trunk to open. */
  readonly waitingBytesMax: number;
  /** What may wait to be sent. Core gives a trunk up long before; this bounds memory when nobody asks core. */
  readonly bufferedBytesMax: number;
}

/** Assumed but for lostAfterMs, which is the lease of a node (SPEC PL4): who is silent on both ways is noticed at the same time. `serve` sets it from `cluster.trunk.timeout`. */
export const TRUNK_LIMITS: TrunkLimits = {
  handshakeTimeoutMs: 5_000,
  pingAfterMs: 1_000,
  lostAfterMs: 6_000,
  pieceBytesMax: 32 * 1024 * 1024, // A roster of 4,000 with all the metadata that the protocol allows.
  waitingBytesMax: 16 * 1024 * 1024,
  bufferedBytesMax: 128 * 1024 * 1024, // Twice what core gives up at.
};

export const TRUNK_PROTOCOL = "stormglass-trunk.v1";
export const TRUNK_PATH = "/v1/trunk";

/** Why an end closes the WebSocket; the reason stands beside it in words. */
export const TrunkClose = {
  normal: 1000,
  badFrame: 4400,
  wrongProof: 4401,
  otherLife: 4404,
  handshakeTimeout: 4408,
  replaced: 4409,
  tooMuch: 4413,
} as const;
export type TrunkClose = (typeof TrunkClose)[keyof typeof TrunkClose];
