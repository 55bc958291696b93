// How a connection gets in: token, admission, placement, and the nodes that say no.
//
// The order of the gates: verified token, the edge's admission (resumes before joins), the placement policy, the
// node. A node that refuses names the next to ask, or the policy is asked again without it; after `probesMax`
// nodes the client is told when to come back. A busy answer keeps the socket: the client asks again in-band, so that
// a refusal never costs another TLS handshake (DESIGN).

import { assert } from "../assert.ts";
import { Admission } from "../admission.ts";
import { slotOf } from "../handles.ts";
import type { ClusterView, NodeRecord } from "../cluster-view.ts";
import type { ErrorBody, JoinBody, ResumeBody } from "../protocol/bodies.ts";
import { CloseCode } from "../protocol/limits.ts";
import { Kind, Message } from "../protocol/message.ts";
import { serverFrameBytes } from "../protocol/sizes.ts";
import type { AttachRequest, JoinClaims, Refusal, ResumeClaims } from "../trunk.ts";
import { ConnectionState, type Connections } from "./connections.ts";
import type { EdgeOutbox } from "./edge-outbox.ts";
import type { EdgePolicy } from "./edge-policy.ts";

/** Keys that cannot be had now may be had then, ms. Assumed: an issuer's hiccup. */
const VERIFY_AGAIN_MS = 5_000;
const GOLDEN = 0.6180339887498949; // Successive multiples, mod 1, fill an interval evenly.

export class EdgeArrivals {
  readonly admission: Admission;
  readonly #policy: EdgePolicy;
  readonly #outbox: EdgeOutbox;
  readonly #connections: Connections;
  readonly #view: ClusterView;
  readonly #spreadMs: (nowMs: number) => number;
  /** Hosts that this edge has seen accept a room, by room id. */
  readonly #hosts = new Map<string, NodeRecord>();
  #turnedAway = 0;
  /** Nodes asked, over all joins and resumes: the metric "probes". */
  probes = 0;

  constructor(
    policy: EdgePolicy,
    outbox: EdgeOutbox,
    connections: Connections,
    view: ClusterView,
    spreadMs: (nowMs: number) => number,
  ) {
    this.#policy = policy;
    this.#outbox = outbox;
    this.#connections = connections;
    this.#view = view;
    this.#spreadMs = spreadMs;
    this.admission = new Admission(policy.admission);
  }

  joinAsked(connection: number, body: JoinBody, nowMs: number): void {
    this.#begin(connection, {
      roomId: body.room,
      participantId: "",
      name: body.name,
      meta: body.meta,
      region: this.#policy.region,
      expectedSize: 0,
      roomMax: Infinity,
      as: "candidate",
      refusedBy: [],
      deadlineMs: nowMs + this.#policy.joinDeadlineMs,
      resume: undefined,
      last: 0,
    });
    this.#outbox.verifyToken(connection, body.token);
  }

  resumeAsked(connection: number, body: ResumeBody, nowMs: number): void {
    this.#begin(connection, {
      roomId: body.room,
      participantId: "",
      name: "",
      meta: undefined,
      region: this.#policy.region,
      expectedSize: 0,
      roomMax: Infinity,
      as: "candidate",
      refusedBy: [],
      deadlineMs: nowMs + this.#policy.joinDeadlineMs,
      resume: undefined,
      last: body.last,
    });
    this.#outbox.verifyResume(connection, body.token);
  }

  #begin(connection: number, request: AttachRequest): void {
    const at = slotOf(connection);
    this.#connections.state[at] = ConnectionState.verifying;
    this.#connections.request[at] = request;
  }

  tokenVerified(connection: number, claims: JoinClaims, nowMs: number): void {
    const request = this.#requestUnderWay(connection);
    if (request === undefined) return;
    if (claims.roomId !== request.roomId) {
      this.tokenRejected(connection, CloseCode.forbidden);
      return;
    }
    this.#admit(
      connection,
      "join",
      {
        ...request,
        participantId: claims.participantId,
        expectedSize: claims.expectedSize,
        roomMax: claims.roomMax,
      },
      nowMs,
    );
  }

  resumeVerified(connection: number, claims: ResumeClaims, nowMs: number): void {
    const request = this.#requestUnderWay(connection);
    if (request === undefined) return;
    if (claims.roomId !== request.roomId) {
      this.#answer(connection, "resume_rejected", "the token is for another room", 0, "unknown");
      return;
    }
    if (claims.validUntilMs < nowMs) {
      this.#answer(connection, "resume_rejected", "the resume token is too old", 0, "expired");
      return;
    }
    this.#admit(
      connection,
      "resume",
      {
        ...request,
        participantId: claims.participantId,
        name: claims.name,
        expectedSize: claims.expectedSize,
        resume: claims,
      },
      nowMs,
    );
  }

  /** A join token that is not good ends the connection; a resume token that is not good, only the session. */
  tokenRejected(connection: number, code: CloseCode): void {
    const request = this.#requestUnderWay(connection);
    if (request === undefined) return;
    if (code === CloseCode.resumeRejected) {
      this.#answer(connection, "resume_rejected", "the resume token is not valid", 0, "expired");
      return;
    }
    const isOurs = code === CloseCode.busy || code === CloseCode.internal;
    const what = code === CloseCode.forbidden ? "forbidden" : "unauthorized";
    if (isOurs)
      this.#answer(connection, "busy", "the token cannot be verified now", VERIFY_AGAIN_MS);
    else this.#answer(connection, what, "the token was refused", 0);
    this.#outbox.close(connection, code);
    this.#connections.release(connection);
  }

  #requestUnderWay(connection: number): AttachRequest | undefined {
    if (!this.#connections.isOpen(connection)) return undefined; // Closed while verifying.
    const at = slotOf(connection);
    if (this.#connections.state[at] !== ConnectionState.verifying) return undefined;
    return this.#connections.request[at];
  }

  #admit(connection: number, kind: "join" | "resume", request: AttachRequest, nowMs: number): void {
    const at = slotOf(connection);
    this.#connections.state[at] = ConnectionState.attaching;
    this.#connections.node[at] = -1; // While it queues no node has it, whatever an earlier attempt asked.
    this.#connections.request[at] = request;
    const verdict = this.admission.request(kind, connection, nowMs, request.deadlineMs);
    if (verdict === "admitted") this.#place(connection, nowMs);
    else if (verdict === "busy") this.busy(connection, this.admission.lastRetryAfterMs, nowMs);
  }

  /** The FIFO of the admission moved on. */
  releaseQueued(nowMs: number): void {
    this.admission.release(
      nowMs,
      (ticket) => this.#place(ticket, nowMs),
      (ticket, retryAfterMs) => this.busy(ticket, retryAfterMs, nowMs),
    );
  }

  #place(connection: number, nowMs: number): void {
    const at = slotOf(connection);
    const request = this.#connections.request[at];
    assert(request !== undefined, "an admitted connection has a request", connection);
    if (request.refusedBy.length >= this.#policy.probesMax) {
      this.#turnAway(connection, nowMs);
      return;
    }
    const owner = this.#ownerOf(request);
    if (owner !== undefined) {
      this.#ask(connection, owner, { ...request, as: "host" });
      return;
    }
    const verdict = this.#policy.placement.place(
      {
        roomId: request.roomId,
        region: request.region,
        expectedSize: request.expectedSize,
        nowMs,
        refused: this.#records(request.refusedBy),
        knownHost: this.#knownHost(request),
        draw: (this.probes * GOLDEN) % 1,
      },
      this.#view,
    );
    if (verdict.node === undefined) this.#turnAway(connection, nowMs);
    else this.#ask(connection, verdict.node, { ...request, as: verdict.as });
  }

  /** A resume goes to the node that owns the session, while that is alive and has not refused. */
  #ownerOf(request: AttachRequest): NodeRecord | undefined {
    if (request.resume === undefined) return undefined;
    if (request.refusedBy.includes(request.resume.nodeId)) return undefined;
    const owner = this.#view.node(request.resume.nodeId);
    if (owner === undefined || owner.state !== "serving") return undefined;
    return owner.incarnation === request.resume.incarnation ? owner : undefined;
  }

  #knownHost(request: AttachRequest): NodeRecord | undefined {
    const host = this.#hosts.get(request.roomId);
    if (host === undefined) return undefined;
    if (host.state === "gone" || request.refusedBy.includes(host.nodeId)) return undefined;
    return host;
  }

  #records(nodeIds: readonly string[]): NodeRecord[] {
    const records: NodeRecord[] = [];
    for (const nodeId of nodeIds) {
      const record = this.#view.node(nodeId);
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  #ask(connection: number, node: NodeRecord, request: AttachRequest): void {
    const at = slotOf(connection);
    this.#connections.request[at] = request;
    this.#connections.node[at] = node.index;
    this.probes++;
    this.#view.assigned(node, 1);
    this.#outbox.attach(node.index, connection, request);
  }

  /** A node took the room's member in: joiners follow. */
  hostLearned(roomId: string, node: NodeRecord): void {
    this.#hosts.set(roomId, node);
  }

  hostForgotten(roomId: string): void {
    this.#hosts.delete(roomId);
  }

  refused(connection: number, node: NodeRecord, refusal: Refusal, nowMs: number): void {
    const at = slotOf(connection);
    const request = this.#connections.request[at];
    if (request === undefined) return;
    switch (refusal.reason) {
      case "moved": {
        const next = this.#view.node(refusal.nextNodeId ?? "");
        if (next === undefined || next.state === "gone") {
          this.#askAgain(connection, request, refusal.nextNodeId ?? node.nodeId, nowMs);
        } else {
          if (refusal.nextAs === "host") this.#hosts.set(request.roomId, next);
          this.#ask(connection, next, { ...request, as: refusal.nextAs });
        }
        break;
      }
      case "full":
      case "not-here":
      case "not-serving":
        this.#askAgain(connection, request, node.nodeId, nowMs);
        break;
      case "busy":
        this.busy(connection, refusal.retryAfterMs, nowMs);
        break;
      case "no-capacity":
        this.#turnAway(connection, nowMs);
        break;
      case "room_full":
        this.#answer(connection, "room_full", "the room is full", 0);
        break;
      default:
        this.#answer(
          connection,
          "resume_rejected",
          "the session cannot be resumed",
          0,
          refusal.reason,
        );
    }
  }

  #askAgain(connection: number, request: AttachRequest, refusedBy: string, nowMs: number): void {
    if (this.#hosts.get(request.roomId)?.nodeId === refusedBy) this.#hosts.delete(request.roomId);
    const at = slotOf(connection);
    this.#connections.request[at] = { ...request, refusedBy: [...request.refusedBy, refusedBy] };
    this.#place(connection, nowMs);
  }

  /** Nobody has room. The times to come back fill the window W evenly, without a draw. */
  #turnAway(connection: number, nowMs: number): void {
    this.#turnedAway++;
    const share = (this.#turnedAway * GOLDEN) % 1;
    this.busy(connection, this.#policy.spreadMinMs + share * this.#spreadMs(nowMs), nowMs);
  }

  busy(connection: number, retryAfterMs: number, nowMs: number): void {
    if (!this.#connections.isOpen(connection)) return;
    const until = nowMs + retryAfterMs + this.#policy.authTimeoutMs;
    this.#connections.openUntilMs[slotOf(connection)] = until;
    this.#answer(connection, "busy", "the cluster is busy, come back as told", retryAfterMs);
  }

  /** Answers what could not be done; the socket stays and may ask again. */
  #answer(
    connection: number,
    code: ErrorBody["code"],
    text: string,
    retryAfterMs: number,
    reason?: NonNullable<ErrorBody["reason"]>,
  ): void {
    const at = slotOf(connection);
    this.#connections.state[at] = ConnectionState.open;
    this.#connections.request[at] = undefined;
    const retry = code === "busy";
    const body: ErrorBody = {
      code,
      message: text,
      retry,
      ...(retry ? { retryAfterMs } : {}),
      ...(reason === undefined ? {} : { reason }),
    };
    const bytes = serverFrameBytes(Kind.error, body);
    this.#outbox.write(connection, new Message(Kind.error, 0, "", "", 0, bytes, "", body), 0);
  }
}
