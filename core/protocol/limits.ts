// Every limit of rtcsig.v1 with its default, in one place (SPEC RM, TB). All are configuration; the ones a client
// must know travel in `joined.limits`.
//
// Source, unless a line says otherwise: the protocol design, §4.5 to §4.10 ("cited" there from the
// peers: LiveKit, Centrifugo, Nextcloud HPB, Discord, Ably).

export interface ProtocolLimits {
  /** Largest frame, bytes, after decompression. */
  readonly frameBytesMax: number;
  readonly sdpBytesMax: number;
  readonly metaBytesMax: number;
  readonly stateBytesMax: number;
  readonly volatileBytesMax: number;
  readonly messageBytesMax: number;
  readonly roomIdBytesMax: number;
  readonly nameCodePointsMax: number;
  readonly tokenBytesMax: number;
  /** Largest frame before authentication, bytes. */
  readonly unauthenticatedBytesMax: number;
  readonly candidatesPerMessageMax: number;
  /** JSON nesting depth. Deeper frames are bad frames: the parser must not recurse without end. */
  readonly nestingDepthMax: number;
}

export const PROTOCOL_LIMITS: ProtocolLimits = {
  frameBytesMax: 64 * 1024,
  sdpBytesMax: 48 * 1024,
  metaBytesMax: 4 * 1024,
  stateBytesMax: 1024,
  volatileBytesMax: 1024,
  messageBytesMax: 8 * 1024,
  roomIdBytesMax: 128,
  nameCodePointsMax: 128,
  tokenBytesMax: 4 * 1024,
  unauthenticatedBytesMax: 4 * 1024,
  candidatesPerMessageMax: 64,
  nestingDepthMax: 32,
};

/**
 * How deep a client reads a server's frame. A value lies three levels deeper in a roster than in the frame of who set it, and
 * servers may be configured to take 256 levels: one participant must not be able to make a room unreadable for the others.
 */
export const SERVER_NESTING_DEPTH_MAX = 256 + 8;

/** Characters a room id may have; a node id may in addition not contain ":" (SPEC PL1). */
export const ROOM_ID_PATTERN = /^[A-Za-z0-9._:-]{1,128}$/;
export const NODE_ID_PATTERN = /^[A-Za-z0-9._-]{1,63}$/;
export const PARTICIPANT_ID_PATTERN = /^[A-Za-z0-9._:@-]{1,128}$/;
/** Names of capabilities and state keys. Assumed. */
export const WORD_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;

/** WebSocket close codes (the range says what to do: 40xx stop, 41xx back off, 42xx/43xx reconnect as told). */
export const CloseCode = {
  normal: 1000,
  badFrame: 4001,
  tooLarge: 4002,
  unsupportedVersion: 4003,
  unauthorized: 4010,
  tokenExpired: 4011,
  forbidden: 4013,
  kicked: 4020,
  busy: 4100,
  internal: 4101,
  authTimeout: 4110,
  draining: 4210,
  heartbeatTimeout: 4220,
  redirect: 4302,
  resumeRejected: 4404,
  slow: 4408,
  replaced: 4409,
  rateLimited: 4429,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

export const ERROR_CODES = [
  "bad_request",
  "unknown_type",
  "too_large",
  "unauthorized",
  "forbidden",
  "no_such_peer",
  "room_full",
  "busy",
  "rate_limited",
  "resume_rejected",
  "not_joined",
  "duplicate",
  "internal",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];
