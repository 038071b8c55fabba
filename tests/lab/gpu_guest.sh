#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# OpenGL in a stock Debian guest for arm64 under QEMU, on bulkhead-gpu: pictures beside the guest's own software
# rasteriser; and a server that is killed while the guest draws. gpu_scenes.sh is the long version.
. "$(dirname "$0")/lib.sh"
GPU=$(realpath "$GPU")
cd "$(dirname "$0")/../.." || exit 1
. tests/lab/gpu/guest.sh
gpu_guest_begin arm64 || skip_all "the guest is not here and cannot be fetched"
gpu_guest_tools || skip_all "programs for the guest cannot be built here"

GPU_SERVE="--mode 320x240"
cat >"$work/job/run" <<'JOB'
. ./draw
draw virgl texture jellyfish
draw softpipe texture & draw softpipe jellyfish
wait
cat /sys/class/drm/card0-Virtual-1/modes >/tmp/out/modes
glmark2-es2-drm --off-screen --size 801x601 -b build:duration=1000 >/dev/null 2>&1 &
until ls -l /proc/$!/fd | grep -q dri; do usleep 100000; done
sleep 1
echo "guest: please kill the server"
sleep 1
JOB
gpu_guest_run
check "the guest's GL renderer is virgl on Bulkhead" grep -q '^guest: texture by virgl (Bulkhead' "$work/console"
check "the screen offers the mode that was asked for, and no other" test "$(cat "$work/out/modes")" = 320x240
for scene in texture jellyfish; do
	check "$scene looks as the guest's softpipe draws it" "$work/compare" "$work/out/$scene.virgl.ppm" \
		"$work/out/$scene.softpipe.ppm" 4 1
done
check "the server was killed while the guest drew" test "$gpu_result" = 137
check "the guest goes on" grep -q '^guest: over' "$work/console"
check "QEMU goes on, until the guest powers off" test "$qemu_result" = 0
sed 's/^/# /' "$work/console"
finish
