// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors
//
// 200 sockets over four workers: counts and lists are what the clients did, type by type and id by
// id; and still are when a worker is killed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Player } from "./player.js";
import { GameServer } from "./server.js";

const PLAYERS = 200;
const ROUNDS = 3;

let server;
const players = [];
// Tables of 64 slots: they grow while the players come, and nobody is refused.
before(async () =>
  (server = await GameServer.start("--capacity", "64", "--max-capacity", "100000")));
after(() => server.stop());

// The same choices in each run.
let seed = 20240613;
function random(n) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * n);
}

function topicsOf(user) {
  return [
    `user:${user}`,
    "lobbies",
    `lobby:${1 + (user % 20)}`,
    `group:${1 + (user % 7)}`,
    "groups",
    `party:${1 + (user % 50)}`,
    `lv:profile/${user % 5}`,
  ];
}

async function play(player) {
  for (const topic of topicsOf(player.user)) {
    if (random(2)) continue;
    if (player.open.has(topic)) await player.leave(topic);
    else await player.join(topic, random(3) ? {} : { role: "spectator" });
  }
  if (player.open.has(`user:${player.user}`) && random(2))
    await player.push(`user:${player.user}`, player.peer ? "webrtc:close" : "webrtc:offer");
}

test("sockets spread over four workers", async () => {
  for (let user = 1; user <= PLAYERS; user++) players.push(new Player(server.url, user));
  await Promise.all(players.map((player) => player.connect()));
  await server.assertOpen(players);
  const owners = new Set((await server.list("--type", "ws_socket")).map(({ pid }) => pid));
  assert.equal(owners.size, 4);
});

test("the kernel has each socket, and no other one of the server's", async () => {
  const listed = await server.list("--type", "ws_socket", "--net");
  assert.equal(listed.length, PLAYERS);
  for (const { net } of listed) assert.equal(net.state, "established");
  const found = await server.connstat("audit");
  assert.deepEqual([found.leaked, found.unregistered, found.cannot_tell], [[], [], 0]);
  assert.equal(found.ports.length, 1);
});

test("joins, leaves and peers", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all(players.map(play));
    await server.assertOpen(players);
  }
});

test("some close their sockets", async () => {
  await Promise.all(players.filter(({ user }) => user % 5 === 0).map((player) => player.close()));
  await server.assertOpen(players);
});

test("a worker killed: the surviving clients are counted", async () => {
  const alive = () => players.filter(({ connected }) => connected).length;
  const total = alive();
  const killed = await server.killBusiestWorker();
  await server.assertOpen(players);
  assert.ok(alive() < total && alive() > 0);

  const { deaths } = await server.connstat("deaths");
  assert.deepEqual(deaths.map(({ pid, signal }) => [pid, signal]), [[killed, "SIGKILL"]]);
});

test("those who lost their worker come again", async () => {
  const fresh = players.map((player) => (player.connected ? player : new Player(server.url, player.user)));
  await Promise.all(fresh.filter(({ connected }) => !connected).map((player) => player.connect()));
  await Promise.all(fresh.map(play));
  await server.assertOpen(fresh);
  await Promise.all(fresh.map((player) => player.close()));
  await server.assertOpen([]);
});
