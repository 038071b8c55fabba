# SPDX-License-Identifier: Apache-2.0
# What the scripts share that run on emulated boards. Sourced. Each behaviour is one line of TAP, after which it says what
# went wrong.
amba=/sys/bus/amba platform=/sys/bus/platform settings=/sys/module/bulkhead/parameters
checks=0

# is NAME COMMAND...: the behaviour NAME, which COMMAND shows.
is() {
	name=$(echo "$1" | tr _ " ")
	shift
	checks=$((checks + 1))
	if "$@" >check.out 2>&1; then
		echo "ok $checks - $name"
	else
		echo "not ok $checks - $name"
		sed "s/^/# /" check.out
	fi
}

finish() {
	echo "1..$checks"
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
