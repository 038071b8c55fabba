#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A VM with a device of the board `virt` and memory at its own addresses comes and goes, again and again: nothing is left of
# it. Every tenth time its launcher is killed. CYCLES: how often.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"
. tests/lab/vmm_host.sh

bare idle.image i || skip_all "the bare guest cannot be built"
cp build-arm64/src/cmd/bulkhead "$work/board/"
cat >"$work/board/bulkhead.toml" <<-'END'
	[vm.cycle]
	memory = "16M"
	kernel = "/tmp/idle.image"
	devices = ["/pl031@9010000"]
	unsafe-dma = "I accept"
	watchdog = true
END
echo "${CYCLES-100}" >"$work/board/cycles"
lab dtb virt "$work/virt.dtb"
"$BULKHEAD" dt host -c "$work/board/bulkhead.toml" -t "$work/virt.dtb" >"$work/host.dts"
dtc -q -@ -I dts -O dtb -o "$work/host.dtbo" "$work/host.dts"
boot virt --overlay "$work/host.dtbo"
run_there virt cycles_board.sh
