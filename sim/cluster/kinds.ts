// The events of the simulated world. `a` and `b` are packed numbers; what they mean is said per kind.
//
// "peer" packs the receiving host, the sending host and a small extra: see `packPeer`. "socket" packs a client and the
// life of its socket, so that what was sent on a socket that is gone reaches nobody.

export const EventKind = {
  /** a: client */
  clientArrives: 1,
  /** a: client */
  clientWakes: 2,
  /** a: socket, b: sequence number, payload: Message */
  clientReceives: 3,
  /** a: socket, b: connection; payload: the first frame */
  clientOpened: 4,
  /** a: socket, b: close code */
  clientClosed: 5,
  /** a: client, b: what (MediaStep), payload: details */
  clientMedia: 6,
  /** a: client, b: what (Habit) */
  clientHabit: 7,
  /** a: socket, b: edge */
  edgeDialed: 8,
  /** a: connection, b: edge, payload: Message */
  edgeReceives: 9,
  /** a: connection, b: edge */
  edgeClosed: 10,
  /** a: connection, b: peer, payload: AttachGrant */
  edgeAttached: 11,
  /** a: connection, b: peer, payload: Refusal */
  edgeRefused: 12,
  /** a: room, b: peer, payload: Message */
  edgeMulticast: 13,
  /** a: room, b: peer, payload: ExceptFrame */
  edgeMulticastExcept: 14,
  /** a: connection, b: peer, payload: DeliverFrame */
  edgeDelivers: 15,
  /** a: connection, b: peer, payload: CloseFrame */
  edgeCloses: 16,
  /** a: node, b: edge */
  edgeTrunkLost: 17,
  /** a: edge, payload: BusMessage */
  edgeHears: 18,
  /** a: connection, b: edge */
  edgeBuffered: 19,
  /** a: connection, b: peer, payload: AttachRequest */
  nodeAttaches: 20,
  /** a: session, b: peer, payload: Message */
  nodeReceives: 21,
  /** a: session, b: node + s × 1024 */
  nodeAcknowledges: 22,
  /** a: session, b: peer, extra 1 when final */
  nodeDetaches: 23,
  /** a: 0, b: peer, payload: OrphanRoom[] */
  nodeOrphans: 24,
  /** a: edge, b: node */
  nodeEdgeLost: 25,
  /** a: node, payload: BusMessage */
  nodeHears: 26,
  /** a: room, b: node, payload: SfuBody */
  nodeSfuAllocated: 27,
  /** a: session, b: node, payload: Message */
  nodeSfuAnswers: 28,
  /** a: session, b: node, payload: Message */
  sfuReceives: 29,
  /** a: host */
  hostTurn: 30,
  /** a: host */
  hostWakes: 31,
  /** a: number of the fault, b: phase */
  fault: 32,
  /** a: number of the fault */
  noise: 33,
  /** a: room */
  roomTurn: 34,
  sample: 35,
  /** a: number of the fault */
  slowReport: 36,
  /** a: client */
  slowPipe: 37,
  /** a: edge, b: 1 when the bus is back, 0 when it is down */
  edgeBus: 38,
  /** a: node, b: 1 when the bus is back, 0 when it is down */
  nodeBus: 39,
  /** a: node */
  nodeStepsDown: 40,
  /** a: node */
  nodeBegins: 41,
  /** a: node, b: 0 when it shall stay, 1 when it shall drain, 2 when it shall leave */
  nodeDrain: 42,
  /** a: node, b: 1 when it has said that it leaves */
  nodeDeparts: 43,
  /** a: step of Kubernetes, b: what it is about */
  kubernetes: 44,
  /** a: step of the HPA's loop, b: what it is about */
  hpa: 45,
} as const;
export type EventKind = (typeof EventKind)[keyof typeof EventKind];

/** Names by kind, for traces. */
export const EVENT_NAMES: readonly string[] = Object.entries(EventKind).reduce<string[]>(
  (names, [name, kind]) => {
    names[kind] = name;
    return names;
  },
  [],
);

/** Hosts of one role, at most: they are packed into ten bits. */
export const HOSTS_MAX = 1023;

export function packPeer(to: number, from: number, extra = 0): number {
  return to | (from << 10) | (extra << 20);
}

export function peerTo(peer: number): number {
  return peer & 1023;
}

export function peerFrom(peer: number): number {
  return (peer >>> 10) & 1023;
}

export function peerExtra(peer: number): number {
  return peer >>> 20;
}

const LIFE_SHIFT = 24;
/** Clients of one run, at most. */
export const CLIENTS_MAX = 1 << LIFE_SHIFT;

export function packSocket(client: number, life: number): number {
  return client | (life << LIFE_SHIFT);
}

export function socketClient(socket: number): number {
  return socket & (CLIENTS_MAX - 1);
}

export function socketLife(socket: number): number {
  return socket >>> LIFE_SHIFT;
}
