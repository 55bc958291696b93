// What a client is told when it is in: `joined`, or `resumed` with a replay or a snapshot.
//
// A node's grant says who and where; the edge adds what is its own: the sealed resume token, how to come back, how
// often to ping.

import type { JoinedBody, ReconnectAdvice, ResumedBody, ResumeGrant } from "../protocol/bodies.ts";
import { Kind, Message } from "../protocol/message.ts";
import { welcomeFrameBytes } from "../protocol/sizes.ts";
import type { NodeRecord } from "../cluster-view.ts";
import type { AttachGrant } from "../trunk.ts";
import type { EdgeOutbox } from "./edge-outbox.ts";
import type { EdgePolicy } from "./edge-policy.ts";

/** Composes the welcomes of one edge. */
export class EdgeWelcome {
  readonly #policy: EdgePolicy;
  readonly #outbox: EdgeOutbox;

  constructor(policy: EdgePolicy, outbox: EdgeOutbox) {
    this.#policy = policy;
    this.#outbox = outbox;
  }

  /** `spreadMs`: W as it is now. */
  of(grant: AttachGrant, record: NodeRecord | undefined, spreadMs: number): Message {
    const reconnect: ReconnectAdvice = { spreadMs, capMs: this.#policy.reconnectCapMs };
    const resume = this.#resumeGrant(grant, record);
    const nodeId = record?.nodeId ?? "";
    return grant.mode === "joined"
      ? made(Kind.joined, this.#joined(grant, resume, reconnect, nodeId), grant)
      : made(Kind.resumed, resumed(grant, resume, reconnect, nodeId), grant);
  }

  #joined(
    grant: AttachGrant,
    resume: ResumeGrant,
    reconnect: ReconnectAdvice,
    nodeId: string,
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
      ...(grant.sfu === undefined ? {} : { sfu: grant.sfu }),
    };
  }

  #resumeGrant(grant: AttachGrant, record: NodeRecord | undefined): ResumeGrant {
    const token = this.#outbox.sealResume({
      sessionId: grant.sessionId,
      roomId: grant.roomId,
      participantId: grant.participant.id,
      name: grant.participant.name,
      nodeId: record?.nodeId ?? "",
      incarnation: record?.incarnation ?? 0,
      session: grant.session,
      rotation: grant.rotation,
      expectedSize: grant.expectedSize,
    });
    return {
      token,
      windowMs: this.#policy.resumeWindowMs,
      graceMs: this.#policy.presenceGraceMs,
      bufferMax: this.#policy.bufferMax,
    };
  }
}

function resumed(
  grant: AttachGrant,
  resume: ResumeGrant,
  reconnect: ReconnectAdvice,
  nodeId: string,
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
    ...(grant.sfu === undefined ? {} : { sfu: grant.sfu }),
  };
}

function made(kind: Kind, body: JoinedBody | ResumedBody, grant: AttachGrant): Message {
  const bytes = welcomeFrameBytes(kind, body, grant.participantsBytes);
  return new Message(kind, 0, "", "", 0, bytes, "", body);
}
