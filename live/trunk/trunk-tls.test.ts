import { generate } from "selfsigned";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { SecureContextOptions } from "node:tls";
import { processClock } from "../clock.ts";
import { silentLog } from "../operations/log.ts";
import type { TlsSource } from "../tls.ts";
import { RecordedEdge, RecordedNode } from "./trunk-fixtures.ts";
import { WsTrunkDialer } from "./ws-trunk-dialer.ts";
import { TrunkServer } from "./ws-trunk-server.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

type Pair = { readonly key: string; readonly cert: string };

async function pairOf(name: string, authority?: Pair): Promise<Pair> {
  const attributes = [{ name: "commonName", value: name }];
  const isAuthority = authority === undefined;
  const { private: key, cert } = await generate(attributes, {
    keySize: 2048,
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: isAuthority, critical: true },
      { name: "subjectAltName", altNames: [{ type: 2, value: name }] },
    ],
    ...(authority === undefined ? {} : { ca: authority }),
  } as Parameters<typeof generate>[1]);
  return { key, cert };
}

function source(options: SecureContextOptions): TlsSource {
  return { options: () => options, onChange: () => {}, close: () => {} };
}

let authority: Pair;
let node: Pair;
let edge: Pair;
let stranger: Pair;
beforeAll(async () => {
  [authority, stranger] = await Promise.all([pairOf("the cluster"), pairOf("somebody")]);
  [node, edge] = await Promise.all([pairOf("nodes", authority), pairOf("edges", authority)]);
});

const common = { secrets: [], clock: processClock, log: silentLog };

async function told(shown: SecureContextOptions, servername = "nodes") {
  const facts = new RecordedNode();
  const server = new TrunkServer({
    ...common,
    host: "127.0.0.1",
    port: 0,
    tls: source({ ...node, ca: authority.cert }),
    requiresCertificate: true,
  });
  const { url } = await server.listen();
  ends.push(() => server.close());
  server.serve({ nodeId: "n1", incarnation: 7 }, facts);
  expect(url).toMatch(/^wss:/);
  const tls = source({ ...shown, ca: authority.cert });
  const dialer = new WsTrunkDialer({ ...common, edgeId: "e1", incarnation: 1, tls, servername });
  ends.push(() => dialer.close());
  const heard = new RecordedEdge();
  dialer.dial("n1", 7, url, heard);
  while (heard.told.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  return { edge: heard.names, node: facts.names };
}

test("[TR9] with certificates of both ends no secret is needed", async () => {
  expect(await told(edge)).toEqual({ edge: ["opened"], node: ["opened"] });
});

test("[TR9] an edge without a certificate of the authority is not let in", async () => {
  expect(await told(stranger)).toEqual({ edge: ["lost"], node: [] });
  expect(await told({})).toEqual({ edge: ["lost"], node: [] });
});

test("[TR9] an edge does not believe a node of another name", async () => {
  expect(await told(edge, "other nodes")).toEqual({ edge: ["lost"], node: [] });
});
