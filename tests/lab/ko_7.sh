#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The kernel module for a 7.x kernel, as DKMS makes it from the sources; and loaded, on an emulated board that boots that
# kernel into nothing but this test.
. "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/../.." || exit 1
made=$(lab/fetch.sh module-7 2>"$work/made.err") || {
	sed 's/^/# /' "$work/made.err"
	skip_all "the module cannot be built for a 7.x kernel here"
}
module=$made/bulkhead.ko
release=$(cat "$made/release")

# field NAME: of the module's own description.
field() {
	strings -a "$module" | sed -n "s/^$1=//p" | head -n 1
}

says_its_kernel() {
	field vermagic
	case $(field vermagic) in "$release "*aarch64*) ;; *) return 1 ;; esac
}

# What the module takes from the kernel, that kernel gives to GPL modules.
symbols_are_there() {
	aarch64-linux-gnu-nm -u "$module" | awk '{ print $2 }' | sort >"$work/wanted"
	awk '{ print $2 }' "$made/Module.symvers" | sort >"$work/given"
	comm -23 "$work/wanted" "$work/given" >"$work/missing"
	cat "$work/missing"
	[ -s "$work/wanted" ] && [ ! -s "$work/missing" ]
}
echo "# $release"
check "it says which kernel it is for" says_its_kernel
check "it is under the GPL" [ "$(field license)" = GPL ]
check "its version is the interface's" [ "$(field version)" = "$(sed -n 's/^#define BULKHEAD_UAPI_VERSION //p' kernel/bulkhead.h)" ]
check "every symbol it takes is exported" symbols_are_there

compiler=$(command -v aarch64-linux-gnu-gcc || command -v gcc)
kernel=$(lab/fetch.sh kernel-7 2>/dev/null) && qemu=$(lab/fetch.sh qemu 2>/dev/null) &&
	busybox=$(lab/fetch.sh busybox 2>/dev/null) && [ "$(cat "$kernel/release")" = "$release" ] || {
	echo "# that kernel cannot be had: the module is not loaded"
	finish
}
mkdir -p "$work/initrd/bin" "$work/initrd/test" "$work/initrd/proc" "$work/initrd/sys" "$work/initrd/dev"
cp "$busybox/busybox" "$work/initrd/bin/"
cp tests/lab/ko_7_board.sh "$work/initrd/init"
"$compiler" -static -O2 -s -Wall -Wextra -Werror -I. -o "$work/initrd/test/probe" tests/lab/probe/*.c
cp "$module" "$kernel"/modules/*.ko tests/lab/ko_board.sh "$work/initrd/test/"
chmod 755 "$work/initrd/init"
(cd "$work/initrd" && find . | cpio --quiet -o -H newc) >"$work/initrd.cpio"
"$qemu/qemu-system-aarch64" -M virt,gic-version=3,virtualization=on,iommu=smmuv3 -cpu cortex-a76 -smp 2 -m 1G -nodefaults \
	-no-user-config -no-reboot -display none -serial stdio -kernel "$kernel/Image" -initrd "$work/initrd.cpio" \
	-append "console=ttyAMA0 quiet panic=-1" </dev/null | tr -d '\r' >"$work/console" 2>&1
failed_there() {
	grep -A 8 -F "$1" "$work/console"
	return 1
}
while read -r verdict rest; do
	case $verdict in
	ok) check "on the board: ${rest#*- }" true ;;
	not) check "on the board: ${rest#*- }" failed_there "$rest" ;;
	esac
done <"$work/console"
check "the board came to its end" grep -q '^1[.][.][0-9]' "$work/console"
finish
