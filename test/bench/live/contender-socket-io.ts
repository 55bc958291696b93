// The server on socket.io that we are compared with: its own rooms, its own acknowledgements, WebSocket only.

import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import { type Entrant, isGood, Rooms } from "./contender-work.ts";

interface Relayed {
  readonly to: string;
  readonly n: number;
  readonly d: object;
}
type Served = (() => void) | undefined;

const secret = process.env.BENCH_SECRET ?? "";
const rooms = new Rooms<Socket>();
const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  perMessageDeflate: false,
  serveClient: false,
});

io.on("connection", (socket) => {
  let room = "";
  let name = "";
  socket.on("join", (entrant: Entrant) => {
    if (!isGood(entrant, secret)) {
      socket.disconnect(true);
      return;
    }
    ({ room, name } = entrant);
    const members = rooms.of(room);
    const participants = [...members.keys()].map((id) => ({ id, name: id }));
    members.set(name, socket);
    void socket.join(room);
    socket.emit("joined", { room, you: { id: name }, participants });
    socket.to(room).emit("participant-joined", { id: name, name });
  });
  socket.on("message", (d: object, served: Served) => {
    socket.to(room).emit("message", { from: name, d });
    served?.();
  });
  socket.on("state", (d: object) => {
    socket.to(room).emit("state", { from: name, d });
  });
  socket.on("candidate", ({ to, n, d }: Relayed, served: Served) => {
    rooms.of(room).get(to)?.emit("candidate", { from: name, n, d });
    served?.();
  });
  socket.on("disconnect", () => {
    if (room === "") return;
    rooms.left(room, name);
    socket.to(room).emit("participant-left", { id: name });
  });
});

http.listen({ host: "127.0.0.1", port: 0, backlog: 4_096 }, () => {
  process.send?.({ port: (http.address() as AddressInfo).port });
});
