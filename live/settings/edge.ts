// What an edge is told: where it listens, whom it lets in, and how large anything may be.

import { count, duration, file, list, maybeCount, rate, section, size, text } from "./field.ts";
import { PROTOCOL_LIMITS } from "../../core/protocol/limits.ts";

const PROTOCOL = "cited: rtcsig.v1";

const frames = section("the largest of anything that a client may send", {
  frameBytesMax: size("one frame", PROTOCOL_LIMITS.frameBytesMax, { source: PROTOCOL }),
  unauthenticatedBytesMax: size(
    "one frame before the client is in",
    PROTOCOL_LIMITS.unauthenticatedBytesMax,
    { source: PROTOCOL },
  ),
  sdpBytesMax: size("an offer or answer", PROTOCOL_LIMITS.sdpBytesMax, { source: PROTOCOL }),
  metaBytesMax: size("a participant's metadata", PROTOCOL_LIMITS.metaBytesMax, {
    source: PROTOCOL,
  }),
  stateBytesMax: size("one state update", PROTOCOL_LIMITS.stateBytesMax, { source: PROTOCOL }),
  volatileBytesMax: size("one volatile message", PROTOCOL_LIMITS.volatileBytesMax, {
    source: PROTOCOL,
  }),
  messageBytesMax: size("one message of the application", PROTOCOL_LIMITS.messageBytesMax, {
    source: PROTOCOL,
  }),
  tokenBytesMax: size("a token", PROTOCOL_LIMITS.tokenBytesMax, { source: PROTOCOL }),
  candidatesPerMessageMax: count(
    "ICE candidates in one message",
    PROTOCOL_LIMITS.candidatesPerMessageMax,
    { source: PROTOCOL, least: 1 },
  ),
  nestingDepthMax: count("nesting of JSON", PROTOCOL_LIMITS.nestingDepthMax, {
    source: PROTOCOL,
    least: 4,
    most: 256,
  }),
});

const admission = section("what an edge lets through", {
  joinsPerSec: rate("new joins", 500, {
    least: 0.01,
    source: "assumed: half of what one core verifies and relays",
  }),
  resumesPerSec: rate("resumes, ahead of joins", 1_000, {
    least: 0.01,
    source: "assumed: a resume needs no token verification and no placement",
  }),
  burst: count("tokens each of the two buckets may hold", 500, {
    source: "assumed: one second of joins",
    least: 1,
  }),
  queueMs: duration("longest wait for a token before the client is told to come back", 2_000, {
    source: "assumed: below the client's own join timeout, so that no work is wasted",
  }),
  queueMax: count("clients that may wait at one edge", 4_000, {
    source: "assumed: queue time × the resume and join rates, rounded up",
  }),
});

const door = section("who may open a socket, before anything is known of him but his address", {
  connectionsMax: count("connections this edge holds", 20_000, {
    source: "assumed: 2 GiB at the measured 28–30 kB per TLS connection, with room to spare",
    least: 1,
    endless: true,
  }),
  connectionsPerAddressMax: count("of one address; a company behind NAT is one", 1_000, {
    source: "assumed: a large office; behind a proxy set edge.trustProxyHops too",
    least: 1,
    endless: true,
  }),
  handshakes: section("new connections of one address", {
    perSec: rate("at this rate", 100, {
      written: "rate",
      source: "assumed: an office whose network comes back within ten seconds",
      least: 0.01,
    }),
    burst: count("at once", 200, { source: "assumed: two seconds", least: 1 }),
  }),
  rejections: section("handshakes that are accepted only to say busy; beyond, plain HTTP 503", {
    perSec: rate("at this rate, over all addresses", 200, {
      written: "rate",
      source: "assumed: a fifth of one core at the measured 800–1,000 µs per TLS handshake",
      least: 0.01,
    }),
    burst: count("at once", 200, { source: "assumed: one second", least: 1 }),
  }),
  retryAfterMs: duration("whoever is turned away is told to come back after this", 5_000, {
    source: "cited: rtcsig.v1, rate_limited",
  }),
});

export const edgeSection = section("the front door: sockets of clients", {
  host: text("address to listen on; with --dev 127.0.0.1", "0.0.0.0", {
    source: "assumed: a server is there to be reached",
  }),
  port: maybeCount("port to listen on, 0 for any free one; 8443 with TLS, 8080 without", {
    most: 65_535,
    source: "cited: the usual alternatives of 443 and 80 that need no privilege",
  }),
  path: text("path of the WebSocket", "/v1/signal", {
    source: PROTOCOL,
    pattern: /^\/[^\s?#]*$/,
    expected: "a path that begins with /",
  }),
  tls: section("without these the edge speaks plain WebSocket, to stand behind a proxy", {
    certFile: file("certificate chain, PEM; read again when it changes"),
    keyFile: file("its private key, PEM"),
  }),
  allowedOrigins: list(
    "pages that may connect, such as https://meet.example.org; * for all",
    ["*"],
    {
      source:
        "assumed: who has a token may come; no cookie is looked at, so no page can borrow one",
    },
  ),
  trustProxyHops: count("proxies in front whose X-Forwarded-For is believed", 0, {
    source: "assumed: nobody in front; believed wrongly, any client may choose its address",
    most: 16,
  }),
  handshakeTimeoutMs: duration("a handshake must be complete within this", 5_000, {
    source: "assumed: three round trips of a bad link and TLS",
    least: 10,
  }),
  headerBytesMax: size("headers of a handshake", 16 * 1024, {
    source: "cited: Node's own default",
    least: 512,
  }),
  authTimeoutMs: duration("an open socket must join or resume within this", 5_000, {
    source: PROTOCOL,
    least: 10,
  }),
  joinDeadlineMs: duration(
    "a join not answered after this is worth nothing to its client",
    10_000,
    {
      source: "assumed: the client's own timeout",
      least: 10,
    },
  ),
  door,
  frames,
  admission,
});
