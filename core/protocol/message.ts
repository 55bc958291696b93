// One value per message, shared by everybody it is sent to.
//
// A message never changes after it was made, so the node that relays it, the edges that fan it out
// and the recipients all hold the same object; what differs between recipients (the sequence number)
// travels beside it. Kinds and classes are small integers; names exist only on the wire (codec.ts).
// All messages have one hidden shape: one constructor, every field always set.

/** What a message is. The numbers are internal: the wire carries the names of `KIND_NAMES`. */
export const Kind = {
  hello: 1,
  join: 2,
  joined: 3,
  resume: 4,
  resumed: 5,
  redirect: 6,
  error: 7,
  ok: 8,
  ping: 9,
  pong: 10,
  ack: 11,
  leave: 12,
  participantJoined: 13,
  participantLeft: 14,
  participantUpdated: 15,
  offer: 16,
  answer: 17,
  candidate: 18,
  endOfCandidates: 19,
  iceRestart: 20,
  state: 21,
  sync: 22,
  speaking: 23,
  speakers: 24,
  quality: 25,
  cursor: 26,
  appVolatile: 27,
  message: 28,
  sfu: 29,
  throttled: 30,
  drain: 31,
  token: 32,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Wire names by kind; index 0 is unused. */
export const KIND_NAMES: readonly string[] = [
  "",
  "hello",
  "join",
  "joined",
  "resume",
  "resumed",
  "redirect",
  "error",
  "ok",
  "ping",
  "pong",
  "ack",
  "leave",
  "participant-joined",
  "participant-left",
  "participant-updated",
  "offer",
  "answer",
  "candidate",
  "end-of-candidates",
  "ice-restart",
  "state",
  "sync",
  "speaking",
  "speakers",
  "quality",
  "cursor",
  "app-volatile",
  "message",
  "sfu",
  "throttled",
  "drain",
  "token",
];

/** How a message may be treated under pressure (SPEC TB). Lower is more important. */
export const DeliveryClass = { control: 0, critical: 1, coalescable: 2, droppable: 3 } as const;
export type DeliveryClass = (typeof DeliveryClass)[keyof typeof DeliveryClass];

/** The delivery class of each kind; index 0 is unused. */
export const CLASS_OF_KIND: readonly DeliveryClass[] = KIND_NAMES.map((name) => classOfName(name));

function classOfName(name: string): DeliveryClass {
  switch (name) {
    case "participant-joined":
    case "participant-left":
    case "leave":
    case "offer":
    case "answer":
    case "candidate":
    case "end-of-candidates":
    case "ice-restart":
    case "message":
    case "sfu":
      return DeliveryClass.critical;
    case "participant-updated":
    case "state":
      return DeliveryClass.coalescable;
    case "speaking":
    case "speakers":
    case "quality":
    case "cursor":
    case "app-volatile":
      return DeliveryClass.droppable;
    default:
      return DeliveryClass.control;
  }
}

/** The body `d` of a message: plain JSON values. Its shape per kind is in bodies.ts. */
export type Body = object | undefined;

export class Message {
  readonly kind: Kind;
  readonly deliveryClass: DeliveryClass;
  /** Client → server: the client's `id`, 0 when no reply is wanted. Server → client: `re`, or the
   * sender's own id on a relayed message, so that recipients can drop a repetition. */
  readonly id: number;
  /** Participant id of the sender; "" for the server. */
  readonly from: string;
  /** Participant id of the one recipient; "" for the room, "sfu" for the media plane. */
  readonly to: string;
  /** Negotiation number of offers, answers, candidates; 0 elsewhere. */
  readonly n: number;
  /** Size of the encoded frame, bytes: counted on arrival, estimated by sizes.ts when made here. */
  readonly bytes: number;
  /** Last-value-wins key of a coalescable message within its sender, e.g. "mute"; "" elsewhere. */
  readonly key: string;
  readonly body: Body;
  /** Checksum of the participant id of a joined or left, 0 elsewhere: so that a recipient that only keeps count need not
   * touch the body. Not on the wire. */
  readonly idSum: number;
  /** When it was first offered, µs on the clock of whoever measures; 0 when nobody does. Not on the wire: drivers set
   * it once, core copies it when it relays, and the delivery latency is measured by it. */
  offeredAtUs = 0;

  constructor(
    kind: Kind,
    id: number,
    from: string,
    to: string,
    n: number,
    bytes: number,
    key: string,
    body: Body,
  ) {
    this.kind = kind;
    this.deliveryClass = CLASS_OF_KIND[kind] as DeliveryClass;
    this.id = id;
    this.from = from;
    this.to = to;
    this.n = n;
    this.bytes = bytes;
    this.key = key;
    this.body = body;
    this.idSum =
      kind === Kind.participantJoined || kind === Kind.participantLeft
        ? idChecksum((body as { readonly id: string } | undefined)?.id ?? "")
        : 0;
  }
}

/** An instant in µs as a small integer while it fits one: as a double it would cost every message an allocation. */
export function instantUs(us: number): number {
  return us <= 0x3fff_ffff ? us | 0 : us;
}

/** A cheap hash of a participant id, for sums of rosters: it tells rosters apart, not attackers. */
export function idChecksum(id: string): number {
  let sum = 0;
  for (let i = 0; i < id.length; i++) sum = (Math.imul(sum, 31) + id.charCodeAt(i)) | 0;
  return Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d);
}
