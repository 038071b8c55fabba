#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `bulkhead apply` on the board `imx8mp-evk`: from one TOML file, the Ethernet controller goes from the host's driver to
# the kernel module and back.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"

tools/arm64.sh >"$work/arm64.log" 2>&1 || {
	sed 's/^/# /' "$work/arm64.log"
	skip_all "programs for boards cannot be built here"
}
cp build-arm64/src/cmd/bulkhead build-arm64/src/vmm/bulkhead-vmm "$work/board/"
cp tests/lab/apply_imx8mp.toml "$work/board/bulkhead.toml"

# The host sets memory aside as the plan asks.
lab dtb imx8mp-evk "$work/board.dtb"
"$BULKHEAD" dt host -c "$work/board/bulkhead.toml" -t "$work/board.dtb" >"$work/host.dts"
dtc -q -@ -I dts -O dtb -o "$work/host.dtbo" "$work/host.dts"
boot imx8mp-evk --overlay "$work/host.dtbo"
run_there imx8mp-evk apply_imx8mp_board.sh
