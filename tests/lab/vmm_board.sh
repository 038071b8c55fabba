# SPDX-License-Identifier: Apache-2.0
# What the VMM's lab tests do on the board. Sourced, in the folder with the VMM and the manifests.
. ./ko_board.sh

# run MANIFEST OPTION...: starts a VM; its console goes to the file `console`.
run() {
	rm -f console
	./bulkhead-vmm "$@" --control "$PWD/control" --console-log console </dev/null >/dev/null 2>log &
	vmm=$!
}

# said NAME: what the guest said last under this name.
said() {
	tr -d '\r' <console | sed -n "s/^said $1 //p" | tail -n 1
}

has_said() {
	grep -q "^said $1" console
}

# guest_says NAME VALUE
guest_says() {
	[ "$(said "$1")" = "$2" ] || {
		echo "guest said $1 $(said "$1"), not $2"
		return 1
	}
}

# ended CODE: the VM ends by itself with this exit code.
ended() {
	wait "$vmm"
	code=$?
	[ $code = "$1" ] || {
		echo "exit code $code"
		cat log
		tail -n 5 console
		return 1
	}
}

fact() {
	./ask control "$1" | sed -n "s/^$2 //p"
}

fresh_disk() {
	dd if=/dev/urandom of=disk bs=1M count=4 2>/dev/null
	disk_sum=$(md5sum <disk | cut -d' ' -f1)
}

serve_network() {
	until ip addr add 192.168.7.1/24 dev tap0 2>/dev/null; do
		sleep 0.2
	done
	ip link set tap0 up
	nc -l -p 5000 <>idle | md5sum | cut -d' ' -f1 >sent.md5
	nc -l -p 5001 <disk >/dev/null
}

# KiB of the VMM's memory that are not the guest's RAM (the one mapping of 256 MiB).
resident_outside_ram() {
	awk '/^[0-9a-f]+-[0-9a-f]+ / { ram = 0 } /^Size: *262144 kB/ { ram = 1 } /^Rss:/ && !ram { sum += $2 }
		END { print sum }' "/proc/$vmm/smaps"
}

# One VM with one of everything; $1 is the manifest, $2 its virtio console.
check_devices() {
	vm=$1
	fresh_disk
	./vsock listen 1234 2>/dev/null | md5sum | cut -d' ' -f1 >vsock.md5 &
	serve_network &
	server=$!
	mkfifo typing idle 2>/dev/null
	rm -f console hvc
	# The second console is the terminal: what the guest reads there is the pipe.
	./bulkhead-vmm "$vm" --control "$PWD/control" --console-log uart=console --console "$2=-" <typing >hvc 2>log &
	vmm=$!
	exec 7>typing
	wait_for has_said messages
	echo "# $vm: $(resident_outside_ram) KiB resident beside the guest's memory"
	is "${vm}_at_most_2560_KiB_beside_the_guests_memory" [ "$(resident_outside_ram)" -le 2560 ]
	is "${vm}_status_answers" [ "$(fact status state)" = running ]
	is "${vm}_pauses" ./ask control pause
	is "${vm}_is_paused" [ "$(fact status state)" = paused ]
	before=$(fact stats exits)
	is "${vm}_rests_while_paused" [ "$(fact stats exits)" = "$before" ]
	is "${vm}_dumps_registers" [ "$(fact dump vcpu3.pc | cut -c1-2)" = 0x ]
	is "${vm}_resumes" ./ask control resume
	echo "typed words" >&7
	is "${vm}_powers_off" ended 0
	exec 7>&-
	wait "$server"
	is "${vm}_four_cpus" guest_says cpus 4
	is "${vm}_initrd_of_8_mb_is_whole" guest_says padding "$(cat padding.md5)"
	is "${vm}_disk_is_read" guest_says disk "$disk_sum"
	is "${vm}_disk_is_written" [ "$(said written)" = "$(md5sum <disk | cut -d' ' -f1)" ]
	is "${vm}_read_only_disk_is_kept" guest_says readonly kept
	is "${vm}_entropy" guest_says random 64
	is "${vm}_virtio_console_prints" grep -q "said hvc hello" hvc
	is "${vm}_virtio_console_reads" guest_says typed "typed words"
	[ -z "$(said vsock)" ] || is "${vm}_256_kib_over_vsock" [ "$(cat vsock.md5)" = "$(said vsock)" ]
	is "${vm}_network_answers" guest_says ping answered
	is "${vm}_4_mib_sent_over_tcp" [ -n "$(cat sent.md5)" -a "$(cat sent.md5)" = "$(said sent)" ]
	is "${vm}_4_mib_received_over_tcp" guest_says received "$(md5sum <disk | cut -d' ' -f1)"
}
