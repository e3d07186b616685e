// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors
//
// A client whose cable is cut says nothing, and the kernel of the server hears nothing either:
// the server's pings go unanswered, and its entries go.
import { after, before, test } from "node:test";
import { Player } from "./player.js";
import { GameServer } from "./server.js";

let server;
before(async () => (server = await GameServer.start("--ping-timeout", "2")));
after(() => server.stop());

test("a vanished client is gone after the ping time-out, the others stay", async () => {
  const players = [1, 2, 3, 4].map((user) => new Player(server.url, user));
  for (const player of players) {
    await player.connect();
    await player.join(`user:${player.user}`);
    await player.join("lobbies");
  }
  await server.assertOpen(players);
  players[0].vanish();
  players[1].vanish();
  await server.assertOpen(players.slice(2));
  players.slice(0, 2).forEach((player) => player.destroy());
  await Promise.all(players.slice(2).map((player) => player.close()));
});
