// The profile: what each piece of work costs on the machine that is simulated.
//
// A cost says how it is known. A forecast is as good as the worst of the numbers that it leans on,
// so the evidence travels with the value into every result.

import { size, duration } from "./fields.ts";
import { NOTATION } from "../quantities.ts";
import Type, { type Static, type TSchema } from "typebox";

export const EVIDENCE = ["measured", "cited", "assumed"] as const;

/** A known cost. `value` is in the unit that ends the cost's name: µs of CPU, ms, or bytes. */
export interface Cost {
  readonly value: number;
  readonly evidence: (typeof EVIDENCE)[number];
  readonly source: string;
}

const cpu = (description: string) =>
  Type.Unsafe<number>({
    type: "string",
    unit: "cost",
    pattern: NOTATION.cost.pattern,
    description,
  });

/** The catalogue of costs: resolved name → how it is written, what it means. */
export const COSTS = {
  tcpAcceptUs: cpu("accept one TCP connection"),
  tlsFullHandshakeUs: cpu("one full TLS 1.3 handshake, beyond accept and upgrade"),
  tlsResumedHandshakeUs: cpu("one resumed TLS 1.3 handshake, beyond accept and upgrade"),
  upgradeUs: cpu("one HTTP upgrade to WebSocket"),
  verifyTokenUs: cpu("verify one signed token"),
  edgeRelayUs: cpu("edge: read one frame from a client over TLS and put it on a trunk"),
  edgePlainRelayUs: cpu("edge: the same without TLS"),
  edgeDeliverUs: cpu("edge: write one frame to one client over TLS"),
  edgePlainDeliverUs: cpu("edge: write one frame to one client without TLS"),
  pingUs: cpu("edge: read a ping and write the pong"),
  trunkFrameUs: cpu("edge or node: read or write one frame of a trunk"),
  nodeJoinUs: cpu("node: let one session into a room, build its roster"),
  nodeRelayUs: cpu("node: route, sequence and log one message"),
  nodeFanoutUs: cpu("node: hand one message to one edge for all its recipients there"),
  resumeUs: cpu("node: resume one session, beyond the frames it replays"),
  busPublishUs: cpu("node: publish one message on the bus"),
  busReceiveUs: cpu("node: receive one message from the bus"),
  gcPauseMs: duration("one pause of the garbage collector"),
  gcEveryMs: duration("computing time between two such pauses"),
  baseProcessBytes: size("memory of an idle process"),
  edgeBytesPerConnection: size("edge: memory of one plain connection and its queue"),
  tlsBytesPerConnection: size("edge: memory that TLS adds to one connection"),
  kernelBytesPerConnection: size("kernel memory of one socket, counted by the memory limit"),
  nodeBytesPerSession: size("node: memory of one session and its resume log"),
  nodeBytesPerRoom: size("node: memory of one room"),
  offerBytes: size("an offer on the wire"),
  answerBytes: size("an answer on the wire"),
  candidateBytes: size("an ICE candidate on the wire"),
} as const satisfies Readonly<Record<string, TSchema>>;

export type CostName = keyof typeof COSTS;

/** The resolved profile: every cost is present. */
export interface Profile {
  readonly name: string;
  readonly costs: Readonly<Record<CostName, Cost>>;
}

/** How a scenario names its profile and changes single costs; an override counts as assumed. */
export const ProfileChoice = Type.Object(
  {
    name: Type.Unsafe<string>({
      type: "string",
      minLength: 1,
      description: "a profile that ships with the program, or the path of a profile file",
      default: "node20-loopback",
      source: "measured: one shared 2-core x64 machine",
    }),
    costs: Type.Partial(Type.Object(COSTS), {
      description: "costs that differ from the profile",
      default: {},
    }),
  },
  { description: "what each piece of work costs" },
);

const written = Object.entries(COSTS).map(
  ([name, field]) =>
    [
      name,
      Type.Object({
        value: Type.Unsafe<number>({ ...field }),
        evidence: Type.Unsafe<Cost["evidence"]>({ type: "string", enum: [...EVIDENCE] }),
        source: Type.String({ minLength: 1, description: "where the value comes from" }),
      }),
    ] as const,
);

/** A file in profiles/. */
export const ProfileFile = Type.Object({
  apiVersion: Type.Literal("stormglass/v1"),
  kind: Type.Literal("Profile"),
  metadata: Type.Object({
    name: Type.String({ minLength: 1 }),
    title: Type.String({ minLength: 1, description: "the machine and the day" }),
  }),
  costs: Type.Object(Object.fromEntries(written)),
});
export type ProfileFile = Static<typeof ProfileFile>;
