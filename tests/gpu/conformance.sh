#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# conformance.sh BULKHEAD-GPU: piglit's tests of OpenGL up to 2.1, GLSL 1.10 and 1.20 and EXT_framebuffer_object, natively
# over vtest, ours beside virgl_test_server on llvmpipe; prints a table, and each test whose results differ.
# docs/gpu-conformance.md explains them. Takes half an hour to an hour. CONFORMANCE_TESTS: other tests, as
# "-t PATTERN..." of piglit.
set -eu
cd "$(dirname "$0")/../.."
gpu=$(realpath "$1")
tests=${CONFORMANCE_TESTS-"-t spec@!opengl.[12]\. -t spec@glsl-1\.[12]0@ -t spec@ext_framebuffer_object@"}
tools=$(lab/fetch.sh piglit)
work=$(mktemp -d /tmp/bulkhead-conformance.XXXXXX)
server=
trap '[ -z "$server" ] || kill $server 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# measure WHO: runs the tests on the server that listens on WHO's socket.
measure() {
	until [ -S "$work/$1.sock" ]; do
		kill -0 $server
		sleep 0.1
	done
	# shellcheck disable=SC2086
	"$tools/run" env USER=tester VTEST_SOCKET_NAME="$work/$1.sock" LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=virpipe \
		EGL_PLATFORM=surfaceless PIGLIT_PLATFORM=surfaceless_egl PIGLIT_NO_FAST_SKIP=1 \
		piglit run -j "$(nproc)" --timeout 60 $tests quick_gl quick_shader "$work/$1" >"$work/$1.log" 2>&1 ||
		{
			tail -5 "$work/$1.log" >&2
			exit 1
		}
	kill $server
	"$tools/run" env USER=tester piglit summary console "$work/$1" |
		sed -n "s/^\(spec\/.*\): \([a-z]*\)\$/$1	\1	\2/p" >>"$work/results"
}

"$gpu" serve --vtest "$work/ours.sock" 2>"$work/server.log" &
server=$!
measure ours
"$tools/run" env LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=llvmpipe EGL_PLATFORM=surfaceless \
	virgl_test_server --use-egl-surfaceless --multi-clients --socket-path "$work/peer.sock" >/dev/null 2>&1 &
server=$!
measure peer

awk -F'\t' '
	function class(result) { return result == "pass" || result == "skip" ? result : "fail" }
	{
		split($2, part, "/")
		group = part[2]
		if (!(group in seen)) { order[++groups] = group; seen[group] = 1 }
		count[group, $1, class($3)]++; count["all", $1, class($3)]++
		result[$2, $1] = class($3); tests[$2] = 1
	}
	function row(name, group) {
		printf "%-32s %6d %6d %6d   %6d %6d %6d\n", name, count[group, "ours", "pass"],
			count[group, "ours", "skip"], count[group, "ours", "fail"], count[group, "peer", "pass"],
			count[group, "peer", "skip"], count[group, "peer", "fail"]
	}
	END {
		printf "%-32s %20s   %20s\n%-32s %6s %6s %6s   %6s %6s %6s\n", "", "ours", "virgl_test_server", "group",
			"pass", "skip", "fail", "pass", "skip", "fail"
		for (i = 1; i <= groups; i++)
			row(order[i], order[i])
		row("all", "all")
		for (test in tests)
			if (result[test, "ours"] != result[test, "peer"])
				print result[test, "ours"] ", the peer " result[test, "peer"] ": " test | "sort"
	}' "$work/results"
