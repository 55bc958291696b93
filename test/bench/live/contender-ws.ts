// The plain server on `ws` that we are compared with: rooms, join tells the others, publish to N − 1, relay from one to one.
//
// One `send` per socket, as its own documentation does it. It remembers nothing for those who come back.

import { type AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { type Entrant, isGood, Rooms } from "./contender-work.ts";

interface Frame {
  readonly t: string;
  readonly id?: number;
  readonly to?: string;
  readonly n?: number;
  readonly d: object;
}

class Member extends WebSocket {
  room = "";
  name = "";
}

const secret = process.env.BENCH_SECRET ?? "";
const rooms = new Rooms<Member>();
const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 0,
  backlog: 4_096,
  perMessageDeflate: false,
  WebSocket: Member,
});

server.on("connection", (socket) => {
  socket.on("message", (bytes: Buffer) => {
    const frame = JSON.parse(bytes.toString()) as Frame;
    if (frame.t === "join") join(socket, frame.d as Entrant);
    else if (frame.t === "ping") socket.send('{"t":"pong","d":{"ts":1}}');
    else if (frame.to === undefined) publish(socket, frame);
    else relay(socket, frame);
    if (frame.id !== undefined && frame.t !== "join") {
      socket.send(JSON.stringify({ t: "ok", re: frame.id }));
    }
  });
  socket.on("close", () => {
    if (socket.room === "") return;
    rooms.left(socket.room, socket.name);
    tellOthers(socket, { t: "participant-left", d: { id: socket.name } });
  });
  socket.on("error", () => {}); // `close` follows.
  socket.send('{"t":"hello","d":{"server":"ws","proto":1}}');
});
server.on("listening", () => process.send?.({ port: (server.address() as AddressInfo).port }));

function join(socket: Member, entrant: Entrant): void {
  if (!isGood(entrant, secret)) {
    socket.close(4401, "unauthorized");
    return;
  }
  const { room, name } = entrant;
  const members = rooms.of(room);
  const participants = [...members.keys()].map((id) => ({ id, name: id }));
  socket.room = room;
  socket.name = name;
  members.set(name, socket);
  socket.send(JSON.stringify({ t: "joined", re: 1, d: { room, you: { id: name }, participants } }));
  tellOthers(socket, { t: "participant-joined", d: { id: name, name } });
}

function publish(socket: Member, { t, d }: Frame): void {
  tellOthers(socket, { t, from: socket.name, d });
}

function tellOthers(socket: Member, frame: object): void {
  const text = JSON.stringify(frame);
  for (const other of rooms.of(socket.room).values()) if (other !== socket) other.send(text);
}

function relay(socket: Member, { t, id, to, n, d }: Frame): void {
  const other = rooms.of(socket.room).get(to ?? "");
  other?.send(JSON.stringify({ t, id, from: socket.name, n, d }));
}
