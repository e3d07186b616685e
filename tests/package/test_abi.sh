#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
#
# The binary interface of the library is the recorded one:
#
#   test_abi.sh LIBRARY_WITH_DEBUG_INFO LIB_FOLDER
#
# After an addition, and no other change, record it:
#
#   meson test --test-args=--record abi
#
# A symbol or type that is gone or changed needs a new soversion: programs are linked against it.

set -euo pipefail
library=$1 folder=$2
recorded=$folder/connstat.abi

work=$(mktemp -d "${TMPDIR:-/tmp}/connstat-abi.XXXXXX")
trap 'rm -rf "$work"' EXIT

# What the one public header shows of the library: private types stay out.
mkdir "$work/headers"
cp "$folder/connstat.h" "$work/headers"
describe()
{
    abidw --headers-dir "$work/headers" --drop-private-types --exported-interfaces-only \
        --no-corpus-path --no-comp-dir-path --no-show-locs --type-id-style hash "$library"
}

if [ "${3-}" = --record ]; then
    describe >"$recorded"
    echo "recorded in $recorded"
    exit
fi

describe >"$work/now.abi"

compare()
{
    abidiff --no-show-locs "$1" "$work/now.abi"
}

status=0
compare "$recorded" || status=$?
if [ $((status & 8)) != 0 ]; then
    echo "The interface is broken for programs that are linked against it (above)." >&2
elif [ $((status & 4)) != 0 ]; then
    echo "The interface has changed (above). If it only grew, record it: see $0" >&2
fi
[ "$status" = 0 ] || exit 1

# That a break would be seen: a function that is gone, a type of another size.
for change in "s/'connstat_count'/'connstat_gone'/" \
    "s/\(class-decl name='connstat_counts' size-in-bits=\)'[0-9]*'/\1'64'/" \
    "s/layout-offset-in-bits='4160'/layout-offset-in-bits='4096'/"; do
    sed "$change" "$recorded" >"$work/broken.abi"
    if cmp -s "$recorded" "$work/broken.abi"; then
        echo "nothing to break: $change" >&2
        exit 1
    fi
    status=0
    compare "$work/broken.abi" >"$work/log" 2>&1 || status=$?
    if [ $((status & 4)) = 0 ]; then
        echo "a break goes unseen: $change" >&2
        exit 1
    fi
done
