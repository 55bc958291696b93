// The socket as the client sees it: the WebSocket of browsers, of Node, or of the `ws` package.
//
// Only what all three have in common is used, so that nothing here needs to know where it runs.

/** What is used of a WebSocket. */
export interface ClientSocket {
  /** Bytes that were sent and have not left yet. */
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  onerror: ((event: never) => void) | null;
}

/** A class like WebSocket. */
export type ClientSocketClass = new (url: string, protocols: string[]) => ClientSocket;

export type OpenSocket = (url: string, client: number) => ClientSocket;

export const SUBPROTOCOL = "rtcsig.v1";
/** What a socket reports that ended without a closing handshake. Cited: RFC 6455, 7.1.5. */
export const ABNORMAL_CLOSE = 1006;

/** Opens sockets of the class that is given, or of the one that the platform has. */
export function socketOpener(given: ClientSocketClass | undefined): OpenSocket {
  const platform = (globalThis as { WebSocket?: ClientSocketClass }).WebSocket;
  const Socket = given ?? platform;
  if (Socket === undefined) {
    throw new Error(
      "This platform has no WebSocket: give one, for example that of the ws package.",
    );
  }
  return (url) => new Socket(url, [SUBPROTOCOL]);
}
