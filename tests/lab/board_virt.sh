#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The board virt, and all that running commands on a board promises.
. "$(dirname "$0")/lib.sh"

boot virt

uses_kvm() {
	lab push virt "$KVM_PROBE" /tmp/kvm_probe && prints "kvm works" lab exec virt -- /tmp/kvm_probe
}
check "KVM runs a guest" uses_kvm

smmu_groups() {
	[ "$(lab exec virt -- sh -c 'ls -d /sys/class/iommu/smmu3.*' | wc -l)" = 1 ] &&
		[ "$(lab exec virt -- sh -c 'ls /sys/kernel/iommu_groups' | wc -l)" -ge 3 ]
}
check "PCI devices are in IOMMU groups of the SMMU" smmu_groups

has_network() {
	lab exec virt -- net-up && lab exec virt -- ping -c 1 10.0.2.2
}
check "the network answers" has_network

has_guest() {
	lab exec virt -- sh -c 'test -s /lab/Image && test -s /lab/guest.cpio && modprobe vfio_pci'
}
check "a guest's kernel and the board's modules are at /lab" has_guest

check "exit code 0 comes through" exits 0 lab exec virt -- true
check "exit code 77 comes through" exits 77 lab exec virt -- sh -c 'exit 77'
check "exit code 255 of a command comes through" exits 255 lab exec virt -- sh -c 'exit 255'
check "a signal that ends a command is 128 and its number" exits 143 lab exec virt -- sh -c 'kill -TERM $$'
check "a command that is not there is 127" exits 127 lab exec virt -- no-such-command
check "a command that is not a program is 126" exits 126 lab exec virt -- /tmp

keeps_apart() {
	lab exec virt -- sh -c 'printf out; printf err >&2' >"$work/out" 2>"$work/err"
	[ "$(cat "$work/out")" = out ] && [ "$(cat "$work/err")" = err ]
}
check "output and errors stay apart" keeps_apart

head -c 10000000 /dev/urandom >"$work/random"
echoes() {
	lab exec virt -- cat <"$work/random" >"$work/back" && cmp "$work/random" "$work/back"
}
check "10 MB of any bytes come through input and output" echoes

prints_much() {
	lab exec virt -- sh -c 'dd if=/dev/zero bs=1M count=10; dd if=/dev/zero bs=1M count=10 >&2' \
		>"$work/out" 2>"$work/err"
	[ "$(wc -c <"$work/out")" = 10485760 ] && [ "$(wc -c <"$work/err")" -gt 10485760 ]
}
check "much output on both streams at once comes through" prints_much

check "a command that reads nothing is not held up by its input" exits 0 lab exec virt -- true <"$work/random"
check "arguments arrive as they are" prints "a b|*|\$x|" lab exec virt -- printf '%s|' 'a b' '*' '$x'

leaves_a_child() {
	prints started lab exec virt -- sh -c 'sleep 1000 & echo started' && lab exec virt -- killall sleep
}
check "a child left behind does not hold up its parent's end" leaves_a_child

several() {
	for i in 1 2 3 4 5 6; do
		head -c 1000000 /dev/urandom >"$work/several.$i"
		lab exec virt -- sh -c "cat; exit $i" <"$work/several.$i" >"$work/several.$i.back" &
		eval "pid$i=$!"
	done
	for i in 1 2 3 4 5 6; do
		eval "wait \$pid$i"
		[ $? = $i ] && cmp "$work/several.$i" "$work/several.$i.back" || return 1
	done
}
check "six commands at once do not mix" several

not() {
	! "$@"
}

# running NAME: the board runs a program of this name.
running() {
	lab exec virt -- pidof "$1" >/dev/null
}

# Not SIGINT: a shell without job control has its background commands ignore that.
passes_signal() {
	"$BULKHEAD" lab exec virt -- sh -c 'trap "exit 42" TERM; echo ready; while :; do sleep 0.1; done' >"$work/signalled" &
	await $! grep -q ready "$work/signalled" || return 1
	kill -TERM $!
	wait $!
	[ $? = 42 ]
}
check "a signal goes to the command, which may handle it" passes_signal

kills_with_client() {
	"$BULKHEAD" lab exec virt -- sleep 1234 &
	await $! running sleep || return 1
	kill -KILL $!
	wait $!
	await "$(status_of virt qemu)" not running sleep
}
check "a command ends with its client" kills_with_client

copies() {
	chmod 640 "$work/random"
	lab push virt "$work/random" /tmp/copy && lab pull virt /tmp/copy "$work/back" &&
		cmp "$work/random" "$work/back" && [ "$(stat -c %a "$work/back")" = 640 ] &&
		prints "$(sha256sum <"$work/random")" lab exec virt -- sh -c 'sha256sum </tmp/copy'
}
check "a file pushed and pulled is the same, with its mode" copies

copies_into_folder() {
	mkdir "$work/folder"
	echo one >"$work/one"
	: >"$work/empty"
	lab push virt "$work/one" "$work/empty" /root && prints one lab exec virt -- cat /root/one &&
		lab pull virt /root/empty "$work/folder" && [ -f "$work/folder/empty" ] && [ ! -s "$work/folder/empty" ]
}
check "several files, also an empty one, go into a folder" copies_into_folder

check "pushing a file that is not there is an error" fails_with E0709 lab push virt "$work/absent" /tmp
check "pushing to where nothing can be written is an error" fails_with E0709 lab push virt "$work/one" /proc/one
no_room() {
	lab exec virt -- sh -c 'mkdir -p /tmp/small && mount -t tmpfs -o size=1M none /tmp/small'
	fails_with E0709 lab push virt "$work/random" /tmp/small/ && ! lab exec virt -- ls /tmp/small/random &&
		lab exec virt -- umount /tmp/small
}
check "a push that finds no room leaves nothing" no_room
check "pulling a file that is not there is an error" fails_with E0709 lab pull virt /no/such/file "$work"
check "pulling a folder is an error" fails_with E0709 lab pull virt /tmp "$work"

check "a second board of the same name is refused" fails_with E0702 lab up virt

shows_status() {
	[ "$(status_of virt state)" = ready ] && [ "$(status_of virt board)" = virt ] &&
		kill -0 "$(status_of virt qemu)" && [ -S "$(status_of virt monitor)" ]
}
check "status tells state, processes and monitor" shows_status

types() {
	# An open input, so that the console is watched until the answer comes.
	mkfifo "$work/keys"
	"$BULKHEAD" lab console virt <"$work/keys" >"$work/console" &
	exec 3>"$work/keys"
	printf '\r' >&3
	await $! grep -q '#' "$work/console" || return 1
	printf 'echo $((6 * 7))\r' >&3
	await $! grep -q '^42' "$work/console" || return 1
	printf '\035' >&3
	wait $!
}
check "the console takes input and shows output; Ctrl-] leaves it" types

logs() {
	lab exec virt -- sh -c 'echo to the console >/dev/console'
	await "$(status_of virt qemu)" logged 'to the console'
}
logged() {
	lab log virt | grep -q "$1"
}
check "the log holds what the console said" logs

pid=$(status_of virt qemu)
check "down stops the board" lab down virt
left_nothing() {
	! kill -0 "$pid" 2>/dev/null && [ -z "$(ls -A "$XDG_RUNTIME_DIR/bulkhead/lab")" ]
}
check "after down no process and no file is left" left_nothing
check "a board that was stopped is unknown" fails_with E0703 lab exec virt -- true
finish
