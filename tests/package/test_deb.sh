#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
#
# Build the packages, let lintian look at them, and install, use, remove and purge them in a fresh
# Debian 12: test_deb.sh SOURCE_ROOT. Needs root, debootstrap and the machine's own apt sources.

set -euo pipefail
root=$1

skip() { echo "SKIP: $*"; exit 77; }
fail() { echo "FAIL: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || skip "not root: no chroot"
for tool in debootstrap dpkg-buildpackage dh lintian unshare; do
    command -v "$tool" >/dev/null || skip "no $tool"
done
unshare --mount --pid --fork true 2>/dev/null || skip "may not make namespaces"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Label: Debian' |
    sort -u | head -n 1)
[ -n "$mirror" ] || skip "this machine's apt has no source of Debian 12"

work=$(mktemp -d "${TMPDIR:-/tmp}/connstat-chroot.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
new=$work/root

"$root/tools/deb" "$work/packages"
lintian --allow-root --fail-on error,warning "$work"/packages/*.deb || fail "lintian"

debootstrap --variant=minbase bookworm "$new" "$mirror" >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log"; fail "debootstrap"; }
# The new machine reaches what this one reaches.
rm -rf "$new/etc/apt"
cp -a /etc/apt "$new/etc/apt"
cp -a /usr/share/keyrings/. "$new/usr/share/keyrings/"
cp -L /etc/resolv.conf /etc/hosts "$new/etc/" 2>/dev/null || true
cp -r "$work/packages" "$new/root/packages"

# A mount namespace of its own: its /proc and all that it mounts go with it.
inside()
{
    unshare --mount --pid --fork --kill-child sh -c \
        'mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/dev/shm" &&
         exec chroot "$0" sh -ec "$1"' "$new" "export DEBIAN_FRONTEND=noninteractive
         export PATH=/usr/sbin:/usr/bin:/sbin:/bin; $1" </dev/null
}

files() { (cd "$new" && find usr etc lib -not -type d | grep -v __pycache__ | sort); }

mkdir -p "$new/dev/shm"
inside 'apt-get update -qq && apt-get install -y -qq --no-install-recommends systemd gcc libc6-dev \
        pkg-config libncursesw6 liburcu-dev libmicrohttpd12 libhiredis0.14 libmnl0 \
        nginx libnginx-mod-stream python3' >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log"; fail "a fresh Debian cannot install"; }
files >"$work/before"

inside 'apt-get install -y -qq --no-install-recommends /root/packages/*.deb' >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log"; fail "installing"; }
cat >"$new/root/use.c" <<'EOF'
#include <connstat.h>
int main(void)
{
    connstat_t *cs;
    connstat_id id;
    return connstat_create(&cs, "game", 0) ||
           connstat_register(cs, CONNSTAT_WS_SOCKET, 0, 0, &id) ||
           connstat_count(cs, CONNSTAT_WS_SOCKET) != 1;
}
EOF
inside 'getent group connstat >/dev/null
        systemd-tmpfiles --create connstat.conf
        [ "$(stat -c "%a %G" /run/connstat)" = "3770 connstat" ]
        gcc /root/use.c -o /root/use $(pkg-config --cflags --libs connstat)
        /root/use
        connstat -n game counts --json | grep -q "\"ws_sockets\""
        connstat -n game reap
        [ "$(connstat -n game count)" = 0 ]
        connstat --version
        systemd-analyze verify --man=no connstat-reaper@game.service connstat-serve@game.service \
            connstat-serve.service
        rm -r /run/connstat/* /root/use' || fail "using what was installed"

# Three lines for the nginx that Debian has, asked by the Python that Debian has: over sockets in the
# file system, so that no port of this machine is taken.
mkdir -p "$new/root/nginx"
cat >"$new/root/nginx/nginx.conf" <<'EOF'
include /etc/nginx/modules-enabled/*.conf;
pid /root/nginx/pid;
events {}
http {
    access_log off;
    connstat_zone web dir=/run/connstat;
    connstat on;
    server {
        listen unix:/root/nginx/http;
        location = /counts { connstat off; connstat_status; }
    }
}
stream {
    connstat_zone web;
    connstat on;
    server { listen unix:/root/nginx/stream; proxy_pass unix:/root/nginx/http; }
}
EOF
cat >"$new/root/use.py" <<'EOF'
import connstat, json, socket

def ask(path):
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    client.sendall(b"GET /counts HTTP/1.1\r\nHost: here\r\n\r\n")
    answer = b""
    while b"}}\n" not in answer:
        answer += client.recv(4096)
    return client, json.loads(answer.split(b"\r\n\r\n")[1])["counts"]

direct, counts = ask("/root/nginx/http")
assert counts == {"http_conn": 1, "http_request": 0, "ws_socket": 0, "stream_session": 0}, counts
proxied, counts = ask("/root/nginx/stream")
assert counts["http_conn"] == 2 and counts["stream_session"] == 1, counts
assert connstat.open("web").counts()["total_connections"] == 3
with connstat.Tracker("python") as tracker:
    with tracker.register("ws_socket", key="ann", limit=1, user_id=42):
        assert tracker.list("ws_socket", where="user_id=42")[0]["key"] == "ann"
        try:
            tracker.register("ws_socket", key="ann", limit=1)
        except connstat.LimitReached:
            pass
        else:
            raise SystemExit("the limit is not kept")
    assert tracker.count() == 0
print("nginx and Python count:", counts)
EOF
inside 'systemd-tmpfiles --create connstat.conf
        chmod 755 /root
        nginx -c /root/nginx/nginx.conf
        python3 -B /root/use.py
        nginx -c /root/nginx/nginx.conf -s stop
        while [ -e /root/nginx/pid ]; do sleep 0.1; done
        [ "$(connstat -n web count)" = 0 ]
        rm -r /run/connstat/* /root/use.py /root/nginx' || fail "using nginx and Python with it"

inside 'apt-get purge -y -qq libnginx-mod-connstat python3-connstat connstat libconnstat-dev \
        libconnstat0' >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log"; fail "purging"; }
files >"$work/after"
# What dpkg and the linker's cache note of themselves, and the group, which Debian keeps.
diff "$work/before" "$work/after" || fail "purging left something"
echo "installs, works and goes in a fresh Debian 12"
