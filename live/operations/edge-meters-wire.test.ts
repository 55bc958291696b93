// Errors that come from a node in another process.

import { expect, test } from "vitest";
import { encodeShared } from "../../core/protocol/codec.ts";
import { Kind, Message } from "../../core/protocol/message.ts";
import { WireMessage } from "../wire-message.ts";
import { EdgeMeters } from "./edge-meters.ts";

test("an error that came over a trunk as text is counted by its code", () => {
  const body = {
    code: "no_such_peer",
    message: "nobody of that name is in the room",
    retry: false,
  };
  const made = new Message(Kind.error, 7, "", "", 0, 90, "", body);
  const meters = new EdgeMeters();
  meters.answered(new WireMessage(Kind.error, 7, "", 0, 90, "", encodeShared(made)));
  meters.answered(made);
  expect(meters.errorsByCode.of("no_such_peer")).toBe(2);
});
