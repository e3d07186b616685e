#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
#
# The library as it is installed: found by pkg-config, linked shared and static, opened with dlopen,
# from C11 and C++17, and showing nothing but the names in symbols.txt.
#
#   test_install.sh BUILD_ROOT

set -euo pipefail

build=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail()
{
    echo "$*" >&2
    failed=1
}

DESTDIR=$work/root meson install -C "$build" --no-rebuild >"$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
header=$(find "$work/root" -name connstat.h)
shared=$(find "$work/root" -name 'libconnstat.so.*.*.*')
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR=$work/root LD_LIBRARY_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$work/root" -name connstat.pc)")
LD_LIBRARY_PATH=$(dirname "$shared")

# ---- programs that use it --------------------------------------------------------------------

# The prefork server of connstat.h's first lines, in the part of C that C++ shares.
cat >"$work/program.c" <<'END'
#include <connstat.h>
#include <stdio.h>

int main(void)
{
    struct connstat_field fields[2];
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    struct connstat_counts counts;
    connstat_t *cs = NULL;
    connstat_id id = 0;

    config.capacity = 8;
    fields[0] = connstat_int("user_id", 42);
    fields[1] = connstat_text("addr", "10.0.0.7");
    if (connstat_create(&cs, "installed", &config) < 0 ||
        connstat_register(cs, CONNSTAT_WS_SOCKET, fields, 2, &id) < 0 ||
        connstat_counts(cs, &counts) < 0 || counts.total_connections != 1 ||
        connstat_unregister(cs, id) < 0 || connstat_count(cs, CONNSTAT_ANY_TYPE) != 0)
        return 1;
    connstat_close(cs);
    printf("%s\n", connstat_version());
    return connstat_destroy("installed") < 0;
}
END
cp "$work/program.c" "$work/program.cpp"

cat >"$work/plugin.c" <<'END'
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    void *library = dlopen(argv[argc - 1], RTLD_NOW | RTLD_LOCAL);
    int (*create)(void **, const char *, const void *);
    int (*join)(void *, const char *);
    int (*destroy)(const char *);
    void *cs;

    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    *(void **)&create = dlsym(library, "connstat_create");
    *(void **)&join = dlsym(library, "connstat_join");
    *(void **)&destroy = dlsym(library, "connstat_destroy");
    return create(&cs, "opened", NULL) < 0 || join(cs, "plugin") < 0 || destroy("opened") < 0;
}
END

strict=(-O2 -Wall -Wextra -Werror -pedantic-errors)
export CONNSTAT_DIR=$work/segments
mkdir "$CONNSTAT_DIR"
version=$(pkg-config --modversion connstat)

# run_program NAME COMPILER...: compile, run, and compare the version that it prints.
run_program()
{
    local name=$1
    shift
    if ! "$@" -o "$work/$name" 2>"$work/log"; then
        cat "$work/log" >&2
        fail "$name: does not compile: $*"
    elif [ "$("$work/$name")" != "$version" ]; then
        fail "$name: does not run as it should"
    fi
}

read -ra shared_flags <<<"$(pkg-config --cflags --libs connstat)"
read -ra static_flags <<<"$(pkg-config --cflags --libs --static connstat)"
run_program c11 cc -std=c11 "${strict[@]}" "$work/program.c" "${shared_flags[@]}"
run_program c17 cc -std=c17 "${strict[@]}" "$work/program.c" "${shared_flags[@]}"
run_program c++17 c++ -std=c++17 "${strict[@]}" "$work/program.cpp" "${shared_flags[@]}"
rm "$(dirname "$shared")"/libconnstat.so
run_program static cc -std=c11 "${strict[@]}" "$work/program.c" "${static_flags[@]}"
run_program static++ c++ -std=c++17 "${strict[@]}" "$work/program.cpp" "${static_flags[@]}"
if readelf -d "$work/static" | grep -q libconnstat; then
    fail "static: needs the shared library"
fi
cc -O2 -Wall "$work/plugin.c" -o "$work/plugin" -ldl
"$work/plugin" "$shared" || fail "the library cannot be opened with dlopen"

# ---- what it shows ---------------------------------------------------------------------------

nm -D --defined-only "$shared" | awk '$2 != "A" { sub("@.*", "", $3); print $3 }' | sort \
    >"$work/symbols"
diff -u "$here/symbols.txt" "$work/symbols" >&2 ||
    fail "the library shows other names (+) than tests/install/symbols.txt says (-)"
# The archive likewise: who links it may have names of its own.
nm -g --defined-only "$(dirname "$shared")/libconnstat.a" 2>/dev/null |
    awk 'NF == 3 { print $3 }' | sort >"$work/archive_symbols"
diff -u "$here/symbols.txt" "$work/archive_symbols" >&2 ||
    fail "the archive shows other names (+) than tests/install/symbols.txt says (-)"

# The names of the header's functions that are not static: everything that is declared is there.
cc -E -P "$header" | tr -d '\n' | sed 's/{[^{}]*}//g; s/;/;\n/g' | grep -v static |
    grep -oE '\bconnstat_[a-z0-9_]+ *\(' | tr -d '( ' | sort -u >"$work/declared"
diff -u "$work/declared" "$here/symbols.txt" >&2 ||
    fail "connstat.h declares other functions (-) than tests/install/symbols.txt says (+)"
if cc -E -P "$header" | grep -iw 'rcu\|urcu[a-z_]*\|rcu_[a-z_]*' >&2; then
    fail "connstat.h shows liburcu"
fi
[[ $(readelf -d "$shared") == *"soname: [libconnstat.so.0]"* ]] || fail "another soname"
[[ $(readelf -V "$shared") == *CONNSTAT_0.1*CONNSTAT_0.2* ]] || fail "no symbol versions"

exit $failed
