// What a process is told beside its roles: keys and tokens, the bus, how it is watched, and how it ends.

import {
  choice,
  count,
  directory,
  duration,
  file,
  list,
  maybeText,
  secret,
  section,
  size,
  text,
} from "./field.ts";

export const busSection = section("how edges and nodes hear of each other", {
  url: list("NATS servers, such as nats://nats:4222; none for a cluster of this one process", [], {
    pattern: /^(nats|tls):\/\/\S+$/,
    expected: "URLs that begin with nats:// or tls://",
  }),
  credentialsFile: file("NATS credentials (.creds); read at each dial"),
  tls: section("with any of these, or a tls:// URL, the bus speaks TLS or not at all", {
    caFile: file("who signs the certificates of NATS, PEM; the authorities of the system without"),
    certFile: file("certificate that this process shows to NATS, PEM; read at each dial"),
    keyFile: file("its private key, PEM"),
  }),
});

export const trunkSection = section("certificates of this process on trunks, at either end", {
  certFile: file("certificate chain, PEM; a node without it takes plain trunks"),
  keyFile: file("its private key, PEM"),
  caFile: file("who signs edges and nodes, PEM; with it both ends must show a certificate"),
  servername: maybeText("the name in nodes' certificates, where they are dialled by address"),
});

export const jwtSection = section("who may join: the key that join tokens are verified with", {
  secret: secret("shared secret of HS256, at least 32 bytes"),
  secretFile: file("the same in a file; several, one per line, are all accepted"),
  jwksFile: file("public keys as JWKS; read again when it changes"),
  jwksUrl: maybeText("public keys as JWKS, fetched and kept", {
    pattern: /^https?:\/\/\S+$/,
    expected: "a URL that begins with https://",
  }),
  issuer: list("what a token must have as `iss`: one of these; none for any", []),
  audience: list("what a token must name as `aud`: one of these; none for any", []),
  algorithms: list(
    "algorithms that are accepted; HS256 for a secret, else RS256, ES256 and EdDSA",
    [],
    {
      pattern: /^(HS256|RS256|ES256|EdDSA)$/,
      expected: "HS256, RS256, ES256 or EdDSA",
    },
  ),
  clockSkewMs: duration("how far the clocks of issuer and server may differ", 30_000, {
    source: "assumed: unsynchronised clocks of servers seldom differ by more",
    most: 600_000,
  }),
  cacheMax: count("verified tokens that are remembered", 20_000, {
    source: "assumed: the participants of an edge; an entry takes about 0.4 kB",
  }),
});

export const resumeSection = section("tokens that resume a session", {
  ttlMs: duration(
    "worth something for this long; a client is sent a fresh one after half of it",
    600_000,
    {
      source: "assumed: ten windows, so that a refreshed one is at hand whatever happens",
      least: 1_000,
    },
  ),
});

export const iceSection = section("ICE servers told to clients", {
  urls: list("such as turn:turn.example.org:3478?transport=udp", [], {
    pattern: /^(stun|stuns|turn|turns):\S+$/,
    expected: "stun:, stuns:, turn: or turns: URLs",
  }),
  turnSecret: secret("shared with the TURN server (use-auth-secret)"),
  turnSecretFile: file("the same, in a file"),
  ttlMs: duration("TURN credentials are good for this long", 12 * 3_600_000, {
    source: "cited: TURN REST drafts advise a day; half of it outlives any meeting",
    least: 60_000,
  }),
});

export const operationsSection = section("health and metrics", {
  host: text("address to listen on; with --dev 127.0.0.1", "0.0.0.0"),
  port: count("port of /livez, /readyz, /healthz and /metrics, 0 for any free one", 9_090, {
    most: 65_535,
    source: "assumed",
  }),
});

export const adminSection = section("the admin API: rooms, sessions, drain, kick", {
  host: text("address to listen on", "127.0.0.1", {
    source: "assumed: nobody but this machine, until you say otherwise",
  }),
  port: count(
    "port to listen on, 0 for any free one; without a token there is no admin API",
    9_091,
    {
      most: 65_535,
      source: "assumed",
    },
  ),
  token: secret("what callers show as bearer token"),
  tokenFile: file("the same, in a file"),
});

export const logSection = section("structured logs on stderr", {
  level: choice(["debug", "info", "warn", "error", "silent"], "the least that is logged", "info"),
  format: choice(
    ["auto", "json", "pretty"],
    "JSON lines, or lines for people; auto is pretty on a terminal",
    "auto",
  ),
});

export const drainSection = section("what SIGTERM does", {
  noticeMs: duration(
    "an edge is not ready for this long before it sends anybody on, so that a balancer looks elsewhere",
    0,
    { source: "assumed: nobody in front; behind a balancer the time in which it notices" },
  ),
  withinMs: duration("clients are sent on over this time", 30_000, {
    source: "cited: rtcsig.v1",
  }),
  deadlineMs: duration("and whoever is left is closed after this", 60_000, {
    source: "assumed: twice the time of the drain; keep terminationGracePeriodSeconds above it",
  }),
});

export const recordSection = section("a log of every fact, for stormglass replay", {
  directory: directory("where to write it; none for no recording"),
  segmentBytesMax: size("a file of the log is closed at this size", 64 * 1024 * 1024, {
    source: "assumed: large enough to compress well, small enough to read whole",
    least: 64 * 1024,
  }),
  totalBytesMax: size("recording ends when the directory holds this much", 4 * 1024 * 1024 * 1024, {
    source: "assumed: some hours of a busy node, and no danger to a disk of today",
    least: 64 * 1024,
    endless: true,
  }),
});
