#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What can be asked of a board: each boot asks for several things.
. "$(dirname "$0")/lib.sh"

cat >"$work/overlay.dts" <<END
/dts-v1/;
/plugin/;
&{/} {
	reserved-memory {
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;
		bulkhead@60000000 { reg = <0 0x60000000 0 0x10000000>; };
	};
};
END
dtc -@ -I dts -O dtb -o "$work/overlay.dtbo" "$work/overlay.dts" 2>/dev/null
truncate -s 8M "$work/disk,with comma.img"

boot virt --icount --cpus 1 --memory 1G --gic 2 --cpu max,pauth-impdef=on --overlay "$work/overlay.dtbo" \
	--disk "$work/disk,with comma.img" --append "bulkhead.test=1" --qemu-arg -device --qemu-arg e1000e
on() {
	lab exec virt -- sh -c "$1"
}
check "--cpus gives the number of CPUs" prints 1 on nproc
check "--memory gives the amount of memory" on '[ $(sed -n "s/MemTotal: *\([0-9]*\) kB/\1/p" /proc/meminfo) -lt 1048576 ]'
check "--gic 2 gives a GICv2" on 'grep -q GICv2 /proc/interrupts'
check "--cpu gives the CPU model" on 'grep -q ecv /proc/cpuinfo'
check "--overlay changes the device tree" on 'test -d /proc/device-tree/reserved-memory/bulkhead@60000000'
writes_disk() {
	on 'for d in /sys/block/vd*; do [ "$(cat $d/serial)" = disk0 ] && echo written >/dev/${d##*/}; done; sync' &&
		head -c 7 "$work/disk,with comma.img" | grep written
}
check "--disk plugs in a disk that keeps what is written" writes_disk
check "--append adds to the kernel's command line" on 'grep -q bulkhead.test=1 /proc/cmdline'
check "--qemu-arg adds a device" on 'grep -q 0x10d3 /sys/bus/pci/devices/*/device'

# With --icount a nanosecond of the board is an instruction: a loop takes the same time each time.
counts() {
	on 'cat >/tmp/loop <<END
i=0
while [ \$i -lt 20000 ]; do i=\$((i + 1)); done
END
	time -f "%e" sh /tmp/loop; time -f "%e" sh /tmp/loop; time -f "%e" sh /tmp/loop' 2>"$work/times"
	cat "$work/times"
	[ "$(wc -l <"$work/times")" = 3 ] &&
		awk 'NR == 1 { low = high = $1 } { if ($1 < low) low = $1; if ($1 > high) high = $1 }
			END { exit !(high > 0 && high - low <= 0.02) }' "$work/times"
}
check "--icount makes the board's time a count of instructions" counts
lab down virt

writes_tree() {
	lab dtb virt "$work/virt.dtb" --overlay "$work/overlay.dtbo" &&
		dtc -I dtb -O dts "$work/virt.dtb" 2>/dev/null | grep -q 'bulkhead@60000000' &&
		lab dtb imx8mp-evk "$work/imx.dtb" &&
		dtc -I dtb -O dts "$work/imx.dtb" 2>/dev/null | grep -q 'bulkhead,lab-window'
}
check "dtb writes the tree that a board would boot with" writes_tree

boot virt --dtb "$work/virt.dtb" --cpus 2
check "--dtb boots with another tree" on 'test -d /proc/device-tree/reserved-memory/bulkhead@60000000'
finish
