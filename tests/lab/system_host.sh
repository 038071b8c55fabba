# SPDX-License-Identifier: Apache-2.0
# What the tests of a system of VMs share: programs for the board, and their guest. Sourced after ko_host.sh.
tools/arm64.sh >"$work/arm64.out" 2>&1 || {
	sed 's/^/# /' "$work/arm64.out"
	skip_all "programs for boards cannot be built here"
}
cp build-arm64/src/cmd/bulkhead build-arm64/src/vmm/bulkhead-vmm tests/lab/system_board.sh "$work/board/"

initrd=$work/initrd
mkdir -p "$initrd/bin" "$initrd/dev" "$initrd/proc" "$initrd/sys" "$initrd/modules"
cp "$(lab/fetch.sh busybox)/busybox" build-arm64/src/agent/bulkhead-agent "$initrd/bin/"
for applet in sh mount insmod sed dd tr ip nc wc ping sleep usleep cat mkfifo timeout; do
	ln -s busybox "$initrd/bin/$applet"
done
cp tests/lab/system/guest "$initrd/init"
kernel=$(lab/fetch.sh kernel)
number=10
for module in virtio_blk virtio_net virtio_balloon vmw_vsock_virtio_transport; do
	/sbin/modprobe -d "$kernel/modules" -S "$(cat "$kernel/release")" --show-depends "$module"
done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' | while read -r path; do
	cp "$path" "$initrd/modules/$number-$(basename "$path")"
	number=$((number + 1))
done
(cd "$initrd" && find . | cpio --quiet -o -H newc) >"$work/board/guest.cpio"
