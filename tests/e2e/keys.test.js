// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors
//
// No more sockets of a user than allowed, and the word that he is gone: over four workers, one of
// them killed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Player } from "./player.js";
import { GameServer, eventually } from "./server.js";

const LIMIT = 3;
const USERS = 24;
const FIRST_WATCHER = 1000;

let server;
let nextWatcher = FIRST_WATCHER; // each watcher is another user, in all tests
before(async () => (server = await GameServer.start("--max-sockets-per-user", String(LIMIT))));
after(() => server.stop());

async function connectAll(players) {
  await Promise.all(players.map((player) => player.connect()));
  return players;
}

// One watcher a worker, so that each worker has somebody to tell.
async function watchersOnEveryWorker() {
  const watchers = [];
  const pids = new Map();
  while (pids.size < 4) {
    const watcher = await new Player(server.url, nextWatcher++).connect();
    await watcher.join("lobbies");
    watchers.push(watcher);
    const [{ pid }] = await server.list("--key", `user:${watcher.user}`, "--type", "ws_socket");
    pids.set(pid, watcher);
  }
  return watchers;
}

// The watchers of an earlier test may be told to be gone only now, so they do not count.
async function assertHeard(watchers, users) {
  const sorted = [...users].sort((a, b) => a - b);
  const counts = (user) => user < FIRST_WATCHER || user >= watchers[0].user;
  for (const watcher of watchers.filter(({ connected }) => connected)) {
    const heard = await eventually(
      () => watcher.heard.filter(counts),
      ({ length }) => length >= users.length,
    );
    assert.deepEqual(heard.sort((a, b) => a - b), sorted);
    watcher.heard.length = 0;
  }
}

test("one socket more than allowed is refused, whoever races for the last place", async () => {
  const racers = Array.from({ length: 4 * LIMIT }, () => new Player(server.url, 42));
  const results = await Promise.allSettled(racers.map((player) => player.connect()));
  const reasons = results.filter(({ reason }) => reason).map(({ reason }) => reason.message);

  assert.equal(reasons.length, 3 * LIMIT);
  for (const reason of reasons) assert.match(reason, /403/);
  await server.assertOpen(racers);
  assert.equal((await server.connstat("count", "--key", "user:42")).count, LIMIT);
  const { types } = await server.connstat("totals");
  assert.equal(types.find(({ name }) => name === "ws_sockets").refused.limit, 3 * LIMIT);

  await racers.find(({ connected }) => connected).close();
  await eventually(() => server.list("--key", "user:42"), ({ length }) => length === LIMIT - 1);
  const next = await new Player(server.url, 42).connect();
  await server.assertOpen([...racers, next]);
  await Promise.all([...racers, next].map((player) => player.close()));
  await server.assertOpen([]);
});

test("a user is offline when the last of his channels closes, on any worker", async () => {
  const watchers = await watchersOnEveryWorker();
  const players = await connectAll([7, 7, 7].map((user) => new Player(server.url, user)));
  const [first, second, third] = players;
  await first.join("user:7");
  await second.join("party:1");
  await third.join("lv:home"); // a tab is no channel
  await first.close();
  await server.assertOpen([...watchers, ...players]);
  assert.ok(watchers.every(({ heard }) => !heard.includes(7)));

  await second.leave("party:1");
  await assertHeard(watchers, [7]);
  await Promise.all([...players, ...watchers].map((player) => player.close()));
  await server.assertOpen([]);
});

test("a worker killed: its users are offline but those who are elsewhere too", async () => {
  const watchers = await watchersOnEveryWorker();
  const players = [];
  for (let user = 1; user <= USERS; user++)
    for (let copy = 0; copy < 1 + (user % 2); copy++) players.push(new Player(server.url, user));
  await connectAll(players);
  await Promise.all(players.map((player) => player.join(`user:${player.user}`)));
  await server.assertOpen([...watchers, ...players]);

  await server.killBusiestWorker();
  await server.assertOpen([...watchers, ...players]);
  const all = [...watchers, ...players];
  const online = new Set(all.filter(({ connected }) => connected).map(({ user }) => user));
  const gone = [...new Set(all.map(({ user }) => user))].filter((user) => !online.has(user));
  assert.ok(gone.length > 0);
  await assertHeard(watchers, gone);

  // The places of the dead worker's sockets are free again.
  const again = await connectAll(
    players.filter(({ connected }) => !connected).map(({ user }) => new Player(server.url, user)),
  );
  await server.assertOpen([...all, ...again]);
  await Promise.all([...all, ...again].map((player) => player.close()));
});
