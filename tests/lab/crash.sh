#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Boards that end when nobody asked them to: whoever waits is told why, and nothing is left.
. "$(dirname "$0")/lib.sh"

boot virt --name one --memory 1G --cpus 1
boot virt --name two --memory 1G --cpus 1
pid_one=$(status_of one qemu)
pid_two=$(status_of two qemu)

two_boards() {
	prints one lab exec one -- hostname && prints two lab exec two -- hostname &&
		[ "$(lab status | grep -c ready)" = 2 ]
}
check "two boards run side by side" two_boards

panics() {
	lab exec one -- sh -c 'echo c >/proc/sysrq-trigger; sleep 1000' 2>"$work/err"
	[ $? = 255 ] && grep 'error\[E0707\]' "$work/err" && grep 'Kernel panic' "$work/err" &&
		grep 'sysrq_handle_crash' "$work/err"
}
check "a kernel panic is reported with the end of the console" panics
check "its QEMU is gone" exits 1 kill -0 "$pid_one"
check "status says so" sh -c '"$BULKHEAD" lab status | grep "^one *down *the kernel of one panicked"'
check "so does every later command" fails_with E0707 lab exec one -- true
check "the console's log is still there" sh -c '"$BULKHEAD" lab log one | grep "Kernel panic"'
check "the other board goes on" exits 0 lab exec two -- true

killed() {
	mkfifo "$work/open"
	"$BULKHEAD" lab exec two -- cat <"$work/open" 2>"$work/err" &
	exec 3>"$work/open"
	await $! lab exec two -- pidof cat || return 1
	kill -KILL "$pid_two"
	wait $!
	[ $? = 255 ] && grep 'error\[E0706\].*signal 9' "$work/err"
}
check "a QEMU that is killed is reported to who waits" killed
clears() {
	lab down one && lab down two && [ -z "$(ls -A "$XDG_RUNTIME_DIR/bulkhead/lab")" ]
}
check "down removes what they left" clears

boot virt --name three --memory 1G --cpus 1
supervisor_killed() {
	qemu=$(status_of three qemu)
	mkfifo "$work/open3"
	"$BULKHEAD" lab exec three -- cat <"$work/open3" 2>"$work/err" &
	exec 3>"$work/open3"
	await $! lab exec three -- pidof cat || return 1
	kill -KILL "$(status_of three supervisor)"
	wait $!
	[ $? = 255 ] && grep 'error\[E0714\]' "$work/err" || return 1
	ends "$qemu"
}
check "QEMU ends with its supervisor, and who waits is told" supervisor_killed
check "a board whose supervisor was killed can be started again" lab up virt --name three --memory 1G --cpus 1
switches_off() {
	lab exec three -- poweroff -f 2>"$work/err"
	[ $? = 255 ] && grep 'error\[E0708\]' "$work/err"
}
check "a board that switches itself off is reported" switches_off

has_qemu() {
	[ -n "$(status_of "$1" qemu)" ]
}

# interrupted SIGNAL: sent while a board boots.
interrupted() {
	"$BULKHEAD" lab up virt --name four 2>"$work/err" &
	up=$!
	await $up has_qemu four || return 1
	qemu=$(status_of four qemu)
	kill "-$1" $up
	wait $up
	[ $? != 0 ] && grep 'error\[E0716\]' "$work/err" && ! kill -0 "$qemu" 2>/dev/null &&
		[ ! -e "$XDG_RUNTIME_DIR/bulkhead/lab/four" ]
}
check "a signal while a board boots leaves nothing" interrupted TERM
killed_while_booting() {
	"$BULKHEAD" lab up virt --name five 2>"$work/err" &
	up=$!
	await $up has_qemu five || return 1
	qemu=$(status_of five qemu)
	supervisor=$(status_of five supervisor)
	kill -KILL $up
	wait $up
	ends "$qemu"
	ends "$supervisor"
	[ ! -e "$XDG_RUNTIME_DIR/bulkhead/lab/five" ]
}
check "a client that is killed while its board boots takes it along" killed_while_booting

runs() {
	lab run virt --memory 1G -- sh -c 'echo out; exit 9' >"$work/out" 2>"$work/err"
	[ $? = 9 ] && [ "$(cat "$work/out")" = out ] && [ "$(lab status | grep -c ready)" = 0 ]
}
check "run boots a board, runs a command, returns its code and stops the board" runs

refuses_argument() {
	lab up virt --name six --qemu-arg -device --qemu-arg no-such-device 2>"$work/err"
	[ $? = 1 ] && grep 'error\[E0706\]' "$work/err" && grep "no-such-device" "$work/err"
}
check "what QEMU says when it cannot start is shown" refuses_argument
finish
