// What a page of the browser tests does: enters a room with the SDK, sends its camera, counts the frames that come.

import { connect } from "/dist/live/client/stormglass-client.js";

const TOLD = ["disrupted", "resumed", "lost", "left", "ended", "peerGone"];
const events = [];
const messages = [];
let client;
let peer;

/** Shows the other one's camera, so that its frames are decoded. */
function show({ streams }) {
  const video = document.createElement("video");
  video.srcObject = streams[0];
  video.muted = true;
  document.body.append(video);
  void video.play();
}

window.enterRoom = async (options) => {
  const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 } });
  client = connect({ ...options, RTCPeerConnection, policy: { spreadMs: 500 } });
  client.on("peer", ({ connection }) => {
    peer = connection;
    for (const track of camera.getTracks()) peer.addTrack(track, camera);
    peer.ontrack = show;
  });
  for (const name of TOLD) client.on(name, () => events.push(name));
  client.on("message", ({ body }) => messages.push(body));
  await client.entered();
};

window.say = (body) => client.send(body);

window.callState = async () => {
  let frames = 0;
  for (const one of (await peer?.getStats())?.values() ?? []) {
    if (one.type === "inbound-rtp") frames += one.framesDecoded ?? 0;
  }
  const others = [...client.participants.keys()];
  return { others, messages, events, frames, ice: peer?.iceConnectionState ?? "none" };
};
