# SPDX-License-Identifier: Apache-2.0
# What the tests share that bring the kernel module to a board. Sourced after lib.sh; leaves the sources' root as the
# current folder and what goes to the board in $work/board.
cd "$(dirname "$0")/../.." || exit 1

case $(uname -m) in
aarch64) compiler=gcc ;;
*) compiler=aarch64-linux-gnu-gcc ;;
esac
command -v "$compiler" >/dev/null || skip_all "$compiler is not installed"
module=$(lab/fetch.sh module 2>"$work/module.err") || {
	sed 's/^/# /' "$work/module.err"
	skip_all "the kernel module cannot be built here"
}
mkdir "$work/board"
cp "$module/bulkhead.ko" tests/lab/ko_board.sh "$work/board/"

build_probe() {
	"$compiler" -static -O2 -s -Wall -Wextra -Werror -I. -o "$work/board/probe" tests/lab/probe/*.c
}

# run_there NAME SCRIPT: on the board NAME, which prints one line of TAP a behaviour.
run_there() {
	cp "tests/lab/$2" "$work/board/"
	lab push "$1" "$work"/board/* /tmp 2>"$work/push.err" || {
		sed 's/^/# /' "$work/push.err"
		echo "Bail out! the board takes no files"
		exit 1
	}
	lab exec "$1" sh "/tmp/$2" 2>&1
}
