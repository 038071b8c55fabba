# SPDX-License-Identifier: Apache-2.0
# Sourced by benches on emulated boards: the program, a folder of one's own, the compiler for what runs on the board, and an
# end that leaves nothing behind. $server is a process that ends with the bench.
bulkhead=$PWD/build/src/cmd/bulkhead
server=
work=$(mktemp -d)
export XDG_RUNTIME_DIR="$work"
trap '[ -z "$server" ] || kill $server; "$bulkhead" lab down --all 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

skip() {
	echo "$1" >&2
	exit 77
}

case $(uname -m) in aarch64) cc=gcc ;; *) cc=aarch64-linux-gnu-gcc ;; esac
command -v $cc >/dev/null || skip "$cc is not installed"
