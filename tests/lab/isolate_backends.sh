#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A VM whose GPU, shared folder and disks other processes serve, on the board `virt`: our GPU server and Debian's virtiofsd,
# started by the VM's launcher, Debian's qemu-storage-daemon, and a server that keeps its requests with the VM. A stock
# Debian guest draws, reads and writes; then each of the four is killed while it is in use.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"

# part NAME: a folder of the cache, or the end of the test.
part() {
	lab/fetch.sh "$1" 2>"$work/fetch.out" || {
		sed 's/^/# /' "$work/fetch.out" >&2
		echo "1..0 # SKIP $1 is not here and cannot be fetched"
		exit 1
	}
}
for name in kernel busybox virtiofsd storage-daemon gpu-guest-arm64; do
	part $name >"$work/part" || {
		cat "$work/part"
		exit 0
	}
done
kernel=$(part kernel) guest=$(part gpu-guest-arm64)
tools/arm64_gpu.sh >"$work/gpu.out" 2>&1 || {
	sed 's/^/# /' "$work/gpu.out"
	skip_all "the GPU server cannot be built for arm64 here"
}
cp build-arm64/src/cmd/bulkhead build-arm64/src/vmm/bulkhead-vmm build-arm64-gpu/src/gpu/server/bulkhead-gpu \
	tests/lab/vmm_board.sh tests/lab/vmm/served.toml "$work/board/"
tar -C "$(part virtiofsd)/root" -cf "$work/board/virtiofsd.tar" .
tar -C "$(part storage-daemon)/root" -cf "$work/board/storage.tar" .
"$compiler" -static -O2 -s -Wall -Wextra -Werror -o "$work/board/compare" tests/lab/gpu/compare.c
"$compiler" -static -O2 -s -D_GNU_SOURCE -Wall -Wextra -Werror -o "$work/board/ask" tests/lab/vmm/ask.c

"$compiler" -static -O2 -s -D_GNU_SOURCE -Wall -Wextra -Werror -I. -Isrc -Itests -o "$work/board/disk_server" \
	tests/lab/vmm/disk_server.c tests/vmm/backend.c build-arm64/src/base/libbase.a || skip_all "a server cannot be built"

# The guest: Debian's kernel of the lab, and Debian 13 with Mesa on a disk.
initrd=$work/initrd
mkdir -p "$initrd/bin" "$initrd/dev" "$initrd/job" "$initrd/lib/early" "$initrd/lower" "$initrd/new" "$initrd/proc" \
	"$initrd/sys" "$initrd/upper"
cp "$(part busybox)/busybox" "$initrd/bin/"
cp lab/gpu/init "$initrd/"
cp tests/lab/vmm/served "$initrd/job/start"
chmod 755 "$initrd/init"
"$compiler" -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -fvisibility=hidden -shared -fPIC -o "$initrd/job/frames.so" \
	tests/lab/gpu/frames.c
number=10
for module in virtio_blk squashfs overlay virtio_gpu virtiofs; do
	/sbin/modprobe -d "$kernel/modules" -S "$(cat "$kernel/release")" --show-depends "$module"
done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' | while read -r path; do
	cp "$path" "$initrd/lib/early/$number-$(basename "$path")"
	number=$((number + 1))
done
(cd "$initrd" && find . | cpio --quiet -o -H newc) >"$work/board/guest.cpio"

boot virt --memory 3G --cpu max,pauth-impdef=on --cpus 2 \
	--qemu-arg -drive --qemu-arg "if=none,id=guest,format=raw,readonly=on,file=$guest/root.squashfs" \
	--qemu-arg -device --qemu-arg virtio-blk-pci,drive=guest,serial=guest
run_there virt isolate_backends_board.sh
