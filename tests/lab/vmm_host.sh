# SPDX-License-Identifier: Apache-2.0
# What the VMM's lab tests share: the VMM, a guest, manifests, and a board to run them on. Sourced, in the root of the
# sources, by a script that is given the folder of the build.
. tests/lab/ko_host.sh
# Boards of our own, that nobody else stops.
export XDG_RUNTIME_DIR="$work/run"
mkdir -m 700 "$XDG_RUNTIME_DIR"
mkmanifest=$1/tests/vmm/mkmanifest
tools/arm64.sh >&2 || skip "the VMM cannot be built for arm64 here (see above)"
cp build-arm64/src/vmm/bulkhead-vmm tests/lab/vmm_board.sh "$work/board/"
"$compiler" -static -O2 -s -D_GNU_SOURCE -Wall -Wextra -Werror -I. -Itests/lab/probe -o "$work/board/raise" \
	tests/lab/vmm/raise.c tests/lab/probe/device.c
"$compiler" -static -O2 -s -D_GNU_SOURCE -Wall -Wextra -Werror -o "$work/board/ask" tests/lab/vmm/ask.c

# guest FILE MODULE...: an initial RAM disk of busybox, our /init and modules; 8 MB of it are random.
guest() (
	file=$1
	shift
	lab=$PWD/lab
	die() {
		skip "$1"
	}
	fetch() {
		lab/fetch.sh "$1"
	}
	cd "$work"
	mkdir -p initrd/bin initrd/dev initrd/proc initrd/sys initrd/modules
	cp "$(cd "$lab/.." && fetch busybox)/busybox" initrd/bin/busybox
	for applet in sh mount insmod sed awk md5sum dd cut grep wc nproc ip ping nc tee sort tr sleep cat echo read \
		reboot poweroff printf mkfifo; do
		ln -sf busybox "initrd/bin/$applet"
	done
	cp "$lab/../tests/lab/vmm/guest" initrd/init
	chmod 755 initrd/init
	head -c 8000000 /dev/urandom >initrd/padding
	kernel=$(cd "$lab/.." && fetch kernel)
	number=10
	for module; do
		/sbin/modprobe -d "$kernel/modules" -S "$(cat "$kernel/release")" --show-depends "$module"
	done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' | while read -r path; do
		cp "$path" "initrd/modules/$number-$(basename "$path")"
		number=$((number + 1))
	done
	md5sum <initrd/padding | cut -d' ' -f1 >board/padding.md5
	(cd initrd && find . | cpio --quiet -o -H newc) >"$file"
	rm -rf initrd
)

# manifest NAME KEY=VALUE...: the guest does what test= says.
manifest() {
	name=$1
	test=$2
	shift 2
	"$mkmanifest" "$work/board/$name" kernel=/lab/Image initrd=/tmp/guest.cpio \
		"cmdline=console=ttyS0 quiet panic=-1 test=$test" "$@"
}
