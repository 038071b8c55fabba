#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gpu_guest.sh BULKHEAD-GPU [SECONDS]: frames a second of fourteen glmark2 scenes, 800x600, off-screen, in a Debian guest for
# arm64 under QEMU 10 without KVM: on bulkhead-gpu, on QEMU's own virtio-gpu-gl with the machine's llvmpipe (which needs an
# X server), and on the guest's own llvmpipe; and what an idle desktop costs. See bench/README.md for the form.
set -eu
cd "$(dirname "$0")/.."
GPU=$(realpath "${1:-build/src/gpu/server/bulkhead-gpu}")
seconds=${2:-2}
work=$(mktemp -d /tmp/bulkhead-gpu-guest.XXXXXX)
display=:$((90 + $$ % 100))
xserver=
trap '[ -z "$xserver" ] || kill $xserver 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
. tests/lab/gpu/guest.sh
tools=$(lab/fetch.sh qemu-gl) || exit 77
GPU_QEMU=$tools/qemu-system-aarch64
gpu_guest_begin arm64 || exit 77
cp tests/lab/gpu/scenes tests/lab/gpu/desktop "$work/job/"

cat >"$work/job/measure" <<JOB
# measure WHO SETTING...
measure() {
	who=\$1
	shift
	while read -r name limit share frame scene; do
		echo "guest: \$who \$name \$(env "\$@" glmark2-es2-drm --off-screen --size 801x601 \\
			-b "\$scene:duration=$seconds" 2>/dev/null </dev/null | sed -n 's/.*FrameTime: *\\([0-9.]*\\) ms.*/\\1/p')"
	done <scenes
}
JOB
keep() {
	grep "^guest: $1 " "$work/console" | tr -d '\r' | sed 's/^guest: //' >>"$work/times"
	cp "$work/times" "${GPU_TIMES-/dev/null}"
}

# Ours; and the monitor's description, so that the peer's screen offers the same one mode.
cat >"$work/job/run" <<'JOB'
. ./measure
measure ours
cat /sys/class/drm/card0-Virtual-1/edid >/tmp/out/edid
JOB
GPU_SERVE="--mode 800x600" gpu_guest_run
keep ours
mkdir -p "$work/lib/firmware/edid"
cp "$work/out/edid" "$work/lib/firmware/edid/bench.bin"

# An idle desktop: what the server used while nothing changed. Weston wants something to point and type with.
cat >"$work/job/run" <<'JOB'
. ./desktop
desktop_begin
sleep 8
echo "guest: begin to count"
sleep 10
echo "guest: end of counting"
JOB
GPU_SERVE="--mode 800x600" gpu_guest_run -device virtio-keyboard-pci -device virtio-tablet-pci
idle=
! grep -q 'GL renderer: virgl (Bulkhead' "$work/out/weston.log" ||
	idle=$(sed -n 's/^server: //p' "$work/console" | tr '\n' ' ')

# QEMU's own, whose program sees this machine's files below /machine.
"$tools/run" Xvfb "$display" -screen 0 1024x768x24 -nolisten tcp >/dev/null 2>&1 &
xserver=$!
until [ -S "/tmp/.X11-unix/X${display#:}" ]; do
	kill -0 $xserver
	sleep 0.1
done
cat >"$work/job/run" <<'JOB'
. ./measure
measure peer
JOB
qemu="$tools/run env DISPLAY=$display LIBGL_ALWAYS_SOFTWARE=1 SDL_VIDEODRIVER=x11 qemu-system-aarch64"
GPU_SERVE=none GPU_DEVICE=virtio-gpu-gl-pci GPU_DISPLAY="-display sdl,gl=on" GPU_FILES=/machine \
	GPU_MORE=lib GPU_APPEND=drm.edid_firmware=Virtual-1:edid/bench.bin gpu_guest_run
keep peer

# The guest's own.
cat >"$work/job/run" <<'JOB'
. ./measure
measure own MESA_LOADER_DRIVER_OVERRIDE=kms_swrast GALLIUM_DRIVER=llvmpipe
JOB
qemu=$tools/qemu-system-aarch64
GPU_SERVE="--mode 800x600" gpu_guest_run
keep own

awk -v idle="$idle" '
	NF == 3 { time[$2, $1] = $3; if (!($2 in seen)) { order[++count] = $2; seen[$2] = 1 } }
	END {
		for (i = 1; i <= count; i++) {
			name = order[i]; ours = time[name, "ours"]; peer = time[name, "peer"]; own = time[name, "own"]
			if (ours && peer) {
				printf "gpu in a guest: %s\t%s ms\t%s ms\t%.2f\n", name, ours, peer, peer / ours
				a += log(peer / ours); n++
			}
			if (ours && own) { b += log(own / ours); m++ }
		}
		if (n)
			printf "gpu in a guest: geometric mean of %d scenes\t-\tvirtio-gpu-gl on llvmpipe\t%.2f\n", n, exp(a / n)
		if (m)
			printf "gpu in a guest: the same, %d scenes\t-\tthe guest'"'"'s own llvmpipe\t%.1f\n", m, exp(b / m)
		split(idle, used, " ")
		if (used[4] != "") {
			printf "gpu in a guest: idle desktop, CPU in 10 s\t%d ms\t-\t-\n", (used[3] - used[1]) * 10
			printf "gpu in a guest: idle desktop, wakeups in 10 s\t%d\t-\t-\n", used[4] - used[2]
		}
	}' "$work/times"
