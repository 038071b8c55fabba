# SPDX-License-Identifier: Apache-2.0
# What the lab tests of PCI functions do on the board. Sourced.
. ./ko_board.sh
PATH=$PWD:$PATH
pci=/sys/bus/pci

# As `bulkhead apply` does it.
take() {
	modprobe -a vfio-pci vfio_iommu_type1
	[ ! -e $pci/devices/$1/driver ] || echo "$1" >$pci/devices/$1/driver/unbind
	echo vfio-pci >$pci/devices/$1/driver_override
	echo "$1" >$pci/drivers/vfio-pci/bind
}

# follow VM: its console is the files VM.console and VM.typing.
follow() {
	[ -p "$1.typing" ] || mkfifo "$1.typing"
	until [ -S "/run/bulkhead/vm/$1/console" ]; do sleep 0.1; done
	setsid bulkhead console "$1" <>"$1.typing" >"$1.console" 2>&1 &
}

# begin VM: starts it from the manifest that lies here.
begin() {
	mkdir -p -m 700 /run/bulkhead /run/bulkhead/plan
	cp "$1.manifest" "/run/bulkhead/plan/$1"
	bulkhead start "$1" || return 1
	follow "$1"
}

# said VM NAME: what its guest said last under this name.
said() {
	tr -d '\r' <"$1.console" | sed -n "s/^said $2 //p" | tail -n 1
}

# await VM NAME [TIMES]: until its guest has said it, or the VM is gone.
await() {
	until [ "$(grep -c "^said $2" "$1.console")" -ge "${3-1}" ]; do
		bulkhead status "$1" | grep -qE "running|starting|waiting" || {
			bulkhead log "$1"
			return 1
		}
		sleep 0.5
	done
}

has_said() {
	grep -q "^said $2" "$1.console"
}

# all_said VM NAME
all_said() {
	tr -d '\r' <"$1.console" | sed -n "s/^said $2 //p"
}

give_back() {
	echo "$1" >$pci/drivers/vfio-pci/unbind && echo >$pci/devices/$1/driver_override && echo "$1" >$pci/drivers_probe
}
