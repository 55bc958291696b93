// Record and replay, as the rest of the server sees it.
//
// What a recording holds, and what it must not hold, is said in recorder.ts.

export type { Recorder, RecorderOptions } from "./recorder.ts";
export { recorderFor } from "./recorder.ts";
export { DamagedRecording } from "./fact-reader.ts";
export { type Difference, type LifeReport, replay, type ReplayOptions } from "./replay.ts";
