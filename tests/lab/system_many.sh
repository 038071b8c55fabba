#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sixteen VMs of 64 MB on one board `virt` start in parallel; what each needs beside its guest's memory.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"
. tests/lab/system_host.sh

# Debian's kernel has little left of 64 MB before it frees its own start: no busybox, and what it loads is compressed.
sysroot=$(lab/fetch.sh arm64-sysroot)
# small FILE MODULE...
small() {
	small=$work/small
	rm -rf "$small"
	mkdir -p "$small/dev" "$small/modules"
	file=$1
	shift
	"$compiler" -static -Os -s -D_GNU_SOURCE -Wall -Wextra -Werror -isystem "$sysroot/include" -Isrc -Dmain=agent_main -c -o "$work/agent.o" \
		src/agent/main.c &&
		"$compiler" -static -Os -s -D_GNU_SOURCE -Wall -Wextra -Werror -o "$small/init" tests/lab/system/small.c \
			"$work/agent.o" || skip_all "the small guest cannot be built"
	number=10
	for module; do
		/sbin/modprobe -d "$kernel/modules" -S "$(cat "$kernel/release")" --show-depends "$module"
	done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' | while read -r path; do
		cp "$path" "$small/modules/$number-$(basename "$path")"
		number=$((number + 1))
	done
	(cd "$small" && find . | cpio --quiet -o -H newc | gzip -9) >"$file"
}
small "$work/board/plain.cpio"
small "$work/board/devices.cpio" virtio_blk virtio_net vmw_vsock_virtio_transport
rm "$work/board/guest.cpio"

{
	echo "[board]"
	echo "[net.lan]"
	for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		cat <<-END
			[vm.vm$number]
			memory = "64M"
			kernel = "/lab/Image"
			console = "serial"
			cmdline = "quiet"
		END
		# The last have one of everything that the gate names.
		[ $number -gt 12 ] || echo 'initrd = "/tmp/plain.cpio"'
		[ $number -le 12 ] || cat <<-END
			initrd = "/tmp/devices.cpio"
			root = "/tmp/vm$number.img"
			networks = ["lan"]
			ready = "vsock"
			ready-timeout = "20m"
		END
	done
} >"$work/board/bulkhead.toml"
boot virt --memory 3G --cpu max,pauth-impdef=on --cpus 2
run_there virt system_many_board.sh
