#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gles.sh BULKHEAD-GPU PROGRAM [CHECK...]: the checks of gles/, on bulkhead-gpu through Debian 13's Mesa and the socket of
# vtest. GLES_PEER=yes: on virgl_test_server and llvmpipe instead, which takes ten times as long.
. "$(dirname "$0")/../tap.sh"
cd "$(dirname "$0")/../.." || exit 1
gpu=$1
[ -x "$2" ] || skip_all "there were no headers of GLES and EGL when this was built"
mesa=$(lab/fetch.sh mesa 2>/dev/null) || skip_all "Mesa cannot be fetched"
work=$(mktemp -d /tmp/bulkhead-gles.XXXXXX)
server=
trap '[ -z "$server" ] || kill $server 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
# Mesa's root sees /tmp.
cp "$2" "$work/gles" || exit 1
shift 2
if [ -n "${GLES_PEER-}" ]; then
	"$mesa/run" env LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=llvmpipe EGL_PLATFORM=surfaceless \
		virgl_test_server --use-egl-surfaceless --multi-clients --socket-path "$work/gpu.sock" >/dev/null 2>&1 &
else
	"$gpu" serve --vtest "$work/gpu.sock" 2>"$work/server.log" &
fi
server=$!
until [ -S "$work/gpu.sock" ]; do
	kill -0 $server || exit 1
	sleep 0.1
done
"$mesa/run" env VTEST_SOCKET_NAME="$work/gpu.sock" LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=virpipe \
	EGL_PLATFORM=surfaceless "$work/gles" "$@"
