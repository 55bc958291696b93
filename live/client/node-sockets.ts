// Sockets of the `ws` package for loads in Node: from several local addresses, because one address has 28,000 ports.

import { WebSocket } from "ws";
import { SUBPROTOCOL, type ClientSocket, type OpenSocket } from "./client-socket.ts";

/** `localAddresses` are taken in turn; none for the system's choice. */
export function nodeSockets(localAddresses: readonly string[] = []): OpenSocket {
  return (url, client) => {
    const localAddress = localAddresses[client % localAddresses.length];
    const options = { perMessageDeflate: false, skipUTF8Validation: true };
    return new WebSocket(
      url,
      [SUBPROTOCOL],
      localAddress === undefined ? options : { ...options, localAddress },
    ) as unknown as ClientSocket;
  };
}
