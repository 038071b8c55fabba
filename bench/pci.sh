#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An Ethernet card (e1000e) in a VM beside the same card driven by the host, in turns on one emulated board; the other end
# of the cable is another card of the board, driven by the host. Twice: on a board that counts instructions (one CPU; its
# nanosecond is one instruction, whatever else this machine does), and by this machine's time (two CPUs). A host's driver
# maps and unmaps each packet at the SMMU, as Debian's kernel does by default; a guest's does not. So the host's driver is
# also measured with the card past the SMMU.
# ROUNDS: turns on each; PASSES: one of the two.
set -eu
. bench/board.sh
kernel=$(lab/fetch.sh kernel) || skip "the kernel cannot be fetched"
tools/arm64.sh >&2
mkdir -p "$work/board" "$work/initrd/dev"
$cc -static -O2 -s -D_GNU_SOURCE -Wall -Wextra -Werror -o "$work/board/mover" bench/pci/mover.c
cp "$work/board/mover" "$work/initrd/init"
drivers=$(echo "$kernel"/modules/lib/modules/*/kernel/drivers)
cp "$drivers/net/ethernet/intel/e1000e/e1000e.ko" "$work/initrd/"
(cd "$work/initrd" && find . | cpio --quiet -o -H newc) >"$work/board/guest.cpio"
build/tests/vmm/mkmanifest "$work/board/nic" kernel=/lab/Image initrd=/tmp/guest.cpio \
	"cmdline=console=ttyS0 quiet loglevel=0" function=0000:00:02.0
cp build-arm64/src/vmm/bulkhead-vmm tests/lab/pci_board.sh tests/lab/ko_board.sh "$work/board/"

# measure NAME OPTION...: on a board with these options; leaves in the file NAME what was said, each line behind who said it.
measure() {
	name=$1
	shift
	"$bulkhead" lab up virt "$@" --memory 2G --cpu max,pauth-impdef=on \
		--qemu-arg -netdev --qemu-arg hubport,hubid=7,id=a --qemu-arg -device --qemu-arg e1000e,netdev=a,addr=2,romfile= \
		--qemu-arg -netdev --qemu-arg hubport,hubid=7,id=b \
		--qemu-arg -device --qemu-arg virtio-net-pci,netdev=b,addr=3,romfile= >&2
	"$bulkhead" lab push virt "$work"/board/* /tmp >&2
	"$bulkhead" lab exec virt -- sh -c 'cd /tmp; . ./pci_board.sh; mount -t debugfs none /sys/kernel/debug 2>/dev/null
		nic=0000:00:02.0
		name() { for i in /sys/bus/pci/devices/$1/net/* /sys/bus/pci/devices/$1/virtio*/net/*; do [ ! -e $i ] || basename $i; done; }
		past() {
			echo $nic >/sys/bus/pci/devices/$nic/driver/unbind; echo $1 >/sys/bus/pci/devices/$nic/iommu_group/type
			echo $nic >/sys/bus/pci/drivers_probe; until [ "$(name $nic)" ]; do sleep 0.1; done
		}
		./mover serve "$(name 0000:00:03.0)" >>served &
		for round in $(seq '"${ROUNDS-3}"'); do
			until [ "$(name $nic)" ]; do sleep 0.1; done
			./mover alone "$(name $nic)" | sed "s/^/host /"
			past identity; ./mover alone "$(name $nic)" | sed "s/^/past /"; past DMA
			: >served
			take $nic >&2; ./bulkhead-vmm nic </dev/null 2>&1 | tr -d "\r" | sed "s/^/vm /"
			sed "s/^/vm /" served
			give_back $nic
		done' >"$work/$name"
	sed "s/^/$name: /" "$work/$name" >&2
	"$bulkhead" lab down virt >&2
}

# value FILE KEY: the median.
value() {
	sed -n "s/^$2 //p" "$work/$1" | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

# compare FILE NAME KEY PEER
compare() {
	echo "$(value "$1" "vm $3") $(value "$1" "$4 $3")" |
		awk -v name="$2" '{ printf "%s\t%s Mbit/s\t%s Mbit/s\t%.2f\n", name, $1, $2, $2 ? $1 / $2 : 0 }'
}

# both FILE HOW
both() {
	compare "$1" "pci: out of a VM, host's driver: $2" sent host
	compare "$1" "pci: the same, past the SMMU: $2" sent past
	compare "$1" "pci: into a VM, host's driver: $2" received host
	compare "$1" "pci: the same, past the SMMU: $2" received past
}

counts() {
	for way in sent received; do
		printf 'pci: interrupts of the card, 32 MiB %s\t%s\t%s\t-\n' $way "$(value counted "vm interrupts-$way")" \
			"$(value counted "host interrupts-$way")"
		printf 'pci: exits to KVM, and to the VMM, 32 MiB %s\t%s\t%s\t-\n' $way "$(value counted "vm exits-$way")" \
			"$(value counted "vm handled-$way")"
	done
}

for pass in ${PASSES-counted timed}; do
	case $pass in
	counted)
		measure counted --cpus 1 --icount
		both counted counted
		counts
		;;
	timed)
		measure timed --cpus 2
		both timed timed
		;;
	esac
done
