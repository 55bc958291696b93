// Ends of trunks for tests: what they were told, as values, and frames to tell.

import type { Message } from "../../core/protocol/message.ts";
import type { AttachGrant } from "../../core/trunk.ts";
import type { TrunkToEdge, TrunkToEdgeFacts, TrunkToNode, TrunkToNodeFacts } from "./trunk.ts";

type Told = readonly [name: string, ...rest: unknown[]];

/** The node's end: every fact but the trunk that told it. */
export class RecordedNode implements TrunkToEdgeFacts {
  readonly told: Told[] = [];
  readonly trunks: TrunkToEdge[] = [];
  /** Called at every relayed message, instead of keeping it. */
  onRelayed: ((session: number, message: Message) => void) | undefined;

  get names(): readonly string[] {
    return this.told.map(([name]) => name);
  }

  introduced(): number {
    return this.trunks.length;
  }

  opened(trunk: TrunkToEdge): void {
    this.trunks.push(trunk);
    this.told.push(["opened"]);
  }

  attachAsked: TrunkToEdgeFacts["attachAsked"] = (_trunk, ...rest) =>
    void this.told.push(["attachAsked", ...rest]);
  relayed: TrunkToEdgeFacts["relayed"] = (_trunk, session, message) => {
    if (this.onRelayed !== undefined) this.onRelayed(session, message);
    else this.told.push(["relayed", session, message]);
  };
  acknowledged: TrunkToEdgeFacts["acknowledged"] = (_trunk, ...rest) =>
    void this.told.push(["acknowledged", ...rest]);
  detached: TrunkToEdgeFacts["detached"] = (_trunk, ...rest) =>
    void this.told.push(["detached", ...rest]);
  orphansDeclared: TrunkToEdgeFacts["orphansDeclared"] = (_trunk, ...rest) =>
    void this.told.push(["orphansDeclared", ...rest]);
  lost: TrunkToEdgeFacts["lost"] = (_trunk, ...rest) => void this.told.push(["lost", ...rest]);
}

/** The edge's end. */
export class RecordedEdge implements TrunkToNodeFacts {
  readonly told: Told[] = [];
  /** Called at every multicast, instead of keeping it. */
  onMulticast: ((room: number, message: Message) => void) | undefined;

  get names(): readonly string[] {
    return this.told.map(([name]) => name);
  }

  opened: TrunkToNodeFacts["opened"] = (_trunk: TrunkToNode) => void this.told.push(["opened"]);
  attached: TrunkToNodeFacts["attached"] = (_trunk, ...rest) =>
    void this.told.push(["attached", ...rest]);
  refused: TrunkToNodeFacts["refused"] = (_trunk, ...rest) =>
    void this.told.push(["refused", ...rest]);
  multicast: TrunkToNodeFacts["multicast"] = (_trunk, room, except, message) => {
    if (this.onMulticast !== undefined) this.onMulticast(room, message);
    else this.told.push(["multicast", room, except, message]);
  };
  delivered: TrunkToNodeFacts["delivered"] = (_trunk, ...rest) =>
    void this.told.push(["delivered", ...rest]);
  closeAsked: TrunkToNodeFacts["closeAsked"] = (_trunk, ...rest) =>
    void this.told.push(["closeAsked", ...rest]);
  lost: TrunkToNodeFacts["lost"] = (_trunk, ...rest) => void this.told.push(["lost", ...rest]);
}

export function grantOf(session: number, differing: Partial<AttachGrant> = {}): AttachGrant {
  return {
    session,
    room: 4,
    roomId: "standup",
    sessionId: `s-${session}`,
    rotation: 0,
    participant: { id: "ada", name: "Ada" },
    mode: "joined",
    reason: undefined,
    s: 0,
    replayFrom: 0,
    participants: [],
    participantsBytes: 0,
    epoch: 1,
    media: "mesh",
    sfu: undefined,
    expectedSize: 10,
    ...differing,
  };
}

/** What is under way in this process has arrived. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
