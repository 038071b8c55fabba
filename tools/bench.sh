#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bench.sh [NAME...]: runs the benches of benches.txt, or those named, and prints one table. A figure is a count, or
# stands beside a peer's of the same run.
set -eu
cd "$(dirname "$0")/.."
tools/setup.sh
[ -f build/build.ninja ] || meson setup build --buildtype=release >/dev/null
ninja -C build --quiet

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wanted=" $* "
failed=0
for name in "$@"; do
	grep -q "^+\?$name|" tools/benches.txt || {
		echo "bench: there is no bench \"$name\"; tools/benches.txt lists them" >&2
		exit 2
	}
done

# One width for a column over all benches; the longest names are about so long.
show() {
	awk -F'\t' '{ printf "%-44s %16s   %-34s %8s\n", $1, $2, $3, $4 }'
}

printf 'what\tfigure\tpeer\tratio\n' | show
while IFS='|' read -r name command; do
	case $name in '' | '#'*) continue ;; esac
	case $name in +*) [ $# != 0 ] || continue ;; esac
	name=${name#+}
	[ $# = 0 ] || case $wanted in *" $name "*) ;; *) continue ;; esac
	status=0
	sh -c "$command" >"$work/out" 2>"$work/err" </dev/null || status=$?
	show <"$work/out"
	case $status in
	0) ;;
	77) echo "$name: skipped: $(tail -1 "$work/err")" ;;
	*)
		echo "$name: failed:" >&2
		tail -20 "$work/err" >&2
		failed=1
		;;
	esac
done <tools/benches.txt
exit $failed
