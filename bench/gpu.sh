#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gpu.sh BULKHEAD-GPU [SECONDS] [PASSES]: frame times of fourteen glmark2 scenes, 800x600, off-screen, native over
# vtest: ours beside virgl_test_server on llvmpipe, in turns, medians of the passes. See bench/README.md for the form.
set -eu
gpu=$(realpath "${1:-build/src/gpu/server/bulkhead-gpu}")
seconds=${2:-1}
passes=${3:-3}
top=$(cd "$(dirname "$0")/.." && pwd)
mesa=$("$top/lab/fetch.sh" mesa) || exit 77
work=$(mktemp -d /tmp/bulkhead-gpu-bench.XXXXXX)
display=:$((90 + $$ % 100))
pids=
trap 'kill $pids 2>/dev/null || :; rm -rf "$work"' EXIT INT TERM

"$gpu" serve --vtest "$work/ours.sock" --cache "$work/code" &
pids="$pids $!"
"$mesa/run" env LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=llvmpipe EGL_PLATFORM=surfaceless \
	virgl_test_server --use-egl-surfaceless --multi-clients --socket-path "$work/peer.sock" >/dev/null 2>&1 &
pids="$pids $!"
"$mesa/run" Xvfb "$display" -screen 0 1024x768x24 -nolisten tcp >/dev/null 2>&1 &
pids="$pids $!"
tries=0
while [ ! -S "$work/ours.sock" ] || [ ! -S "$work/peer.sock" ] || [ ! -S "/tmp/.X11-unix/X${display#:}" ]; do
	tries=$((tries + 1))
	[ $tries -lt 600 ] || {
		echo "gpu: the servers do not start" >&2
		exit 77
	}
	sleep 0.1
done

# NAME SCENE
scenes() {
	cat <<'END'
clear clear
build build:use-vbo=true
texture texture:texture-filter=linear
shading shading:shading=phong
bump bump:bump-render=normals
effect2d effect2d:kernel=1,1,1,1,1;1,1,1,1,1;1,1,1,1,1;1,1,1,1,1;1,1,1,1,1;
pulsar pulsar:quads=5:texture=false:light=false
desktop desktop:effect=shadow:windows=4
buffer buffer:columns=200:interleave=false:update-dispersion=0.9:update-fraction=0.5:update-method=map
ideas ideas:speed=duration
jellyfish jellyfish
terrain terrain
shadow shadow
refract refract
END
}

# measure SOCKET SCENE: milliseconds a frame.
measure() {
	"$mesa/run" env DISPLAY="$display" VTEST_SOCKET_NAME="$work/$1.sock" LIBGL_ALWAYS_SOFTWARE=1 \
		GALLIUM_DRIVER=virpipe glmark2-es2 --off-screen --size 800x600 -b "$2:duration=$seconds" 2>/dev/null |
		sed -n 's/.*FrameTime: *\([0-9.]*\) ms.*/\1/p'
}

scenes | while read -r name scene; do
	pass=0
	while [ $pass -lt "$passes" ]; do
		for who in ours peer; do
			echo "$name $who $(measure $who "$scene" </dev/null)"
		done
		pass=$((pass + 1))
	done
done >"$work/times"

awk -v passes="$passes" '
	function median(key,   n, i, j, t, v) {
		n = split(times[key], v, " ")
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) {
				t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
			}
		return v[int((n + 1) / 2)]
	}
	NF == 3 {
		if (!($1 in seen)) { order[++count] = $1; seen[$1] = 1 }
		times[$1 " " $2] = times[$1 " " $2] " " $3
	}
	END {
		for (i = 1; i <= count; i++) {
			ours = median(order[i] " ours"); peer = median(order[i] " peer")
			if (!ours || !peer)
				continue
			printf "gpu %s\t%s ms\t%s ms\t%.2f\n", order[i], ours, peer, peer / ours
			sum += log(peer / ours); n++
		}
		if (n)
			printf "gpu geometric mean of %d scenes\t-\t-\t%.2f\n", n, exp(sum / n)
	}' "$work/times"
