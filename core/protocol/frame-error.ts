// What is wrong with a frame: the answer for its sender, as a value.

import { CloseCode, type ErrorCode } from "./limits.ts";

export class FrameError {
  readonly code: ErrorCode;
  /** One constant sentence for people. */
  readonly message: string;
  /** Path of the offending member, "" for the whole frame. */
  readonly field: string;
  /** `id` of the frame as far as it could be read: what the error answers; 0 when none. */
  readonly re: number;
  /** Set when the connection must be closed: the sender does not speak this protocol. */
  readonly closeCode: CloseCode | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    { field = "", re = 0, closeCode }: { field?: string; re?: number; closeCode?: CloseCode } = {},
  ) {
    this.code = code;
    this.message = message;
    this.field = field;
    this.re = re;
    this.closeCode = closeCode;
  }

  get fatal(): boolean {
    return this.closeCode !== undefined;
  }

  static badFrame(message: string): FrameError {
    return new FrameError("bad_request", message, { closeCode: CloseCode.badFrame });
  }
}
