# SPDX-License-Identifier: Apache-2.0
# What the scripts share that run on emulated boards. Sourced; one line a behaviour: "ok NAME" or "not ok NAME", what
# went wrong is said before.
amba=/sys/bus/amba platform=/sys/bus/platform settings=/sys/module/bulkhead/parameters
failed=0

# is NAME COMMAND...: the behaviour NAME, which COMMAND shows.
is() {
	name=$1
	shift
	if "$@"; then
		echo "ok $name"
	else
		echo "not ok $name"
		failed=1
	fi
}

# wait_for COMMAND...: until it holds; the board's end is the limit.
wait_for() {
	until "$@" 2>/dev/null; do
		sleep 0.1
	done
}

# The kernel found no fault in what the module did.
is_quiet() {
	! dmesg | grep -E 'WARNING|BUG|Oops|Unbalanced|Call trace|UBSAN|possible circular'
}

# bind BUS DEVICE, give_back BUS DEVICE, as the host does it.
bind() {
	[ ! -e "$1/devices/$2/driver" ] || echo "$2" >"$1/devices/$2/driver/unbind"
	echo bulkhead >"$1/devices/$2/driver_override"
	echo "$2" >"$1/drivers/bulkhead/bind"
}

give_back() {
	echo "$2" >"$1/drivers/bulkhead/unbind" && echo >"$1/devices/$2/driver_override" &&
		echo "$2" >"$1/drivers_probe"
}

# killed TEST ARGS...: the probe holds, and is killed.
killed() {
	rm -f said
	mkfifo said
	./probe "$@" >said &
	read -r line <said
	[ "$line" = holding ] && kill -9 $! && {
		wait $! 2>/dev/null
		true
	}
}

# lists_controls DEVICE: as the file `expected` says.
lists_controls() {
	./probe controls "$1" >listed && diff expected listed
}

start_board() {
	grep -q debugfs /proc/mounts || mount -t debugfs none /sys/kernel/debug
	dmesg -c >/dev/null
	modprobe vfio_iommu_type1
}
