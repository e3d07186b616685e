#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""What a cluster costs its Redis, by its number of nodes: nodes.py [--json] [--quick]

Simulated nodes tell changing counts to a redis-server of its own, as connstat agent does. Reported
are the server's time per update, the bytes of an answer and of a request, the commands an update
runs inside, and the memory of a node; beside them what asking for every node's counts would cost.
The time is that of the fastest batch of 500: the server's clock goes on while others have the core.
Ends with 1 where commands or bytes grow with the number of nodes: those, unlike time, are exact.
"""
import argparse
import hashlib
import json
import pathlib
import random
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "cluster"))
import lab  # noqa: E402

KEYS = [f"connstat:{{bench}}:{name}" for name in ("lease", "node", "sum")]
TYPES = ["ws_socket", "user_channel", "lobby_channel", "lobbies_channel", "group_channel",
         "groups_channel", "party_channel", "live_view", "webrtc_peer"]
PERIOD_MS, LEASE_MS = 2000, 600000
VERSION = 8  # in the reply, see cluster.lua
BATCH = 500


class Fleet:
    def __init__(self, client, size):
        self.client, self.size = client, size
        script = (ROOT / "tools/connstat/cluster/cluster.lua").read_text("utf-8")
        self.sha = client.call("SCRIPT", "LOAD", script)
        assert self.sha == hashlib.sha1(script.encode()).hexdigest()
        self.versions = [""] * size

    def update(self, node):
        counts = [random.randrange(1000, 9999) for _ in TYPES]
        text = " ".join(f"type:{name}={count}" for name, count in zip(TYPES, counts))
        connections = counts[0] + counts[7] + counts[8]
        text += f" total:channels={sum(counts) - connections} total:connections={connections}"
        reply = self.client.call(
            "EVALSHA", self.sha, 3, *KEYS, "update", f"node-{node:05}", f"{node:032x}",
            f"{node:036x}-17fd1c8e00000000-game", f"node-{node:05}, pid {4000 + node}", LEASE_MS,
            PERIOD_MS, text, PERIOD_MS, self.versions[node], "")
        self.versions[node] = reply[VERSION]

    def join(self):
        for node in range(self.size):
            self.update(node)
        # As after one more round: all know that nobody joined since.
        self.versions = [self.versions[-1]] * self.size


def info(client, section):
    return dict(line.split(":", 1) for line in client.call("INFO", section).splitlines()
                if ":" in line)


def commands(client):
    """Calls and microseconds by command."""
    result = {}
    for name, fields in info(client, "commandstats").items():
        values = dict(field.split("=") for field in fields.split(","))
        result[name.removeprefix("cmdstat_")] = (int(values["calls"]), int(values["usec"]))
    return result


def run_batch(client, fleet):
    """Returns the server's microseconds per update, what else it counted, and its traffic."""
    client.call("CONFIG", "RESETSTAT")
    for _ in range(BATCH):
        fleet.update(random.randrange(fleet.size))
    traffic = info(client, "stats")
    used = commands(client)
    calls, microseconds = used.pop("evalsha")
    inside = sum(count for name, (count, _) in used.items()
                 if not name.startswith(("info", "config")))
    return microseconds / calls, inside / calls, traffic


def measure(client, size, batches):
    client.call("FLUSHALL")
    fleet = Fleet(client, size)
    fleet.join()
    results = [run_batch(client, fleet) for _ in range(batches)]
    _, inside, traffic = results[0]
    memory = sum(client.call("MEMORY", "USAGE", key, "SAMPLES", 0) for key in KEYS)
    client.call("CONFIG", "RESETSTAT")
    client.call("HGETALL", KEYS[1])
    all_usec = commands(client)["hgetall"][1]
    all_bytes = int(info(client, "stats")["total_net_output_bytes"])
    return {
        "bench": "cluster", "nodes": size, "updates": batches * BATCH,
        "server_us_per_update": round(min(result[0] for result in results), 1),
        "answer_bytes": round(int(traffic["total_net_output_bytes"]) / BATCH),
        "request_bytes": round(int(traffic["total_net_input_bytes"]) / BATCH),
        "commands_per_update": round(inside, 3),
        "memory_bytes_per_node": round(memory / size),
        "read_all_us": all_usec, "read_all_bytes": all_bytes,
    }


def constant(results):
    """Do an answer's bytes and an update's commands not grow?"""
    first, last = results[0], results[-1]
    digits = len(str(last["nodes"])) * 12 + 16  # the sums themselves have more digits
    return (last["commands_per_update"] <= first["commands_per_update"] + 0.1 and
            last["answer_bytes"] <= first["answer_bytes"] + digits)


def show(results):
    print(f"{'nodes':>6}  {'server us':>9}  {'answer B':>8}  {'request B':>9}  {'commands':>8}  "
          f"{'B a node':>8}   every node instead")
    for result in results:
        print(f"{result['nodes']:6}  {result['server_us_per_update']:9}  "
              f"{result['answer_bytes']:8}  {result['request_bytes']:9}  "
              f"{result['commands_per_update']:8}  {result['memory_bytes_per_node']:8}   "
              f"{result['read_all_us']} us, {result['read_all_bytes']} B")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="a line of JSON a size")
    parser.add_argument("--quick", action="store_true", help="fewer updates, for function alone")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="connstat-bench-", dir="/dev/shm")
    server = lab.Redis(folder)
    try:
        server.start()
        client = server.client()
        results = [measure(client, size, 1 if options.quick else 40)
                   for size in (10, 100, 1000, 10000)]
        client.close()
    finally:
        server.stop()
        shutil.rmtree(folder)
    if options.json:
        for result in results:
            print(json.dumps(result))
    else:
        show(results)
    if not constant(results):
        sys.exit("the cost of an update grows with the number of nodes")


if __name__ == "__main__":
    main()
