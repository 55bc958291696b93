import { expect, test } from "vitest";
import { Kind, Message } from "../../core/protocol/message.ts";
import { joinOf } from "../../core/fixtures.ts";
import { MemoryTrunks } from "./memory-trunk.ts";
import { grantOf, RecordedEdge, RecordedNode, settled } from "./trunk-fixtures.ts";

const LIFE = { nodeId: "n1", incarnation: 7 };

function joined() {
  const node = new RecordedNode();
  const edge = new RecordedEdge();
  const trunks = new MemoryTrunks("e1", LIFE, node);
  return { node, edge, trunks };
}

const said = (id: number) =>
  new Message(Kind.message, id, "", "", 0, 60, "", { text: `number ${id}` });

test("[TR1] frames of both ways arrive in order, outside of the sender's turn, as the very values", async () => {
  const { node, edge, trunks } = joined();
  const out = trunks.dial("n1", 7, "", edge);
  const messages = [1, 2, 3].map(said);
  for (const message of messages) out.relay(5, message);
  out.acknowledge(5, 9);
  expect(node.told).toEqual([]);
  await settled();
  expect(node.names).toEqual(["opened", "relayed", "relayed", "relayed", "acknowledged"]);
  expect(node.told[1]![2]).toBe(messages[0]);
  expect(edge.names).toEqual(["opened"]);

  const back = node.trunks[0]!;
  const grant = grantOf(3);
  back.attached(11, grant);
  back.multicast(4, -1, messages[1]!);
  back.deliver(11, 3, messages[2]!, 17);
  back.closeConnection(11, 3, 4020);
  expect(edge.names).toEqual(["opened"]);
  await settled();
  expect(edge.told.slice(1)).toEqual([
    ["attached", 11, grant],
    ["multicast", 4, -1, messages[1]],
    ["delivered", 11, 3, messages[2], 17],
    ["closeAsked", 11, 3, 4020],
  ]);
});

test("[TR2] who closes a trunk hears nothing more, and the other end hears that it is lost", async () => {
  const { node, edge, trunks } = joined();
  const out = trunks.dial("n1", 7, "", edge);
  await settled();
  node.trunks[0]!.multicast(4, -1, said(1)); // Under way while the edge closes.
  out.relay(5, said(2));
  out.close();
  out.relay(5, said(3));
  await settled();
  expect(edge.names).toEqual(["opened"]);
  expect(node.names).toEqual(["opened", "relayed", "lost"]);
});

test("[TR3] a trunk to another life of the node is lost", async () => {
  const { node, edge, trunks } = joined();
  trunks.dial("n1", 6, "", edge).attach(1, joinOf("ada"));
  await settled();
  expect(edge.names).toEqual(["lost"]);
  expect(node.names).toEqual([]);
});

test("[TR4] a second trunk of an edge ends the first, and has a number of its own", async () => {
  const { node, edge, trunks } = joined();
  trunks.dial("n1", 7, "", edge);
  await settled();
  const second = new RecordedEdge();
  trunks.dial("n1", 7, "", second);
  await settled();
  expect(edge.names).toEqual(["opened", "lost"]);
  expect(second.names).toEqual(["opened"]);
  expect(node.names).toEqual(["opened", "lost", "opened"]);
  expect(node.trunks.map((trunk) => trunk.edge)).toEqual([0, 1]);
});
