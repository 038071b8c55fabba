#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Our VMM beside Debian's QEMU, both on the same emulated board with the same guest. The board counts instructions: its
# nanosecond is one instruction, whatever else this machine does.
set -eu
. bench/board.sh
kernel=$(lab/fetch.sh kernel) && peer=$(lab/fetch.sh qemu-arm64) || skip "the peer cannot be fetched"
tools/arm64.sh >&2
aarch64-linux-gnu-strip -o "$work/bulkhead-vmm" build-arm64/src/vmm/bulkhead-vmm
for program in guest runner; do
	$cc -static -O2 -s -D_GNU_SOURCE -Wall -Wextra -Werror -o "$work/$program" bench/vmm/$program.c
done
mkdir -p "$work/initrd/dev"
cp "$work/guest" "$work/initrd/init"
drivers=$(echo "$kernel"/modules/lib/modules/*/kernel)
cp "$drivers/drivers/block/virtio_blk.ko" "$drivers/net/core/failover.ko" "$drivers/drivers/net/net_failover.ko" \
	"$drivers/drivers/net/virtio_net.ko" "$work/initrd/"
(cd "$work/initrd" && find . | cpio --quiet -o -H newc) >"$work/guest.cpio"
options="console=ttyS0 quiet loglevel=0"
build/tests/vmm/mkmanifest "$work/boot" kernel=/tmp/Image initrd=/tmp/guest.cpio "cmdline=$options"
build/tests/vmm/mkmanifest "$work/disk" kernel=/tmp/Image initrd=/tmp/guest.cpio "cmdline=$options" disk=/tmp/image
build/tests/vmm/mkmanifest "$work/net" kernel=/tmp/Image initrd=/tmp/guest.cpio "cmdline=$options" net=vhost:tap0
build/tests/vmm/mkmanifest "$work/all" kernel=/tmp/Image initrd=/tmp/guest.cpio "cmdline=$options" disk=/tmp/image \
	net=vhost:tap0 vsock=5

"$bulkhead" lab up virt --cpus 1 --memory 3G --cpu max,pauth-impdef=on --icount --disk "$peer/image.squashfs" >&2
"$bulkhead" lab push virt "$work/bulkhead-vmm" "$work/runner" "$work/guest.cpio" "$work/boot" "$work/disk" "$work/net" \
	"$work/all" /tmp >&2
on_board() {
	"$bulkhead" lab exec virt -- sh -c "$1" >"$2"
}
on_board 'mkdir -p /tmp/peer && for d in /dev/vd?; do mount -t squashfs "$d" /tmp/peer 2>/dev/null &&
	[ -d /tmp/peer/bin ] && break; umount /tmp/peer 2>/dev/null; done; ls /tmp/peer/bin >&2
	mount -t debugfs none /sys/kernel/debug 2>/dev/null; head -c 67108864 /dev/zero >/tmp/image
	modprobe -a tun vhost_net vhost_vsock
	# Both start from memory: neither pays for unpacking files.
	cp /lab/Image /tmp/Image && cp -R /tmp/peer /tmp/qemu' /dev/null
qemu="/tmp/qemu/lib/ld-linux-aarch64.so.1 --library-path /tmp/qemu/lib /tmp/qemu/bin/qemu-system-aarch64 -L /tmp/qemu/share
	-M virt,gic-version=3 -accel kvm -cpu host -m 256 -nodefaults -no-user-config -display none -serial stdio
	-kernel /tmp/Image -initrd /tmp/guest.cpio -append 'console=ttyAMA0 quiet loglevel=0'"
qemu_disk="-drive if=none,id=d,file=/tmp/image,format=raw -device virtio-blk-pci,drive=d,romfile="
qemu_net="-netdev tap,id=n,ifname=tap0,script=no,downscript=no,vhost=on -device virtio-net-pci,netdev=n,romfile="
on_board "/tmp/runner 262144 /tmp/bulkhead-vmm /tmp/boot" "$work/ours"
on_board "/tmp/runner 262144 $(echo $qemu)" "$work/theirs"
on_board "/tmp/runner 262144 /tmp/bulkhead-vmm /tmp/disk" "$work/ours.disk"
on_board "/tmp/runner 262144 $(echo $qemu $qemu_disk)" "$work/theirs.disk"
on_board "/tmp/runner 262144 /tmp/bulkhead-vmm /tmp/net" "$work/ours.net"
on_board "/tmp/runner 262144 $(echo $qemu $qemu_net)" "$work/theirs.net"
on_board "/tmp/runner 262144 /tmp/bulkhead-vmm /tmp/all" "$work/ours.all"

# Exits to the VMM a request.
for who in ours theirs; do
	awk '$1 == "requests" { n = $2 } $1 == "user-disk" { e = $2 } END { printf "per-request %.4f\n", e / n }' \
		"$work/$who.disk" >"$work/$who.rate"
done

# compare NAME KEY SUFFIX UNIT DIVISOR
compare() {
	mine=$(sed -n "s/^$2 //p" "$work/ours$3")
	other=$(sed -n "s/^$2 //p" "$work/theirs$3")
	echo "$mine $other" | awk -v name="$1" -v unit="$4" -v by="$5" \
		'{ printf "%s\t%.3f %s\t%.3f %s\t%.2f\n", name, $1 / by, unit, $2 / by, unit, $1 / $2 }'
}
compare "vmm: exec to the guest's clock" before-clock "" "G instructions" 1000000000
compare "vmm: exec to init" boot "" "G instructions" 1000000000
compare "vmm: exits to init" exits "" "" 1
compare "vmm: resident outside the guest's memory" resident "" KiB 1
compare "vmm: the same with a disk in use" resident-used .disk KiB 1
compare "vmm: sequential reads" sequential .disk MB/s 1
compare "vmm: random reads of 4 KiB" random .disk IOPS 1
compare "vmm: exits to the VMM a disk request" per-request .rate "" 1
compare "vmm: vhost, guest to host" sent .net Mbit/s 1
compare "vmm: vhost, host to guest" received .net Mbit/s 1
compare "vmm: vhost, round trip of a byte" trip .net us 1
compare "vmm: exits to the VMM, 768 MiB over vhost" user-net .net "" 1
printf 'vmm: resident with disk, network and vsock\t%s KiB\t-\t-\n' "$(sed -n 's/^resident-used //p' "$work/ours.all")"
printf 'vmm: program\t%s bytes\t-\t-\n' "$(wc -c <"$work/bulkhead-vmm")"
