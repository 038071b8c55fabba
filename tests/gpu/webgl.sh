#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# webgl.sh TOP BULKHEAD-GPU: the samples of webgl/ in Chromium, whose WebGL 2 is drawn by bulkhead-gpu: over vtest, through
# Mesa's virpipe driver and ANGLE. Each checks its own pixels; an error of GL or of a script is a failure of its sample.
# WEBGL_PICTURE=FILE: a screenshot of all of them is left there.
set -eu
top=$1
gpu=$2
browser=$("$top/lab/fetch.sh" browser) || {
	echo "no browser: see above"
	exit 77
}
work=$(mktemp -d /tmp/bulkhead-webgl.XXXXXX)
server=
trap '[ -z "$server" ] || kill $server 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

cp "$top"/tests/gpu/webgl/* "$work"
"$gpu" serve --vtest "$work/gpu.sock" 2>"$work/server.log" &
server=$!
until [ -S "$work/gpu.sock" ]; do
	kill -0 $server
	sleep 0.1
done

# chromium OUTPUT OPTIONS...
chromium() {
	output=$1
	shift
	"$browser/run" env VTEST_SOCKET_NAME="$work/gpu.sock" LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=virpipe EGL_PLATFORM=surfaceless \
		chromium --headless --no-sandbox --use-gl=angle --use-angle=gl-egl --ignore-gpu-blocklist --hide-scrollbars \
		--window-size=1072,900 --user-data-dir="$work/profile" "$@" "file://$work/index.html" >"$output" 2>"$work/messages" || {
		cat "$work/messages"
		exit 1
	}
}

chromium "$work/dom" --dump-dom
title=$(sed -n 's:.*<title>\(.*\)</title>.*:\1:p' "$work/dom" | head -n 1)
echo "$title"
[ -z "${WEBGL_PICTURE-}" ] || chromium /dev/null --screenshot="$work/picture.png"
[ -z "${WEBGL_PICTURE-}" ] || cp "$work/picture.png" "$WEBGL_PICTURE"
case $title in
"12 of 12 right: "*"virgl (Bulkhead ("*) ;;
*)
	sed 's/<figcaption/\n&/g' "$work/dom" | sed -n 's:^<figcaption id="[a-z]*">\(.*\)</figcaption>.*:\1:p'
	cat "$work/server.log"
	exit 1
	;;
esac
