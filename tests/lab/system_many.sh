#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sixteen VMs of 64 MB on one board `virt` start in parallel; what each needs beside its guest's memory.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"
. tests/lab/system_host.sh

{
	echo "[board]"
	echo "[net.lan]"
	for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		cat <<-END
			[vm.vm$number]
			memory = "64M"
			kernel = "/lab/Image"
			initrd = "/tmp/guest.cpio"
			console = "serial"
			cmdline = "quiet test.role=none test.address=10.0.0.$number/24"
		END
		# The last have one of everything that the gate names.
		[ $number -le 12 ] || cat <<-END
			root = "/tmp/vm$number.img"
			networks = ["lan"]
			ready = "vsock"
			ready-timeout = "20m"
		END
	done
} >"$work/board/bulkhead.toml"
boot virt --memory 3G --cpu max,pauth-impdef=on --cpus 2
run_there virt system_many_board.sh
