#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gles.sh BULKHEAD-GPU PROGRAM [CHECK...]: the checks of gles/, on bulkhead-gpu through Debian 13's Mesa and the socket of
# vtest. GLES_PEER=yes: on virgl_test_server and llvmpipe instead, which takes ten times as long. GLES_RECORD=yes: instead of
# its results, a recording of all of it is replayed by each back end, and all must have the same bits.
. "$(dirname "$0")/../tap.sh"
[ -x "$2" ] || skip_all "there were no headers of GLES and EGL when this was built"
gpu=$(realpath "$1") program=$(realpath "$2")
shift 2
cd "$(dirname "$0")/../.." || exit 1
mesa=$(lab/fetch.sh mesa 2>/dev/null) || skip_all "Mesa cannot be fetched"
work=$(mktemp -d /tmp/bulkhead-gles.XXXXXX)
server=
trap '[ -z "$server" ] || kill $server 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
# Mesa's root sees /tmp.
cp "$program" "$work/gles" || exit 1
if [ -n "${GLES_PEER-}" ]; then
	"$mesa/run" env LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=llvmpipe EGL_PLATFORM=surfaceless \
		virgl_test_server --use-egl-surfaceless --multi-clients --socket-path "$work/gpu.sock" >/dev/null 2>&1 &
elif [ -n "${GLES_RECORD-}" ]; then
	"$gpu" record --vtest "$work/gpu.sock" --output "$work/gles.trc" 2>"$work/server.log" &
else
	"$gpu" serve --vtest "$work/gpu.sock" 2>"$work/server.log" &
fi
server=$!
until [ -S "$work/gpu.sock" ]; do
	kill -0 $server || exit 1
	sleep 0.1
done
client() {
	"$mesa/run" env VTEST_SOCKET_NAME="$work/gpu.sock" LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=virpipe \
		EGL_PLATFORM=surfaceless "$work/gles" "$@"
}
[ -n "${GLES_RECORD-}" ] || {
	client "$@"
	exit
}
check "the client passes while it is recorded" client "$@"
wait $server
server=
"$gpu" replay "$work/gles.trc" --hash --backend interpreter --threads 1 >"$work/interpreter" 2>"$work/errors"
check "its recording is replayed to the end" test -s "$work/interpreter" -a ! -s "$work/errors"
for backend in simd4 simd8 simd16; do
	# Wider ones are not on each machine.
	"$gpu" replay "$work/gles.trc" --hash --backend $backend >"$work/$backend" 2>"$work/errors" || continue
	check "$backend draws the same bits as the interpreter" cmp "$work/interpreter" "$work/$backend"
done
finish
