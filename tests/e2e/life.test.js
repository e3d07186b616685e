// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors
//
// Who a client is, its role, and that it did something: the tracker knows it when the server does,
// and the entry stays the one that it was, with its id and its start.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Player } from "./player.js";
import { GameServer, eventually } from "./server.js";

const STEP_MS = 20; // more than the steps in which activity is told

let server, guest;
before(async () => {
  server = await GameServer.start();
  guest = await new Player(server.url).connect();
});
after(async () => {
  await guest.close();
  await server.stop();
});

async function only(type) {
  const entries = await server.list("--type", type);
  assert.equal(entries.length, 1);
  return entries[0];
}

function assertSame(before, after) {
  for (const field of ["id", "pid", "started_at"]) assert.equal(after[field], before[field], field);
}

test("a socket gets its user when it authenticates", async () => {
  const before = await only("ws_socket");
  assert.deepEqual(before.metadata, { user_id: 0, authenticated: false, addr: "127.0.0.1" });
  await guest.join("lobbies");
  await server.assertOpen([guest]);

  await guest.join("user:77");
  const socket = await only("ws_socket");
  assertSame(before, socket);
  assert.deepEqual(socket.metadata, { user_id: 77, authenticated: true, addr: "127.0.0.1" });
  await server.assertOpen([guest]);
  await assert.rejects(guest.join("user:78"), /unauthorized/);
});

test("a role changes, and the lobby stays", async () => {
  await guest.join("lobby:5");
  const member = await only("lobby_channel");
  assert.equal(member.metadata.role, "member");
  for (const role of ["spectator", "member", "spectator"]) {
    await guest.push("lobby:5", "role", { role });
    const changed = await only("lobby_channel");
    assertSame(member, changed);
    assert.deepEqual(changed.metadata, { lobby_id: 5, user_id: 77, role });
  }
  await server.assertOpen([guest]);
});

test("each message touches its socket and its channel, and no other", async () => {
  const lobby = await only("lobby_channel");
  const before = await only("ws_socket");
  await sleep(STEP_MS);
  await guest.heartbeat();
  const beat = await only("ws_socket");
  assert.ok(beat.active_at > before.active_at, `${before.active_at} ${beat.active_at}`);
  assert.equal((await only("lobby_channel")).active_at, lobby.active_at);

  await sleep(STEP_MS);
  await guest.push("lobby:5", "role", { role: "member" });
  assert.ok((await only("ws_socket")).active_at > beat.active_at);
  assert.ok((await only("lobby_channel")).active_at > lobby.active_at);
  assertSame(before, await only("ws_socket"));
});

test("who left before he said who he is leaves nobody behind", async () => {
  await guest.leave("lobbies");
  await guest.leave("user:77");
  await server.assertOpen([guest]);
  const watcher = await new Player(server.url, 1).connect();
  await watcher.join("lobbies");
  await guest.leave("lobby:5");
  assert.deepEqual(await eventually(() => watcher.heard, ({ length }) => length > 0), [77]);
  await watcher.close();
});

test("where a user's sockets are limited he says at once who he is", async () => {
  const limited = await GameServer.start("--max-sockets-per-user", "1");
  const late = await new Player(limited.url).connect();
  await assert.rejects(late.join("user:9"), /unauthorized/);
  await limited.assertOpen([late]);
  await late.close();
  await limited.stop();
});
