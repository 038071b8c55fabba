#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# webgl.sh TOP BULKHEAD-GPU [headed]: the samples of webgl/ in Chromium, whose WebGL 2 is drawn by bulkhead-gpu: over vtest,
# through Mesa's virpipe driver and ANGLE. Each checks its own pixels; an error of GL or of a script is a failure of its sample.
# `headed`: Chromium has a window on weston, whose desktop bulkhead-gpu draws too, and what is on this desktop must be,
# pixel by pixel, what Chromium without a screen shows.
# WEBGL_PICTURE=FILE: a screenshot, of all samples or of the desktop, is left there.
set -eu
top=$1
gpu=$2
mode=${3-headless}
browser=$("$top/lab/fetch.sh" browser) || {
	echo "no browser: see above"
	exit 77
}
work=$(mktemp -d /tmp/bulkhead-webgl.XXXXXX)
processes=

# What was begun ends in the opposite order; the last of them still write.
end() {
	for process in $processes; do
		kill $process 2>/dev/null || :
		wait $process 2>/dev/null || :
	done
	rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM

cp "$top"/tests/gpu/webgl/* "$work"
"$gpu" serve --vtest "$work/gpu.sock" 2>"$work/server.log" &
server=$!
processes=$server
until [ -S "$work/gpu.sock" ]; do
	kill -0 $server
	sleep 0.1
done

# drawn PROGRAM...: a program of Debian's, with GL from the server. It replaces the shell: start it in one of its own.
drawn() {
	exec "$browser/run" env VTEST_SOCKET_NAME="$work/gpu.sock" LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=virpipe \
		XDG_RUNTIME_DIR="$work" "$@"
}

# chromium PROFILE OPTIONS...
chromium() {
	profile=$work/$1
	shift
	drawn chromium --no-sandbox --use-gl=angle --use-angle=gl-egl --ignore-gpu-blocklist --hide-scrollbars \
		--user-data-dir="$profile" "$@"
}

# headless PAGE OUTPUT OPTIONS...
headless() {
	page=$1
	output=$2
	shift 2
	(EGL_PLATFORM=surfaceless chromium profile --headless --window-size=1072,900 "$@" "file://$work/$page") \
		>"$output" 2>"$work/messages" || {
		cat "$work/messages"
		exit 1
	}
}

# title_of DOM
title_of() {
	sed -n 's:.*<title>\(.*\)</title>.*:\1:p' "$1" | head -n 1
}

# right TITLE: all samples, on this server.
right() {
	echo "$1"
	case $1 in
	"12 of 12 right: "*"virgl (Bulkhead ("*) ;;
	*) return 1 ;;
	esac
}

# What the page in the window said on its console; its last line is its title.
said() {
	sed -n 's/.*INFO:CONSOLE:[0-9]*\] "\(.*\)", source: .*/\1/p' "$work/browser.log"
}

# fail FILE...: shows them and ends.
fail() {
	cat "$@" "$work/server.log"
	exit 1
}

# The desktop, and Chromium's window over all of it but weston's panel. Mesa's virpipe has no buffers that could be passed to
# weston, so Chromium puts its window together in software. Left to find this out, it often loses the contexts of WebGL.
begin_desktop() {
	printf '[core]\nidle-time=0\n[shell]\nclock-format=none\n' >"$work/weston.ini"
	(drawn weston --backend=headless --renderer=gl --width=1120 --height=1040 --config="$work/weston.ini" \
		--socket=wayland --debug --log="$work/weston.log") 2>"$work/messages" &
	weston=$!
	processes="$weston $processes"
	until [ -S "$work/wayland" ]; do
		kill -0 $weston 2>/dev/null || fail "$work/messages" "$work/weston.log"
		sleep 0.1
	done
	sed -n 's/.*\(GL renderer:.*\)/\1/p' "$work/weston.log" | grep "virgl (Bulkhead (" || fail "$work/weston.log"
	: >"$work/browser.log"
	(WAYLAND_DISPLAY=wayland chromium window --ozone-platform=wayland --disable-gpu-compositing --start-maximized --test-type \
		--no-first-run --enable-logging=stderr "file://$work/index.html") >"$work/browser.log" 2>&1 &
	window=$!
	processes="$window $processes"
	until said | grep -q " of 12 right:"; do
		kill -0 $window 2>/dev/null || fail "$work/browser.log"
		sleep 0.1
	done
	right "$(said | tail -n 1)" || {
		said
		fail "$work/weston.log"
	}
}

# A picture of the desktop: the window's last frame may still be on its way there.
compare_desktop() {
	for attempt in 1 2 3 4 5 6 7 8; do
		rm -f "$work"/wayland-screenshot-*.png
		(drawn sh -c "cd '$work' && WAYLAND_DISPLAY=wayland exec weston-screenshooter") >"$work/messages" 2>&1 ||
			fail "$work/messages"
		mv "$work"/wayland-screenshot-*.png "$work/desktop.png"
		headless desktop.html "$work/dom" --dump-dom --allow-file-access-from-files
		title=$(title_of "$work/dom")
		echo "$title"
		case $title in
		"0 of "*) return ;;
		esac
	done
	fail "$work/weston.log"
}

case $mode in
headless)
	headless index.html "$work/dom" --dump-dom
	[ -z "${WEBGL_PICTURE-}" ] || headless index.html /dev/null --screenshot="$work/picture.png"
	right "$(title_of "$work/dom")" || {
		sed 's/<figcaption/\n&/g' "$work/dom" | sed -n 's:^<figcaption id="[a-z]*">\(.*\)</figcaption>.*:\1:p'
		fail
	}
	;;
headed)
	begin_desktop
	headless index.html /dev/null --screenshot="$work/page.png"
	compare_desktop
	cp "$work/desktop.png" "$work/picture.png"
	;;
esac
[ -z "${WEBGL_PICTURE-}" ] || cp "$work/picture.png" "$WEBGL_PICTURE"
