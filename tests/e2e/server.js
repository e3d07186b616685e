// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors
//
// A game server with a segment directory of its own, and what connstat says of it.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const PATIENCE_MS = 20000;

// Call probe until check passes on what it gives; then, or when patience ends, return that.
export async function eventually(probe, check) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await probe();
    if (check(value) || Date.now() > deadline) return value;
    await sleep(20);
  }
}

function sameJson(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}

// A ws_socket names its socket in the kernel, by a number that no client knows: it is taken off here.
function withoutCookie(entry) {
  const { socket, ...metadata } = entry.metadata;
  assert.equal(socket > 0, entry.type === "ws_socket", JSON.stringify(entry));
  return { ...entry, metadata };
}

// Entries as lines in one order, to compare id by id.
function normal(entries) {
  return entries
    .map(({ type, metadata }) => `${type} ${JSON.stringify(metadata, Object.keys(metadata).sort())}`)
    .sort();
}

function countByType(entries) {
  const counts = {};
  for (const { type } of entries) counts[`${type}s`] = (counts[`${type}s`] ?? 0) + 1;
  return counts;
}

export class GameServer {
  static async start(...options) {
    const server = new GameServer();
    server.directory = mkdtempSync(resolve("segments-"));
    server.environment = { ...process.env, CONNSTAT_DIR: server.directory, CONNSTAT_NAME: "game" };
    // Should this test be killed, its server goes too.
    const command = ["--pdeathsig", "TERM", process.env.GAMESERVER, "--port", "0", "--workers", "4"];
    server.process = spawn("setpriv", [...command, ...options], {
      env: server.environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const line = await new Promise((settle, reject) => {
      server.process.stdout.once("data", (data) => settle(String(data)));
      server.process.once("exit", (code) => reject(new Error(`gameserver exited with ${code}`)));
    });
    server.url = /ws:\/\/\S+\/socket/.exec(line)[0];
    await eventually(() => server.workers(), (workers) => workers.length === 4);
    return server;
  }

  async stop() {
    const exited = once(this.process, "exit");
    this.process.kill("SIGTERM");
    assert.deepEqual(await exited, [0, null]);
    rmSync(this.directory, { recursive: true });
  }

  async connstat(...args) {
    const { stdout } = await promisify(execFile)(process.env.CONNSTAT, [...args, "--json"], {
      env: this.environment,
      maxBuffer: 1 << 26,
    });
    return JSON.parse(stdout);
  }

  async workers() {
    return (await this.connstat("workers")).workers;
  }

  async list(...args) {
    return (await this.connstat("list", ...args)).entries.map(withoutCookie);
  }

  // What connstat counts and lists is, soon, exactly what these players have open.
  async assertOpen(players) {
    const expected = players.flatMap((player) => player.entries());
    const listed = await eventually(
      async () => normal(await this.list()),
      (lines) => sameJson(lines, normal(expected)),
    );
    assert.deepEqual(listed, normal(expected));

    const counts = await this.connstat("counts");
    const byType = countByType(expected);
    for (const name of Object.keys(counts).filter((key) => key.endsWith("s") &&
      key !== "counts" && !key.startsWith("total")))
      assert.equal(counts[name], byType[name] ?? 0, name);
    assert.equal(counts.total_channels + counts.total_connections, expected.length);
  }

  // Kill the worker that owns the most entries. Returns its pid, once another works in its place.
  async killBusiestWorker() {
    const before = await this.workers();
    const victim = before.reduce((a, b) => (b.live_total > a.live_total ? b : a));
    assert.ok(victim.live_total > 0);
    process.kill(victim.pid, "SIGKILL");
    const after = await eventually(
      () => this.workers(),
      (workers) => workers.length === 4 && workers.every(({ pid }) => pid !== victim.pid),
    );
    assert.equal(after.length, 4);
    return victim.pid;
  }
}
