// Peer connections against a connection that writes down what is done to it.

import { expect, test } from "vitest";
import { Kind, Message } from "../../core/protocol/message.ts";
import { PeerConnections, type PeerConnection } from "./peer-connections.ts";
import type { PeerFacts } from "./peers.ts";

class WrittenDown implements PeerConnection {
  static made: WrittenDown[] = [];
  readonly done: string[] = [];
  localDescription: { readonly sdp: string } | null = null;
  iceConnectionState = "new";
  onicecandidate: PeerConnection["onicecandidate"] = null;
  oniceconnectionstatechange: (() => void) | null = null;
  onnegotiationneeded: (() => void) | null = null;
  #offers = 0;

  constructor() {
    WrittenDown.made.push(this);
  }

  async #step(what: string): Promise<void> {
    this.done.push(`${what} …`);
    await new Promise((resolve) => setTimeout(resolve, 1));
    this.done.push(what);
  }

  async createOffer({ iceRestart }: { iceRestart?: boolean } = {}) {
    await this.#step(iceRestart === true ? "restart" : "offer");
    return { type: "offer", sdp: `offer ${++this.#offers}` };
  }

  async createAnswer() {
    await this.#step("answer");
    return { type: "answer", sdp: "answer" };
  }

  async setLocalDescription({ type, sdp = "" }: { type: string; sdp?: string }) {
    await this.#step(`local ${type}`);
    this.localDescription = { sdp };
  }

  async setRemoteDescription({ type, sdp = "" }: { type: string; sdp?: string }) {
    await this.#step(`remote ${type} ${sdp}`);
    if (sdp === "nonsense") throw new Error("cannot be parsed");
  }

  async addIceCandidate(candidate?: object) {
    await this.#step(candidate === undefined ? "end" : "candidate");
  }

  close(): void {
    this.done.push("close");
  }
}

function bench() {
  const told: string[] = [];
  const facts: PeerFacts = {
    offerMade: (_client, peer, n, sdp, isRestart) =>
      told.push(`offer ${peer} ${n} ${sdp}${isRestart ? " restart" : ""}`),
    answerMade: (_client, peer, n) => told.push(`answer ${peer} ${n}`),
    gathered: (_client, peer, n, list, isEnd) =>
      told.push(`gathered ${peer} ${n} ${isEnd ? "end" : JSON.stringify(list)}`),
    iceChanged: (_client, peer, state) => told.push(`ice ${peer} ${state}`),
    offerNeeded: (_client, peer) => told.push(`needed ${peer}`),
  };
  WrittenDown.made = [];
  const peers = new PeerConnections(facts, {
    RTCPeerConnection: WrittenDown,
    configuration: () => ({ iceServers: [] }),
    onPeer: (peer) => told.push(`peer ${peer}`),
    onPeerGone: (peer) => told.push(`gone ${peer}`),
    onFailure: (peer, cause) => told.push(`failure ${peer} ${(cause as Error).message}`),
  });
  return { peers, told };
}

const rested = () => new Promise((resolve) => setTimeout(resolve, 40));
const say = (kind: Kind, n: number, body: object | undefined) =>
  new Message(kind, 0, "bob", "", n, 0, "", body);

test("[SK7] steps of one connection come one after the other, whatever is ordered meanwhile", async () => {
  const { peers, told } = bench();
  peers.makeOffer(0, "bob", 1, false);
  peers.acceptOffer(0, say(Kind.offer, 2, { sdp: "theirs" })); // Rolled back: theirs holds.
  peers.addCandidates(0, say(Kind.candidate, 2, { list: [{}, {}] }));
  peers.addCandidates(0, say(Kind.endOfCandidates, 2, undefined));
  await rested();
  const [connection] = WrittenDown.made;
  const steps = ["offer", "local offer", "remote offer theirs", "answer", "local answer"];
  const all = [...steps, "candidate", "candidate", "end"];
  expect(connection!.done).toEqual(all.flatMap((step) => [`${step} …`, step]));
  expect(told).toEqual(["peer bob", "offer bob 1 offer 1", "answer bob 2"]);
});

test("[SK7] candidates carry the number of their description; the first offer is core's, later ones are asked for", async () => {
  const { peers, told } = bench();
  peers.makeOffer(0, "bob", 3, true);
  const [connection] = WrittenDown.made as [WrittenDown];
  connection.onnegotiationneeded!(); // Tracks that were added before the first offer are in it.
  await rested();
  connection.onicecandidate!({ candidate: { candidate: "c" } });
  connection.onicecandidate!({ candidate: null });
  connection.onnegotiationneeded!();
  connection.iceConnectionState = "failed";
  connection.oniceconnectionstatechange!();
  expect(told.slice(1)).toEqual([
    "offer bob 3 offer 1 restart",
    'gathered bob 3 [{"candidate":"c"}]',
    "gathered bob 3 end",
    "needed bob",
    "ice bob failed",
  ]);
});

test("[SK7] a step that fails is told and harms no later one; who is dropped tells nothing any more", async () => {
  const { peers, told } = bench();
  peers.acceptAnswer(0, say(Kind.answer, 1, { sdp: "nonsense" }));
  peers.makeOffer(0, "bob", 5, false);
  await rested();
  peers.makeOffer(0, "bob", 7, false);
  peers.dropPeer(0, "bob");
  await rested();
  expect(told).toEqual([
    "peer bob",
    "failure bob cannot be parsed",
    "offer bob 5 offer 1",
    "gone bob",
  ]);
  expect(peers.connectionWith("bob")).toBeUndefined();
});
