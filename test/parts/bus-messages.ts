// Bus messages to test with: one arbitrary per type of the union, so that a type that is missing does not compile.

import fc from "fast-check";
import type { NodeBeat } from "../../core/cluster-view.ts";
import type { ParticipantBody } from "../../core/protocol/bodies.ts";
import { Kind, Message } from "../../core/protocol/message.ts";
import type { BusMessage, EdgeBeat, OrphanRoom } from "../../core/trunk.ts";

const id = fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/);
const roomId = fc.stringMatching(/^[A-Za-z0-9._:-]{1,20}$/);
const life = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const amount = fc.oneof(fc.nat(), fc.constant(Infinity), fc.constant(0.5));
const json = fc.jsonValue({ maxDepth: 3 });

/** As JSON has it: no negative zero, no member called __proto__. */
const plain = json
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown)
  .filter((value) => !JSON.stringify(value).includes("__proto__"));

export const participants: fc.Arbitrary<ParticipantBody> = fc.record(
  {
    id: fc.string({ minLength: 1 }),
    name: fc.string({ unit: "grapheme" }),
    meta: plain,
    state: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), plain).map((map) => ({ ...map })),
    connection: fc.constant("reconnecting" as const),
  },
  { requiredKeys: ["id", "name"] },
);

const messages: fc.Arbitrary<Message> = fc
  .tuple(
    fc.constantFrom(...(Object.values(Kind) as Kind[])),
    life,
    fc.string(),
    fc.string(),
    fc.nat(),
    fc.nat(),
    fc.string(),
    participants,
    fc.oneof(fc.constant(undefined), fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), plain)),
  )
  .map(([kind, number, from, to, n, bytes, key, participant, other]) => {
    const isPresence = kind === Kind.participantJoined || kind === Kind.participantUpdated;
    const left = { id: participant.id, reason: "timeout" };
    const body = isPresence ? participant : kind === Kind.participantLeft ? left : other;
    return new Message(kind, number, from, to, n, bytes, key, body && { ...body });
  });

const beats: fc.Arbitrary<NodeBeat> = fc.record(
  {
    nodeId: id,
    incarnation: life,
    region: fc.string(),
    zone: fc.string(),
    state: fc.constantFrom("serving" as const, "draining" as const, "gone" as const),
    activeConnections: amount,
    committedLoad: amount,
    maxConnections: amount,
    softLimit: amount,
    admitPerSec: amount,
    generation: fc.nat(),
  },
  {
    requiredKeys: [
      "nodeId",
      "incarnation",
      "region",
      "zone",
      "state",
      "activeConnections",
      "committedLoad",
      "maxConnections",
      "softLimit",
      "admitPerSec",
    ],
  },
);

const edgeBeats: fc.Arbitrary<EdgeBeat> = fc.record({
  edgeId: id,
  incarnation: life,
  connections: amount,
  admitPerSec: amount,
  serving: fc.boolean(),
});

const orphanRooms: fc.Arbitrary<OrphanRoom> = fc
  .record({
    roomId,
    expectedSize: amount,
    lostNodeId: id,
    members: fc.array(fc.tuple(participants, fc.string()), { maxLength: 3 }),
    expectedWithinMs: amount,
  })
  .map(({ members, ...room }) => ({
    ...room,
    participants: members.map(([participant]) => participant),
    sessionIds: members.map(([, sessionId]) => sessionId),
  }));

const typed = <T extends BusMessage["type"]>(type: T): fc.Arbitrary<T> => fc.constant(type);
type ByType = {
  readonly [K in BusMessage["type"]]: fc.Arbitrary<Extract<BusMessage, { readonly type: K }>>;
};

export const byType: ByType = {
  beat: fc.record({ type: typed("beat"), beat: beats }),
  "edge-beat": fc.record({ type: typed("edge-beat"), beat: edgeBeats }),
  "node-lost": fc.record({ type: typed("node-lost"), edgeId: id, nodeId: id, incarnation: life }),
  "node-found": fc.record({ type: typed("node-found"), edgeId: id, nodeId: id, incarnation: life }),
  outlived: fc.record({ type: typed("outlived"), by: id, nodeId: id, incarnation: life }),
  announce: fc.record({
    type: typed("announce"),
    nodeId: id,
    incarnation: life,
    rooms: fc.array(fc.record({ roomId, size: fc.nat() })),
  }),
  hosts: fc.record({
    type: typed("hosts"),
    roomId,
    hosts: fc.array(id),
    closedBy: fc.oneof(id, fc.constant("")),
  }),
  orphans: fc.record({ type: typed("orphans"), rooms: fc.array(orphanRooms, { maxLength: 3 }) }),
  update: fc.record({
    type: typed("update"),
    roomId,
    nodeId: id,
    incarnation: life,
    u: fc.nat(),
    message: messages,
  }),
  "snapshot-wanted": fc.record({ type: typed("snapshot-wanted"), roomId, by: id }),
  snapshot: fc.record({
    type: typed("snapshot"),
    roomId,
    nodeId: id,
    incarnation: life,
    u: fc.nat(),
    participants: fc.array(participants, { maxLength: 3 }),
  }),
};

export const anyBusMessage: fc.Arbitrary<BusMessage> = fc.oneof(
  ...(Object.values(byType) as fc.Arbitrary<BusMessage>[]),
);
