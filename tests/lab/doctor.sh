#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `bulkhead doctor` on both boards, built for them.
. "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/../.." || exit 1

[ "$(uname -m)" = aarch64 ] || command -v aarch64-linux-gnu-gcc >/dev/null || skip_all "aarch64-linux-gnu-gcc is not installed"
tools/arm64.sh >"$work/arm64.out" 2>&1 || {
	sed 's/^/# /' "$work/arm64.out"
	echo "Bail out! bulkhead cannot be built for arm64"
	exit 1
}

# there BOARD: what the board's script prints, its checks counted on from those before.
there() {
	lab exec "$1" sh /tmp/doctor_board.sh "$1" >"$work/out" 2>&1
	awk -v count="$checks" '
		/^ok |^not ok / { count++; sub(/ok /, "ok " count " - ") }
		{ print }' "$work/out"
	checks=$((checks + $(grep -cE '^(not )?ok ' "$work/out")))
	check "doctor_board.sh comes to its end on $1" grep -q '^# end$' "$work/out"
}

for board in virt imx8mp-evk; do
	boot "$board"
	check "$board takes the program" lab push "$board" build-arm64/src/cmd/bulkhead tests/lab/doctor_board.sh /tmp
	there "$board"
	lab down "$board"
done
finish
