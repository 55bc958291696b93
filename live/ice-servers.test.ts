import { expect, test } from "vitest";
import { TurnRestIceServers, turnCredential } from "./ice-servers.ts";

const stun = "stun:stun.example.org:3478";
const turn = "turn:turn.example.org:3478?transport=udp";
const turns = "turns:turn.example.org:5349";
const NOW_MS = 1_763_800_000_500;

test("[AU13] the password is the HMAC-SHA1 of the name: RFC 2202's second case, in base64", () => {
  const digest = Buffer.from("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", "hex");
  expect(turnCredential("Jefe", "what do ya want for nothing?")).toBe(digest.toString("base64"));
});

test("[AU13] STUN comes without credentials, TURN with a pair of this participant's that runs out", () => {
  const servers = new TurnRestIceServers({
    urls: [turn, stun, turns],
    turnSecret: "s3cr3t",
    ttlMs: 3_600_000,
  });

  expect(servers.for("alice", NOW_MS)).toEqual({
    servers: [
      { urls: [stun] },
      {
        urls: [turn, turns],
        username: "1763803601:alice",
        // printf 1763803601:alice | openssl dgst -sha1 -hmac s3cr3t -binary | base64
        credential: "7of/J5hL15wr8lvhXHGaQGDxu4E=",
      },
    ],
    ttlMs: 3_600_000,
  });
  expect(servers.for("alice", NOW_MS)).toEqual(servers.for("alice", NOW_MS + 499));
  expect(servers.for("bob", NOW_MS)).not.toEqual(servers.for("alice", NOW_MS));
});

test("[AU13] nothing configured, nothing told; STUN alone needs no secret", () => {
  expect(new TurnRestIceServers({ urls: [], ttlMs: 1 }).for("alice", NOW_MS)).toBeUndefined();
  expect(new TurnRestIceServers({ urls: [stun], ttlMs: 60_000 }).for("alice", NOW_MS)).toEqual({
    servers: [{ urls: [stun] }],
    ttlMs: 60_000,
  });
});

test("[AU13] TURN without a secret, and addresses of another kind, are refused at the start", () => {
  expect(() => new TurnRestIceServers({ urls: [stun, turns], ttlMs: 1 })).toThrow(
    "need the secret",
  );
  expect(() => new TurnRestIceServers({ urls: ["https://turn.example.org"], ttlMs: 1 })).toThrow(
    'got "https://turn.example.org"',
  );
});
