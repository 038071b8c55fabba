#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every test. Unit, golden and fuzz tests run from build-check/ (clang, ASan, UBSan, libFuzzer), the others
# from build/. `tools/test.sh SUITE...` runs only those suites; those marked "on request" in suites.txt run only so.
set -eu
cd "$(dirname "$0")/.."

say() {
	echo "== $*"
}

say "packages (nothing to do when they are there)"
tools/setup.sh

say "build (about a minute)"
[ -f build/build.ninja ] || meson setup build --buildtype=release >/dev/null
ninja -C build --quiet
[ -f build-check/build.ninja ] || CC=clang meson setup build-check --buildtype=debugoptimized \
	-Db_sanitize=address,undefined -Db_lundef=false -Dfuzz=true >/dev/null
ninja -C build-check --quiet

passed=0
failed=0
skipped=0

# count_results LOG: adds up what meson wrote, one JSON object a line.
count_results() {
	passed=$((passed + $(grep -c '"result": "\(OK\|EXPECTEDFAIL\)"' "$1" || true)))
	skipped=$((skipped + $(grep -c '"result": "SKIP"' "$1" || true)))
	failed=$((failed + $(grep -vc '"result": "\(OK\|EXPECTEDFAIL\|SKIP\)"' "$1" || true)))
}

# run_suite BUILD SUITE WHAT
run_suite() {
	say "$3"
	rm -f "$1/meson-logs/testlog.json"
	meson test -C "$1" --no-rebuild --suite "$2" --print-errorlogs --timeout-multiplier 0 || true
	if [ -f "$1/meson-logs/testlog.json" ]; then
		count_results "$1/meson-logs/testlog.json"
	else
		echo "no test ran"
		failed=$((failed + 1))
	fi
}

wanted=" $* "
[ $# -gt 0 ] || wanted=" $(sed '/on request/d; s/|.*//' tools/suites.txt | tr '\n' ' ') "
while IFS='|' read -r suite dir what; do
	case $wanted in *" $suite "*) run_suite "$dir" "$suite" "$what" ;; esac
done <tools/suites.txt

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
