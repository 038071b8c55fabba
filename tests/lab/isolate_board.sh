# SPDX-License-Identifier: Apache-2.0
# What the tests of isolation do on the board. Sourced, in the folder with the programs and manifests.
. ./vmm_board.sh
export BULKHEAD_VMM="$PWD/bulkhead-vmm" BULKHEAD_RUN=/run/bh
chmod 755 bulkhead-vmm compromised-vmm

start_board
modprobe -a tun vhost_net vhost_vsock
grep -q ' /sys/fs/cgroup cgroup2 ' /proc/mounts || mount -t cgroup2 none /sys/fs/cgroup

# state VM KEY: what its launcher wrote.
state() {
	sed -n "s/^$2 //p" $BULKHEAD_RUN/vm/"$1"/state
}

# of VM: the process of its VMM.
of() {
	state "$1" vmm
}

# shows VM KEY VALUE: a line of the process's status.
shows() {
	got=$(awk -v key="$2:" '$1 == key { print $2 }' "/proc/$(of "$1")/status")
	echo "$2 is $got"
	[ "$got" = "$3" ]
}

all_threads_show() {
	for thread in /proc/"$(of "$1")"/task/*/status; do
		# Threads of the kernel's that count as the process's.
		! grep -q '^Name:.*vhost-' "$thread" || continue
		[ "$(awk -v key="$2:" '$1 == key { print $2 }' "$thread")" = "$3" ] || {
			echo "$(awk '/^Name/ { print $2 }' "$thread"): not $2 $3"
			return 1
		}
	done
}

own_namespace() {
	[ "$(readlink "/proc/$(of "$1")/ns/$2")" != "$(readlink "/proc/self/ns/$2")" ]
}

listen() {
	rm -f console
	./bulkhead console "$1" </dev/null >console 2>/dev/null &
	listener=$!
}

start_net() {
	until ip addr add "$2"/24 dev "$1" 2>/dev/null; do
		sleep 0.2
	done
	ip link set "$1" up
}
