# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Which tests could see a change of a file, the quickest first, in stages."""

import re

STAGES = ["near", "unit", "weak", "slow", "more", "kill"]
SLOW_S = 2  # from here on a unit test waits until the quick ones are through

# What is near: the tests of a part, by the beginning of a file's name.
NEAR = [
    ("lib/metadata", "metadata metadata_call metadata_layout metadata_refused metadata_shape register"),
    ("lib/os/identity", "identity lifecycle system"),
    ("lib/os/procfs", "procfs identity system"),
    ("lib/os/usage", "system"), ("lib/os/signals", "records"), ("lib/os/", "creation access handles afterlife procfs"),
    ("lib/file/mapping", "mapping growth"), ("lib/file/", "creation access handles afterlife types"),
    ("lib/process/grow", "growth mapping"), ("lib/resize", "growth"), ("shm/growth", "growth mapping"),
    ("lib/process/", "process fork handles threads lifecycle"),
    ("lib/worker/", "lifecycle threads owners fork handles"),
    ("lib/reaping", "reaper lifecycle identity owners"), ("lib/watch/", "reaper readonly"),
    ("lib/host/", "host fit"), ("lib/entry/", "read register lifecycle"),
    ("lib/cluster", "system readonly"), ("lib/system", "system identity"),
    ("lib/info", "system owners read lifecycle"), ("lib/list", "read types"),
    ("lib/read", "read"), ("lib/update", "update updaters"), ("lib/move", "move"),
    ("lib/register_key", "keys limit index"), ("lib/register", "register lifecycle"),
    ("lib/unregister", "register ids lifecycle"), ("lib/join", "lifecycle owners"),
    ("lib/create", "creation"), ("lib/open", "access"), ("lib/check", "checks inside damage"),
    ("shm/keys/siphash", "siphash"), ("shm/keys/limit", "limit keys"),
    ("shm/keys/", "index keys limit geometry"), ("shm/check/", "checks inside damage index"),
    ("shm/records/resume", "programs midway records swept"),
    ("shm/records/claim", "claim register growth"),
    ("shm/geometry", "geometry creation host types growth damage"), ("shm/cluster_area", "system readonly"),
    ("shm/slots/payload", "midway update move arriving"),
    ("shm/slots/table", "read arriving update move"),
    ("shm/slots/", "register read inside"), ("shm/records/obituary", "deaths lifecycle reaper owners"),
    ("shm/records/shard", "records inside threads lifecycle"), ("shm/records/", "records lifecycle inside owners"),
    ("shm/", "register read lifecycle"),
]
# What steps through an operation, by the file that it is in.
KILLS = [
    ("lib/(resize|file/mapping|process/grow)|shm/growth", "kill-growing stop-growing"),
    ("lib/create|lib/file|lib/os/name_lock", "kill-create creators-create"),
    ("lib/update|shm/slots/payload", "kill-update stop-update kill-touch"),
    ("lib/move", "kill-move stop-move"),
    ("lib/register_key|shm/keys", "kill-key stop-key kill-refused kill-had-key"),
    ("lib/unregister", "kill-unregister stop-unregister"),
    ("lib/(join|worker|process)|shm/records/record", "kill-join stop-join kill-first kill-leave"),
    ("lib/reaping|shm/records", "kill-reap stop-reap kill-reap-worker kill-help"),
    ("lib/(list|read|entry)", "kill-list kill-register"),
    ("lib/register|shm/slots", "kill-register stop-register kill-full"),
]
# Of the suite unit, but of the tools, or of the text.
NOT_OF_THE_LIBRARY = {"alerts", "top_model", "top_scope", "cluster-url", "cluster-loop", "mutate",
                      "mutate-accepted"}
MORE = ["fuzz", "storm", "guest", "cli", "containers", "exec"]


def named(table, file, matches):
    return next((names.split() for pattern, names in table if matches(pattern, file)), [])


def near(file):
    return named(NEAR, file, lambda pattern, name: name.startswith(pattern))


def kills(file):
    return named(KILLS, file, lambda pattern, name: re.match(pattern, name))


def is_slow(test):
    return test.usual_s is not None and test.usual_s >= SLOW_S


def in_stage(test, stage):
    """Is the test in this stage for any file?"""
    if stage in ("near", "unit", "slow"):
        of_unit = "unit" in test.suites and "house" not in test.suites and \
            test.name not in NOT_OF_THE_LIBRARY
        return of_unit and (stage == "near" or (stage == "slow") == is_slow(test))
    if stage == "weak":
        return test.name.startswith("weak ")
    return bool(test.suites & set(MORE)) if stage == "more" else stage in test.suites


def for_file(tests, stages, file):
    """The stages of a file: a list of lists of tests, each test once."""
    seen, wanted = set(), []
    chosen = {"near": near(file), "kill": kills(file)}
    for stage in stages:
        names = chosen.get(stage)
        of_stage = [test for test in tests if in_stage(test, stage) and id(test) not in seen
                    and (names is None or test.name in names)
                    and (stage != "weak" or file.startswith("shm/"))]
        of_stage.sort(key=lambda test: test.usual_s or test.limit_s)
        seen.update(map(id, of_stage))
        wanted.append(of_stage)
    return wanted
