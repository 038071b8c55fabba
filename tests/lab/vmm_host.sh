# SPDX-License-Identifier: Apache-2.0
# What the VMM's lab tests share: the VMM, a guest and manifests. Sourced after ko_host.sh. MKMANIFEST makes manifests.
tools/arm64.sh >"$work/arm64.out" 2>&1 || {
	sed 's/^/# /' "$work/arm64.out"
	skip_all "the VMM cannot be built for arm64 here"
}
build_probe
cp build-arm64/src/vmm/bulkhead-vmm tests/lab/vmm_board.sh "$work/board/"
"$compiler" -static -O2 -s -D_GNU_SOURCE -Wall -Wextra -Werror -I. -Itests/lab/probe -o "$work/board/raise" \
	tests/lab/vmm/raise.c tests/lab/probe/device.c
"$compiler" -static -O2 -s -D_GNU_SOURCE -Wall -Wextra -Werror -o "$work/board/vsock" tests/lab/vmm/vsock.c
"$compiler" -static -O2 -s -D_GNU_SOURCE -Wall -Wextra -Werror -o "$work/board/ask" tests/lab/vmm/ask.c

# guest MODULE...: an initial RAM disk of busybox, our /init and modules; 8 MB of it are random.
guest() {
	initrd=$work/initrd
	mkdir -p "$initrd/bin" "$initrd/dev" "$initrd/proc" "$initrd/sys" "$initrd/modules"
	cp "$(lab/fetch.sh busybox)/busybox" "$initrd/bin/busybox"
	for applet in sh mount insmod sed awk md5sum dd cut grep wc nproc ip ping nc tee sort tr sleep cat head reboot \
		poweroff mkfifo watchdog kill rmmod cp mv mkdir sync stty; do
		ln -s busybox "$initrd/bin/$applet"
	done
	cp tests/lab/vmm/guest "$initrd/init"
	cp "$work/board/vsock" "$initrd/bin/"
	"$compiler" -static -O2 -s -D_GNU_SOURCE -Wall -Wextra -Werror -o "$initrd/bin/pair" tests/lab/vmm/pair.c
	chmod 755 "$initrd/init"
	head -c 8000000 /dev/urandom >"$initrd/padding"
	md5sum <"$initrd/padding" | cut -d' ' -f1 >"$work/board/padding.md5"
	kernel=$(lab/fetch.sh kernel)
	number=10
	for module; do
		/sbin/modprobe -d "$kernel/modules" -S "$(cat "$kernel/release")" --show-depends "$module"
	done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' | while read -r path; do
		cp "$path" "$initrd/modules/$number-$(basename "$path")"
		number=$((number + 1))
	done
	(cd "$initrd" && find . | cpio --quiet -o -H newc) >"$work/board/guest.cpio"
}

# manifest NAME TEST KEY=VALUE...: the guest does what TEST says.
manifest() {
	name=$1
	what=$2
	shift 2
	"$MKMANIFEST" "$work/board/$name" kernel=/lab/Image initrd=/tmp/guest.cpio \
		"cmdline=console=ttyS0 quiet panic=-1 test=$what" "$@"
}

# bare FILE MODE: a guest without a kernel, vmm/bare.c.
bare() {
	"$compiler" -O2 -Wall -Wextra -Werror -ffreestanding -nostdlib -static -mgeneral-regs-only -mstrict-align \
		-fno-stack-protector -fno-pic -no-pie -Wl,--build-id=none,-z,noexecstack,--no-warn-rwx-segments \
		-T tests/lab/vmm/bare.ld -DMODE="'$2'" -o "$work/bare.elf" tests/lab/vmm/bare.S tests/lab/vmm/bare.c &&
		"${compiler%gcc}objcopy" -O binary "$work/bare.elf" "$work/board/$1"
}
