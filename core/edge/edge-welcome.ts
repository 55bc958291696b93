// What a client is told when it is in: `joined`, or `resumed` with a replay or a snapshot.
//
// A node's grant says who and where; the edge adds what is its own: the sealed resume token, how to come back, how
// often to ping.

import type {
  ClientLimits,
  IceBody,
  JoinedBody,
  ReconnectAdvice,
  ResumedBody,
  ResumeGrant,
} from "../protocol/bodies.ts";
import type { ProtocolLimits } from "../protocol/limits.ts";
import { Kind, Message } from "../protocol/message.ts";
import { welcomeFrameBytes } from "../protocol/sizes.ts";
import type { NodeRecord } from "../cluster-view.ts";
import { slotOf } from "../handles.ts";
import type { AttachGrant, ResumeClaims } from "../trunk.ts";
import type { Connections } from "./connections.ts";
import type { EdgeOutbox } from "./edge-outbox.ts";
import type { EdgePolicy } from "./edge-policy.ts";

/** Composes the welcomes of one edge. */
export class EdgeWelcome {
  readonly #policy: EdgePolicy;
  readonly #outbox: EdgeOutbox;
  readonly #connections: Connections;
  readonly #recordOf: (node: number) => NodeRecord | undefined;
  readonly #limits: ClientLimits;

  constructor(
    policy: EdgePolicy,
    outbox: EdgeOutbox,
    connections: Connections,
    recordOf: (node: number) => NodeRecord | undefined,
  ) {
    this.#policy = policy;
    this.#outbox = outbox;
    this.#connections = connections;
    this.#recordOf = recordOf;
    this.#limits = clientLimits(policy.limits);
  }

  /** For a connection that a grant has just let in. `spreadMs`: W as it is now. */
  of(connection: number, grant: AttachGrant, spreadMs: number, nowMs: number): Message {
    const reconnect: ReconnectAdvice = { spreadMs, capMs: this.#policy.reconnectCapMs };
    const record = this.#recordOf(this.#connections.node[slotOf(connection)]!);
    const resume: ResumeGrant = {
      token: this.freshToken(connection, nowMs),
      windowMs: this.#policy.resumeWindowMs,
      graceMs: this.#policy.presenceGraceMs,
      bufferMax: this.#policy.bufferMax,
    };
    const nodeId = record?.nodeId ?? "";
    const ice = this.#outbox.iceFor(grant.participant.id);
    return grant.mode === "joined"
      ? made(Kind.joined, this.#joined(grant, resume, reconnect, nodeId, ice), grant)
      : made(Kind.resumed, resumed(grant, resume, reconnect, nodeId, ice), grant);
  }

  #joined(
    grant: AttachGrant,
    resume: ResumeGrant,
    reconnect: ReconnectAdvice,
    nodeId: string,
    ice: IceBody | undefined,
  ): JoinedBody {
    return {
      session: grant.sessionId,
      you: grant.participant.id,
      participants: grant.participants,
      epoch: grant.epoch,
      resume,
      ping: this.#policy.ping,
      reconnect,
      node: nodeId,
      region: this.#policy.region,
      media: grant.media,
      limits: this.#limits,
      ...(ice === undefined ? {} : { ice }),
      ...(grant.sfu === undefined ? {} : { sfu: grant.sfu }),
    };
  }

  /** A resume token for a connection that is in, worth its time from now. */
  freshToken(connection: number, nowMs: number): string {
    const c = this.#connections;
    const at = slotOf(connection);
    const record = this.#recordOf(c.node[at]!);
    const room = c.room[at];
    const participant = c.participant[at];
    c.sealedAtMs[at] = nowMs;
    const claims: ResumeClaims = {
      sessionId: c.sessionId[at]!,
      roomId: room?.roomId ?? "",
      participantId: participant?.id ?? "",
      name: participant?.name ?? "",
      nodeId: record?.nodeId ?? "",
      incarnation: record?.incarnation ?? 0,
      session: c.session[at]!,
      rotation: c.rotation[at]!,
      expectedSize: room?.expectedSize ?? 0,
      validUntilMs: nowMs + this.#policy.resumeTtlMs,
    };
    return this.#outbox.sealResume(claims);
  }
}

function clientLimits(limits: ProtocolLimits): ClientLimits {
  return {
    frameBytesMax: limits.frameBytesMax,
    sdpBytesMax: limits.sdpBytesMax,
    metaBytesMax: limits.metaBytesMax,
    stateBytesMax: limits.stateBytesMax,
    messageBytesMax: limits.messageBytesMax,
    candidatesPerMessageMax: limits.candidatesPerMessageMax,
  };
}

function resumed(
  grant: AttachGrant,
  resume: ResumeGrant,
  reconnect: ReconnectAdvice,
  nodeId: string,
  ice: IceBody | undefined,
): ResumedBody {
  return {
    mode: grant.mode === "replay" ? "replay" : "snapshot",
    ...(grant.reason === undefined ? {} : { reason: grant.reason }),
    ...(grant.mode === "replay"
      ? { from: grant.replayFrom, to: grant.s }
      : { s: grant.s, participants: grant.participants }),
    epoch: grant.epoch,
    resume,
    reconnect,
    node: nodeId,
    media: grant.media,
    ...(ice === undefined ? {} : { ice }),
    ...(grant.sfu === undefined ? {} : { sfu: grant.sfu }),
  };
}

function made(kind: Kind, body: JoinedBody | ResumedBody, grant: AttachGrant): Message {
  const bytes = welcomeFrameBytes(kind, body, grant.participantsBytes);
  return new Message(kind, 0, "", "", 0, bytes, "", body);
}
