#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gpu_scenes.sh arm64|amd64|smmu|qemu10: a stock Debian guest on bulkhead-gpu under QEMU without KVM. The fourteen scenes of
# glmark2 are drawn by the virtual GPU and by the guest's own softpipe, and must look alike; weston and its clients run
# with GL, and QEMU's picture of the screen shows it. `smmu`: the device is behind the machine's SMMU; `qemu10`: Debian
# 13's QEMU instead of the lab's; only arm64 draws all scenes with softpipe, which takes minutes. Takes three to eight minutes.
. "$(dirname "$0")/lib.sh"
GPU=$(realpath "$GPU")
cd "$(dirname "$0")/../.." || exit 1
. tests/lab/gpu/guest.sh
variant=$1
arch=arm64 machine_more='' GPU_DEVICE=vhost-user-gpu-pci,chardev=gpu
by_softpipe="clear texture ideas jellyfish shadow"
all=$(cut -d ' ' -f 1 tests/lab/gpu/scenes | tr '\n' ' ')
case $variant in
arm64) by_softpipe=$all ;;
amd64) arch=amd64 ;;
smmu)
	machine_more="-machine iommu=smmuv3"
	GPU_DEVICE=$GPU_DEVICE,iommu_platform=on,disable-legacy=on
	;;
qemu10) GPU_QEMU=$(lab/fetch.sh qemu-gl 2>/dev/null)/qemu-system-aarch64 || skip_all "QEMU 10 cannot be fetched" ;;
esac
gpu_guest_begin $arch || skip_all "the guest is not here and cannot be fetched"
gpu_guest_tools || skip_all "programs for the guest cannot be built here"

GPU_SERVE="--mode 320x240"
cat >"$work/job/run" <<JOB
. ./draw
dmesg | grep -i iommu >/tmp/out/iommu
draw virgl $all
half=
for scene in $by_softpipe; do
	case \$half in
	'') half=\$scene ;;
	*) draw softpipe \$half & draw softpipe \$scene; wait; half= ;;
	esac
done
[ -z "\$half" ] || draw softpipe \$half
JOB
gpu_guest_run $machine_more
check "the guest comes to its end" grep -q '^guest: over' "$work/console"
check "the server ends with the VM" test "$gpu_result" = 0
[ $variant != smmu ] ||
	check "the GPU is behind the SMMU" grep -q 'Adding to iommu group' "$work/out/iommu"
for scene in $all; do
	check "$scene is drawn by virgl on Bulkhead" grep -q "^guest: $scene by virgl (Bulkhead" "$work/console"
done
for scene in $by_softpipe; do
	tolerance=$(sed -n "s/^$scene \([0-9]* [0-9]*\) .*/\1/p" tests/lab/gpu/scenes)
	set -- "$work/compare" "$work/out/$scene.virgl.ppm" "$work/out/$scene.softpipe.ppm" $tolerance
	"$@" | sed "s/^/# $scene: /"
	check "$scene looks as the guest's softpipe draws it" "$@"
done

GPU_SERVE="--mode 1024x600"
cat >"$work/job/run" <<'JOB'
. ./desktop
desktop 6
JOB
gpu_guest_run $machine_more -device virtio-keyboard-pci -device virtio-tablet-pci
check "weston draws with GL on Bulkhead" grep -q 'GL renderer: virgl (Bulkhead' "$work/out/weston.log"
check "its client draws frames" grep -Eq '[1-9][0-9]* frames in' "$work/out/simple-egl.log"
sed -n 's/.*frames in/# weston-simple-egl: &/p' "$work/out/simple-egl.log"
check "the screen shows more than one colour" sh -c "\"$work/compare\" \"$work/desktop.ppm\" \"$work/desktop.ppm\" 0 0 |
	awk '{ print } { for (i = 1; i < NF; i++) if (\$(i + 1) == \"pixels\" && \$i > 10000) found = 1 } END { exit !found }'"
[ -z "${GPU_KEEP-}" ] || cp "$work"/*.png "$work"/out/*.ppm "$work"/out/*.log "$GPU_KEEP"
finish
