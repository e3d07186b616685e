#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""How long the questions of an operator take, beside ss and jq in the same run:

    answers.py CONNSTAT CHURN_FILL [--entries N] [--sockets N] [--rounds N]

CHURN_FILL SEGMENT N [SOCKETS] fills a segment and waits for the end of its input. Each line has the best of
the rounds in processor time, so that what else the machine does matters little, and a ratio: an
entry of connstat's list to a socket of ss and to a line that jq copies.
"""

import argparse
import json
import os
import resource
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request


def processor_s(*command, **options):
    """Of one run, and the size of its output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile(dir="/dev/shm") as output:
        subprocess.run(command, check=True, stdout=output, **options)
        size = output.tell()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, size


def best(rounds, *command, **options):
    return min(processor_s(*command, **options)[0] for _ in range(rounds))


def elapsed_s(*command, **options):
    began = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)
    return time.monotonic() - began


def open_sockets(count):
    """Connections over the loopback: two sockets each."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    kept = [listener]
    for _ in range(count // 2):
        kept.append(socket.create_connection(listener.getsockname()))
        kept.append(listener.accept()[0])
    return kept


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("connstat")
    parser.add_argument("fill")
    parser.add_argument("--entries", type=int, default=1000000)
    parser.add_argument("--sockets", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="connstat-answers.", dir="/dev/shm")
    environment = os.environ | {"CONNSTAT_DIR": directory}
    fills = []

    def fill(name, count, *sockets):
        subprocess.run([options.connstat, "create", "-n", name, "--type", f"ws_socket:connection:{count}"],
                       env=environment, check=True, stdout=subprocess.DEVNULL)
        process = subprocess.Popen([options.fill, name, str(count), *map(str, sockets)],
                                   env=environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdout.readline()
        fills.append(process)

    def ask(*arguments):
        return best(options.rounds, options.connstat, "-n", "large", *arguments, env=environment)
    try:
        fill("large", options.entries)
        kept = open_sockets(options.sockets)
        a_socket = best(options.rounds, "ss", "-tanH") / options.sockets
        del kept
        an_entry = ask("list", "-o", "jsonl") / options.entries
        sample = f"{directory}/sample.jsonl"
        lines = min(options.entries, 50000)
        with open(sample, "wb") as file:
            subprocess.run([options.connstat, "-n", "large", "list", "-o", "jsonl", "-l", str(lines)],
                           env=environment, check=True, stdout=file)
        a_line = best(options.rounds, "jq", "-c", ".", sample) / lines
        print(f"list -o jsonl, an entry          {an_entry * 1e6:8.2f} µs")
        print(f"  x ss -tanH, a socket           {an_entry / a_socket:8.2f}    ({a_socket * 1e6:.2f} µs)")
        print(f"  x jq -c ., a line of it        {an_entry / a_line:8.2f}    ({a_line * 1e6:.2f} µs)")
        print(f"list --group-by user_id          {ask('list', '-g', 'user_id'):8.2f} s")
        print(f"list --sort started --limit 10   "
              f"{ask('list', '--sort', 'started', '--limit', '10'):8.2f} s")
        fill("net", 100000, options.sockets)
        net = [options.connstat, "-n", "net", "list", "--net", "--limit", "20", "--sort", "-rtt"]
        pairs = [(elapsed_s(*net, env=environment), elapsed_s("ss", "-tinH"))
                 for _ in range(max(options.rounds, 5))]
        ours, theirs = (min(each) for each in zip(*pairs))
        one = json.loads(subprocess.run([*net[:4], "--net", "-l", "1", "-o", "jsonl"], env=environment,
                                        check=True, stdout=subprocess.PIPE).stdout)["id"]
        single = min(elapsed_s(*net[:3], "get", one, "--net", env=environment)
                     for _ in range(options.rounds))
        print(f"list --net --limit 20 --sort -rtt{ours:8.3f} s")
        print(f"  x ss -tinH                     {ours / theirs:8.2f}    ({theirs:.3f} s)")
        print(f"get --net, one entry             {single:8.3f} s")
        fill("small", 100000)
        serve = subprocess.Popen([options.connstat, "serve", "-n", "small", "--listen", "127.0.0.1:0"],
                                 env=environment, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True)
        fills.append(serve)
        url = serve.stdout.readline().strip() + "/api/v1/entries?search=nowhere"
        times = []
        for _ in range(options.rounds):
            start = time.monotonic()
            with urllib.request.urlopen(url) as answer:
                json.load(answer)
            times.append(time.monotonic() - start)
        print(f"/api/v1/entries?search=, 100,000 {min(times):8.3f} s")
    finally:
        for process in fills:
            process.terminate()
            process.wait()
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
