# SPDX-License-Identifier: Apache-2.0
# What ko_virt.sh and ko_imx8mp.sh share: the module, the probe, and a board to run them on. Sourced, in the root of
# the sources, by a script that is given the folder of the build.
set -eu
bulkhead=$1/src/cmd/bulkhead

skip() {
	echo "skipped: $1"
	exit 77
}

case $(uname -m) in
aarch64) compiler=gcc ;;
*) compiler=aarch64-linux-gnu-gcc ;;
esac
command -v "$compiler" >/dev/null || skip "$compiler is not installed"
command -v make >/dev/null || skip "make is not installed"
module=$(lab/fetch.sh module) || skip "the kernel module cannot be built here (see above)"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/board"
cp "$module/bulkhead.ko" tests/lab/ko_board.sh "$work/board/"
"$compiler" -static -O2 -s -Wall -Wextra -Werror -I. -o "$work/board/probe" tests/lab/probe/*.c

# run_board SCRIPT BOARD OPTIONS...: boots, runs SCRIPT there, and is done when every behaviour is there.
run_board() {
	cp "tests/lab/$1" "$work/board/"
	script=$1
	name=ko-$$
	shift
	"$bulkhead" lab up "$@" --name "$name"
	trap '"$bulkhead" lab down "$name"; rm -rf "$work"' EXIT
	"$bulkhead" lab push "$name" "$work"/board/* /tmp
	"$bulkhead" lab exec "$name" sh "/tmp/$script"
}
