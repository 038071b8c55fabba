# SPDX-License-Identifier: Apache-2.0
# doctor_board.sh BOARD: runs on the board. One line a behaviour, which doctor.sh counts.
board=$1

# is NAME COMMAND...
is() {
	name=$(echo "$1" | tr _ ' ')
	shift
	if "$@"; then
		echo "ok $board: $name"
	else
		echo "not ok $board: $name"
		sed 's/^/# /' /tmp/report
	fi
}

doctor() {
	/tmp/bulkhead doctor >/tmp/report
	code=$?
}

# says OUTCOME CHECK [TEXT]
says() {
	awk -v outcome="$1" -v check="$2" -v text="${3-}" '
		$1 == outcome && $2 == check && (text == "" || index($0, text)) { found = 1 }
		END { exit !found }' /tmp/report
}

# What doctor says mends a check: the line "mend:" below the check's.
mend_of() {
	awk -v check="$1" '
		/^[a-z]/ { current = $2 }
		current == check && $1 == "mend:" { sub(/^ *mend: /, ""); print }' /tmp/report
}

# Doing what is said is enough.
is_mended_by_its_advice() {
	doctor
	says warn "$1" || return 1
	advice=$(mend_of "$1")
	case $advice in
	modprobe*) $advice || return 1 ;;
	*) return 1 ;;
	esac
	doctor
	says ok "$1"
}

finds() {
	doctor
	says "$@"
}

can_run_vms() {
	doctor
	[ "$code" = 0 ] && grep -q '^VMs can run here' /tmp/report
}

misses_kvm() {
	mv /dev/kvm /dev/away
	doctor
	mv /dev/away /dev/kvm
	[ "$code" = 1 ] && says fail kvm "no /dev/kvm" && grep -q '^No VM can run here' /tmp/report
}

gives_json() {
	/tmp/bulkhead doctor --json >/tmp/report
	[ $? = 0 ] && grep -q '"ready": true' /tmp/report && grep -q '"name": "seccomp"' /tmp/report
}

reads_the_kernels_configuration() {
	doctor
	says unknown kernel-options || return 1
	mkdir -p /boot && cp /lab/config "/boot/config-$(uname -r)" && doctor && says ok kernel-options
}

is can_run_vms can_run_vms
is kvm_is_found finds ok kvm /dev/kvm
is the_gic_has_an_its finds ok gic ITS
is hvc_reaches_user_space finds ok scmi
case $board in
virt)
	is vhe_is_told finds ok hyp "VHE: the host runs at EL2"
	is iommu_groups_are_counted finds ok iommu "groups behind 1 IOMMU"
	is vfio_pci_is_mended_by_its_advice is_mended_by_its_advice vfio-pci
	;;
*)
	is nvhe_is_told finds ok hyp "nVHE: the host runs at EL1"
	is a_missing_iommu_is_told finds warn iommu none
	is missing_reserved_memory_is_told finds warn reserved-memory
	is vfio_is_mended_by_its_advice is_mended_by_its_advice vfio
	;;
esac
for check in tun vhost-net vhost-vsock; do
	is "${check}_is_mended_by_its_advice" is_mended_by_its_advice "$check"
done
is a_missing_module_is_told finds warn module
is isolation_is_complete eval 'finds ok cgroup && says ok namespaces && says ok landlock && says ok seccomp'
is the_kernels_configuration_is_read reads_the_kernels_configuration
is json_is_given gives_json
is a_missing_kvm_is_a_failure misses_kvm
echo '# end'
