# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Five servers under real churn: whenever it pauses, everybody's aggregate is exact."""
import time

import lab
import nodes

HOUR_OF_UPDATES = 3600 // 2  # with the default period


class Churn(nodes.TestCase):
    def five(self, url, **options):
        """Two of them have types that the others do not know."""
        five = [self.node(f"n{i}", url, **options) for i in range(3)]
        five += [self.node("n3", url, types=("live_view", "ws_socket", "arena"), **options),
                 self.node("n4", url, types=("arena", "raw_socket"), **options)]
        for node in five:
            node.start()
        return five

    def rounds(self, five, count, churn_s):
        for _ in range(count):
            time.sleep(churn_s)
            self.pause(five)
            self.becomes_exact(five)
            self.resume(five)

    def test_exact_whenever_churn_pauses(self):
        five = self.five(self.redis().url)
        self.rounds(five, 5, 0.5)
        self.assertGreater(add_up(five)["total_connections"], 0)

    def test_exact_after_an_hour_of_updates_at_speed(self):
        redis = self.redis()
        five = self.five(redis.url, period=0.01, lease=5)

        def updates():
            line = [line for line in redis.call("INFO", "commandstats").splitlines()
                    if line.startswith("cmdstat_evalsha:")]
            return int(line[0].split("calls=")[1].split(",")[0]) if line else 0
        lab.eventually(lambda: updates() >= 5 * HOUR_OF_UPDATES, "an hour of updates", 90)
        self.rounds(five, 2, 0.2)


def add_up(five):
    return nodes.add(node.local() for node in five)


if __name__ == "__main__":
    nodes.main()
