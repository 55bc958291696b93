// A load in a process of its own, led by JSON lines: one command per line on stdin, one answer per line on stdout.
//
//   {"do":"start", …LoadWorkerOptions}   {"did":"start","size":200}
//   {"do":"entered","withinMs":10000}    {"did":"entered","ok":true,"live":200}
//   {"do":"talk"} {"do":"quiet"}         {"did":"talk"} …
//   {"do":"settle","withinMs":10000}     {"did":"settle","ok":true,"live":200}
//   {"do":"live"}                        {"did":"live","live":199,"nodes":{"n0":120,"n1":79}}
//   {"do":"where"}                       {"did":"where","nodes":["n0","n0","n1",…]}: by client
//   {"do":"leave","clients":[3,8]}       {"did":"leave"}
//   {"do":"mark"}                        {"did":"mark"}
//   {"do":"disturbed"}                   {"did":"disturbed","disturbed":[{"client":7,"node":"n0",…}]}: since the mark
//   {"do":"verdict"}                     {"did":"verdict","verdict":{…}}
//   {"do":"stop"}                        the process ends
//
// The secret that tokens are signed with comes from STORMGLASS_JWT_SECRET.

import { createInterface } from "node:readline";
import { mintToken } from "../auth/mint-token.ts";
import { processClock } from "../clock.ts";
import { LoadClient, type LoadOptions } from "./load-client.ts";
import { nodeSockets } from "./node-sockets.ts";

export type LoadWorkerOptions = Omit<LoadOptions, "tokenFor" | "openSocket" | "policy"> & {
  readonly localAddresses?: readonly string[];
};

type Command =
  | ({ readonly do: "start" } & LoadWorkerOptions)
  | { readonly do: "entered" | "settle"; readonly withinMs: number }
  | { readonly do: "leave"; readonly clients: readonly number[] }
  | {
      readonly do: "talk" | "quiet" | "live" | "where" | "mark" | "disturbed" | "verdict" | "stop";
    };

const TOKEN_TTL_MS = 24 * 3_600_000;

let load: LoadClient | undefined;

function started(options: LoadWorkerOptions): LoadClient {
  const secret = Buffer.from(process.env["STORMGLASS_JWT_SECRET"] ?? "");
  const begun = new LoadClient({
    ...options,
    openSocket: nodeSockets(options.localAddresses),
    tokenFor: (participantId, roomId) => {
      const nowMs = processClock.nowMs();
      return mintToken(secret, { participantId, roomId, nowMs, ttlMs: TOKEN_TTL_MS });
    },
  });
  begun.start();
  return begun;
}

async function carriedOut(command: Command): Promise<object> {
  if (command.do === "start") {
    load = started(command);
    return { size: load.size };
  }
  if (load === undefined) throw new Error("start comes first");
  switch (command.do) {
    case "entered":
      return { ok: await load.entered(command.withinMs), live: load.liveCount };
    case "settle":
      return { ok: await load.settle(command.withinMs), live: load.liveCount };
    case "talk":
      load.talk();
      return {};
    case "quiet":
      load.quiet();
      return {};
    case "leave":
      for (const client of command.clients) load.leave(client);
      return {};
    case "mark":
      load.mark();
      return {};
    case "disturbed":
      return { disturbed: load.disturbed };
    case "live": {
      const nodes: Record<string, number> = {};
      for (const node of load.nodes) nodes[node] = (nodes[node] ?? 0) + 1;
      return { live: load.liveCount, nodes };
    }
    case "where":
      return { nodes: load.nodes };
    case "verdict":
      return { verdict: load.verdict() };
    default:
      load.stop();
      return {};
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command;
  const answer = await carriedOut(command);
  process.stdout.write(`${JSON.stringify({ did: command.do, ...answer })}\n`);
  if (command.do === "stop") break;
}
load?.stop();
process.exit(0); // Sockets that are closing need not be waited for.
