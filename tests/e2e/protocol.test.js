// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors
//
// What Phoenix answers where a client may not, cannot or does wrong, as its own client library
// understands it; and nothing of it stays in the tracker.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import WebSocket from "ws";
import { Player } from "./player.js";
import { GameServer } from "./server.js";

let server, player;
before(async () => {
  server = await GameServer.start();
  player = await new Player(server.url, 7).connect();
});
after(async () => {
  await player.close();
  await server.stop();
});

function closeCode(socket) {
  return new Promise((resolve) => socket.on("close", resolve));
}

function refusal(path) {
  const socket = new WebSocket(server.url.replace("/socket", path));
  return new Promise((resolve) => socket.on("error", (error) => resolve(error.message)));
}

test("joins that are refused", async () => {
  await assert.rejects(player.join("user:8"), /unauthorized/);
  await assert.rejects(player.join("market:1"), /unmatched topic/);
  await assert.rejects(player.join("lobby:seven"), /unmatched topic/);
  await server.assertOpen([player]);
});

test("an event that a channel does not know crashes it", async () => {
  const channel = await player.join("lobby:3");
  const crashed = new Promise((resolve) => channel.onError(resolve));
  channel.push("no_such_event", {}, 1000);
  await crashed;
  channel.leave();
  player.open.delete("lobby:3");
  await server.assertOpen([player]);
});

test("a second join of a topic takes the place of the first", async () => {
  const first = await player.join("groups");
  const closed = new Promise((resolve) => first.onClose(resolve));
  await player.join("groups");
  await closed;
  await server.assertOpen([player]);
  await player.leave("groups");
  await server.assertOpen([player]);
});

test("signalling only", async () => {
  await player.join("user:7");
  assert.match((await player.push("user:7", "webrtc:offer")).note, /no media/);
  await player.push("user:7", "webrtc:offer");
  await server.assertOpen([player]);
  await player.leave("user:7");
  await server.assertOpen([player]);
});

test("handshakes that are refused", async () => {
  assert.match(await refusal("/socket/websocket?vsn=1.0.0"), /403/);
  assert.match(await refusal("/socket/websocket?vsn=2.0.0&user_id=root"), /403/);
  assert.match(await refusal("/elsewhere?vsn=2.0.0"), /404/);
  await server.assertOpen([player]);
});

test("what is no message ends the connection", async () => {
  for (const text of ["{", "[]", '["1","1","lobbies","phx_join",3]', "null", "x".repeat(1 << 17)]) {
    const socket = new WebSocket(`${server.url}/websocket?vsn=2.0.0`);
    socket.on("error", () => {});
    const closed = closeCode(socket);
    socket.on("open", () => socket.send(text));
    assert.notEqual(await closed, 1000);
  }
  await server.assertOpen([player]);
});
