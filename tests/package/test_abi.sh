#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
#
# The binary interface of the library is the recorded one, and what 0.1.0 had is in it unchanged:
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

# Programs that were linked with 0.1.0 go on running: nothing that it had is gone or changed, and what
# came since has a version of its own, by which packages know that they need a later library.
released=$(dirname "${BASH_SOURCE[0]}")/connstat-0.1.0.abi
since_release()
{
    abidiff --no-show-locs --suppressions "$(dirname "${BASH_SOURCE[0]}")/additions.abignore" \
        "$released" "$1"
}

status=0
since_release "$work/now.abi" >"$work/since" || status=$?
if [ $((status & ~4)) != 0 ] || ! grep -q 'Functions changes summary: 0 Removed, 0 Changed' "$work/since" ||
    ! grep -q 'Variables changes summary: 0 Removed, 0 Changed, 0 Added' "$work/since"; then
    cat "$work/since" >&2
    echo "The interface is broken for programs that are linked with 0.1.0 (above)." >&2
    exit 1
fi
if grep "{connstat_.*@@CONNSTAT_0.1}" "$work/since" >&2; then
    echo "New since 0.1.0 (above): name them under CONNSTAT_0.2 in lib/libconnstat.map." >&2
    exit 1
fi

# That a break would be seen: a function that is gone, a type of another size.
for change in "s/'connstat_count'/'connstat_gone'/" \
    "s/\(class-decl name='connstat_counts' size-in-bits=\)'[0-9]*'/\1'64'/" \
    "s/layout-offset-in-bits='4160'/layout-offset-in-bits='4096'/"; do
    sed "$change" "$recorded" >"$work/broken.abi"
    status=0
    since_release "$work/broken.abi" >"$work/log" 2>&1 || status=$?
    if grep -q 'Functions changes summary: 0 Removed, 0 Changed' "$work/log"; then
        echo "a break since 0.1.0 goes unseen: $change" >&2
        exit 1
    fi
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
