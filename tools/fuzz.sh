#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every fuzz target for FUZZ_SECONDS (60). New inputs are kept in build-check/fuzz/; a crash is reported and
# its input saved.
set -eu
cd "$(dirname "$0")/.."
tools/setup.sh
[ -f build-check/build.ninja ] || CC=clang meson setup build-check --buildtype=debugoptimized \
	-Db_sanitize=address,undefined -Db_lundef=false -Dfuzz=true >/dev/null
ninja -C build-check --quiet

failed=0
for target in build-check/tests/fuzz_*; do
	[ -f "$target" ] && [ -x "$target" ] || continue
	name=$(basename "$target")
	mkdir -p "build-check/fuzz/$name"
	echo "== $name for ${FUZZ_SECONDS:-60} s"
	"$target" -max_total_time="${FUZZ_SECONDS:-60}" -print_final_stats=1 \
		-artifact_prefix="build-check/fuzz/$name-" "build-check/fuzz/$name" \
		$(find tests \( -type d -o -type l \) -name "$name.seeds") 2>"build-check/fuzz/$name.log" || {
		tail -30 "build-check/fuzz/$name.log"
		failed=$((failed + 1))
	}
	grep -E 'number_of_executed_units|cov:' "build-check/fuzz/$name.log" | tail -2
done
exit $((failed > 0))
