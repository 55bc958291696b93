// The shape of `d` for each kind of message. Values are JSON; sizes and ranges are enforced by codec.ts.

import type { ErrorCode } from "./limits.ts";

export interface ParticipantBody {
  readonly id: string;
  readonly name: string;
  readonly meta?: unknown;
  /** Coalescable state, last value per key. */
  readonly state?: Readonly<Record<string, unknown>>;
  /** "reconnecting" while the presence grace runs; absent when connected. */
  readonly connection?: "reconnecting";
}

export interface HelloBody {
  readonly server: string;
  readonly proto: 1;
  readonly authTimeoutMs: number;
}

export interface JoinBody {
  readonly room: string;
  readonly token: string;
  readonly name: string;
  readonly meta?: unknown;
  readonly caps?: readonly string[];
  readonly client?: string;
}

export interface ResumeBody {
  readonly room: string;
  /** Opaque resume token of the last `joined` or `resumed`. */
  readonly token: string;
  readonly session: string;
  /** Last sequence number received. */
  readonly last: number;
}

export interface ResumeGrant {
  readonly token: string;
  readonly windowMs: number;
  readonly graceMs: number;
  readonly bufferMax: number;
}

export interface ReconnectAdvice {
  /** Population-sized window W of the first attempt, ms (SPEC RC1). */
  readonly spreadMs: number;
  readonly capMs: number;
}

export interface PingAdvice {
  readonly everyMs: number;
  readonly timeoutMs: number;
}

/** Largest frame and parts of one, bytes; the rest of the limits concern nobody who keeps to these. */
export interface ClientLimits {
  readonly frameBytesMax: number;
  readonly sdpBytesMax: number;
  readonly metaBytesMax: number;
  readonly stateBytesMax: number;
  readonly messageBytesMax: number;
  readonly candidatesPerMessageMax: number;
}

/** ICE servers with time-limited credentials, worth `ttlMs` from now. */
export interface IceBody {
  readonly servers: readonly {
    readonly urls: readonly string[];
    readonly username?: string;
    readonly credential?: string;
  }[];
  readonly ttlMs: number;
}

export interface JoinedBody {
  readonly session: string;
  readonly you: string;
  readonly participants: readonly ParticipantBody[];
  readonly epoch: number;
  readonly resume: ResumeGrant;
  readonly ping: PingAdvice;
  readonly reconnect: ReconnectAdvice;
  readonly node: string;
  readonly region: string;
  /** What the client must keep to. */
  readonly limits?: ClientLimits;
  readonly ice?: IceBody;
  /** With an SFU, or with each other. */
  readonly media: "sfu" | "mesh";
  /** Where media lives; absent in mesh rooms, and while the SFU is being allocated. */
  readonly sfu?: SfuBody;
}

export interface ResumedBody {
  readonly mode: "replay" | "snapshot";
  readonly reason?: "gap" | "epoch" | "moved";
  /** replay: the missing messages are from … to, and follow in order. */
  readonly from?: number;
  readonly to?: number;
  /** snapshot: the sequence number from which the session goes on. */
  readonly s?: number;
  readonly participants?: readonly ParticipantBody[];
  readonly epoch: number;
  readonly resume: ResumeGrant;
  readonly reconnect: ReconnectAdvice;
  readonly node: string;
  readonly media: "sfu" | "mesh";
  readonly sfu?: SfuBody;
  readonly ice?: IceBody;
}

/** After a replay: those whose state changed meanwhile, as they are now. */
export interface SyncBody {
  readonly participants: readonly ParticipantBody[];
}

export interface SfuBody {
  readonly id: string;
  readonly url: string;
  readonly token: string;
}

export interface LeftBody {
  readonly id: string;
  readonly reason: "left" | "timeout" | "kicked" | "node-lost" | "replaced";
}

export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retry: boolean;
  readonly retryAfterMs?: number;
  readonly field?: string;
  /** Of `resume_rejected`. */
  readonly reason?: "expired" | "unknown" | "replaced" | "left";
}

export interface SdpBody {
  readonly sdp: string;
  readonly restart?: boolean;
}

export interface CandidateBody {
  readonly list: readonly {
    readonly candidate: string;
    readonly sdpMid?: string | undefined;
    readonly sdpMLineIndex?: number | undefined;
    readonly usernameFragment?: string | undefined;
  }[];
}

export interface PingBody {
  readonly ts: number;
  /** Last sequence number received: an acknowledgement that rides along. */
  readonly ack: number;
}

export interface PongBody {
  readonly ts: number;
  /** Present when W changed by more than a quarter since it was last told. */
  readonly spreadMs?: number;
  /** A fresh resume token, before the one that the client holds is worth nothing. */
  readonly token?: string;
  /** Fresh credentials, with a fresh token. */
  readonly ice?: IceBody;
}

export interface DrainBody {
  readonly deadlineMs: number;
  readonly reconnectAfterMs: number;
  readonly url?: string;
}

export interface ThrottledBody {
  readonly scope: "connection" | "room" | "node" | "queue";
  readonly level: number;
  readonly dropped: number;
  readonly merged: number;
  readonly retryAfterMs: number;
}
