/* SPDX-License-Identifier: Apache-2.0 */
#include "host/doctor.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <stdlib.h>

const struct bh_doctor_check bh_doctor_checks[] = {
	{"cpu", "E0801", "the machine's architecture", bh_check_cpu},
	{"kernel", "E0802", "the kernel's version", bh_check_kernel},
	{"kvm", "E0803", "virtual machines", bh_check_kvm},
	{"hyp", "E0804", "how the kernel uses EL2", bh_check_hyp},
	{"gic", "E0805", "the guest's interrupt controller", bh_check_gic},
	{"scmi", "E0806", "clocks, resets and power domains for guests", bh_check_scmi},
	{"iommu", "E0807", "DMA of devices that VMs own", bh_check_iommu},
	{"vfio", "E0808", "devices in user space", bh_check_vfio},
	{"vfio-pci", "E0809", "PCI devices in VMs", bh_check_vfio_pci},
	{"module", "E0810", "platform devices in VMs", bh_check_module},
	{"reserved-memory", "E0811", "RAM of VMs whose devices have no IOMMU", bh_check_reserved},
	{"hugepages", "E0812", "fast guest RAM", bh_check_hugepages},
	{"memory", "E0813", "RAM for VMs", bh_check_memory},
	{"tun", "E0814", "virtual networks", bh_check_tun},
	{"vhost-net", "E0815", "fast virtual networks", bh_check_vhost_net},
	{"vhost-vsock", "E0816", "sockets between host and guest", bh_check_vhost_vsock},
	{"kernel-options", "E0817", "what the kernel was built with", bh_check_options},
	{"cgroup", "E0818", "limits of a VM's process", bh_check_cgroup},
	{"namespaces", "E0819", "isolation of a VM's process", bh_check_namespaces},
	{"landlock", "E0820", "files a VM's process can open", bh_check_landlock},
	{"seccomp", "E0821", "system calls a VM's process can make", bh_check_seccomp},
	{0},
};

struct bh_finding bh_doctor_run(const struct bh_doctor_check *check,
				const struct bh_host_facts *facts)
{
	struct bh_finding finding = {0};

	check->run(facts, &finding);
	return finding;
}

void bh_finding_finish(struct bh_finding *finding)
{
	free(finding->found);
	free(finding->cause);
	free(finding->mend);
	*finding = (struct bh_finding){0};
}

const char *bh_outcome_name(enum bh_outcome outcome)
{
	static const char *const names[] = {"ok", "unknown", "warn", "fail"};

	return names[outcome];
}

void bh_found(struct bh_finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	free(finding->found);
	finding->found = bh_vstrf(format, args);
	va_end(args);
}

void bh_trouble(struct bh_finding *finding, enum bh_outcome outcome, const char *cause,
		const char *mend)
{
	free(finding->cause);
	free(finding->mend);
	finding->outcome = outcome;
	finding->cause = bh_strdup(cause);
	finding->mend = bh_strdup(mend);
}
