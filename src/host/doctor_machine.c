/* SPDX-License-Identifier: Apache-2.0 */
/* The processor, the kernel, KVM and memory. */
#include "base/str.h"
#include "host/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_arm64(const struct bh_host_facts *facts)
{
	return !strcmp(facts->machine, "aarch64");
}

/* What cannot be said of a machine of another architecture. */
static bool needs_arm64(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	if (is_arm64(facts))
		return false;
	bh_found(finding, "only arm64 has it");
	finding->outcome = BH_OUTCOME_UNKNOWN;
	return true;
}

void bh_check_cpu(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	bh_found(finding, "%s, %u cpu%s", facts->machine, facts->cpus, facts->cpus == 1 ? "" : "s");
	if (!is_arm64(facts))
		bh_trouble(finding, BH_OUTCOME_FAIL,
			   "VMs run on arm64 boards; here a partition can be planned, not run",
			   "use `bulkhead lab up` for an emulated board");
}

void bh_check_kernel(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	unsigned major = 0, minor = 0;

	bh_found(finding, "%s", facts->release);
	if (sscanf(facts->release, "%u.%u", &major, &minor) != 2)
		bh_trouble(finding, BH_OUTCOME_UNKNOWN, "this is not a version", "see `uname -r`");
	else if (major < 6 || (major == 6 && minor < 4))
		bh_trouble(finding, BH_OUTCOME_WARN,
			   "before 6.4 a guest's SCMI calls cannot be answered in user space",
			   "install a newer kernel; Debian's 6.12 is what is tested");
}

void bh_check_kvm(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	if (!facts->kvm_error && facts->kvm_version == 12) {
		if (facts->address_bits)
			bh_found(finding, "/dev/kvm, guest addresses of %d bits",
				 facts->address_bits);
		else
			bh_found(finding, "/dev/kvm");
		return;
	}
	if (!facts->kvm_error) {
		bh_found(finding, "/dev/kvm of version %d", facts->kvm_version);
		bh_trouble(finding, BH_OUTCOME_FAIL, "only version 12 is known",
			   "install a newer kernel");
	} else if (facts->kvm_error == -EACCES || facts->kvm_error == -EPERM) {
		bh_found(finding, "/dev/kvm may not be opened");
		bh_trouble(finding, BH_OUTCOME_FAIL, "this user has no right to it",
			   "add the user to the group kvm, or run as root");
	} else {
		bh_found(finding, "no /dev/kvm");
		bh_trouble(
			finding, BH_OUTCOME_FAIL, "the kernel was started at EL1, or has no KVM",
			"let the boot loader start the kernel at EL2, without kvm-arm.mode=none");
	}
}

void bh_check_hyp(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	struct bh_buf command = {0}, log = {0};

	if (needs_arm64(facts, finding))
		return;
	bh_host_read(facts, "/proc/cmdline", &command);
	int error = bh_host_read(facts, "/dev/kmsg", &log);
	const char *text = bh_buf_str(&log);
	if (bh_has_word(bh_buf_str(&command), "kvm-arm.mode=none")) {
		bh_found(finding, "kvm-arm.mode=none");
		bh_trouble(finding, BH_OUTCOME_FAIL, "the kernel's command line turns KVM off",
			   "remove kvm-arm.mode=none");
	} else if (bh_has_word(bh_buf_str(&command), "kvm-arm.mode=protected")) {
		bh_found(finding, "kvm-arm.mode=protected");
		bh_trouble(finding, BH_OUTCOME_WARN,
			   "the host may not map a protected guest's memory, so devices cannot be "
			   "assigned",
			   "remove kvm-arm.mode=protected");
	} else if (strstr(text, "Hyp mode initialized") || strstr(text, "nVHE mode initialized")) {
		bh_found(finding, "nVHE: the host runs at EL1");
	} else if (strstr(text, "VHE mode initialized")) {
		bh_found(finding, "VHE: the host runs at EL2");
	} else if (strstr(text, "started at EL1")) {
		bh_found(finding, "all cpus started at EL1");
		bh_trouble(finding, BH_OUTCOME_FAIL, "without EL2 there is no KVM",
			   "let the boot loader start the kernel at EL2");
	} else {
		bh_found(finding, "%s",
			 error ? "the kernel's log cannot be read"
			       : "the kernel's log no longer tells");
		finding->outcome = BH_OUTCOME_UNKNOWN;
	}
	bh_buf_finish(&command);
	bh_buf_finish(&log);
}

void bh_check_gic(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	if (needs_arm64(facts, finding))
		return;
	if (facts->kvm_error) {
		bh_found(finding, "needs KVM");
		finding->outcome = BH_OUTCOME_UNKNOWN;
	} else if (!facts->gic2 && !facts->gic3) {
		bh_found(finding, "none");
		bh_trouble(finding, BH_OUTCOME_FAIL,
			   "the interrupt controller has no virtual interface that KVM can use",
			   "see the lines of `kvm` and `GIC` in the kernel's log");
	} else {
		bh_found(finding, "%s%s%s%s", facts->gic3 ? "GICv3" : "",
			 facts->gic3 && facts->gic2 ? " and " : "", facts->gic2 ? "GICv2" : "",
			 facts->its ? ", ITS" : "");
		if (!facts->its)
			bh_trouble(finding, BH_OUTCOME_WARN,
				   "without an ITS, guests have no message interrupts: virtio goes "
				   "over "
				   "MMIO, and PCI devices that need them stay with the host",
				   "nothing, where the board has a GICv2");
	}
}

void bh_check_scmi(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	if (needs_arm64(facts, finding))
		return;
	if (facts->kvm_error) {
		bh_found(finding, "needs KVM");
		finding->outcome = BH_OUTCOME_UNKNOWN;
	} else if (!facts->hvc_to_user) {
		bh_found(finding, "a guest's HVC is not answered in user space");
		bh_trouble(finding, BH_OUTCOME_WARN,
			   "clocks and resets cannot be mediated over SCMI",
			   "install a kernel of 6.4 or newer");
	} else if (!facts->resample) {
		bh_found(finding, "level interrupts need resampling, which KVM lacks here");
		bh_trouble(finding, BH_OUTCOME_WARN, "platform devices would lose interrupts",
			   "install a kernel with KVM_CAP_IRQFD_RESAMPLE");
	} else {
		bh_found(finding, "HVC to user space, level interrupts by eventfd");
	}
}

/* "Name:  123 kB" of a file such as /proc/meminfo; UINT64_MAX when it is not there. */
static uint64_t number_of(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, length) && line[length] == ':')
			return strtoull(line + length + 1, NULL, 10);
	}
	return UINT64_MAX;
}

void bh_check_hugepages(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	struct bh_buf info = {0}, transparent = {0};

	bh_host_read(facts, "/proc/meminfo", &info);
	bh_host_read(facts, "/sys/kernel/mm/transparent_hugepage/enabled", &transparent);
	uint64_t total = number_of(bh_buf_str(&info), "HugePages_Total");
	uint64_t free_ones = number_of(bh_buf_str(&info), "HugePages_Free");
	const char *mode = strchr(bh_buf_str(&transparent), '[');
	if (mode && strncmp(mode, "[never]", 7) != 0) {
		bh_found(finding, "transparent: %.*s", (int)strcspn(mode + 1, "]"), mode + 1);
	} else if (total != UINT64_MAX && total) {
		bh_found(finding, "%" PRIu64 " reserved, %" PRIu64 " free", total, free_ones);
	} else {
		bh_found(finding, "neither transparent nor reserved ones");
		bh_trouble(finding, BH_OUTCOME_WARN, "guests run slower on small pages",
			   "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
	}
	bh_buf_finish(&info);
	bh_buf_finish(&transparent);
}

void bh_check_memory(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	struct bh_buf info = {0};
	char total_text[16], free_text[16];

	bh_host_read(facts, "/proc/meminfo", &info);
	uint64_t total = number_of(bh_buf_str(&info), "MemTotal");
	uint64_t available = number_of(bh_buf_str(&info), "MemAvailable");
	if (total == UINT64_MAX || available == UINT64_MAX) {
		bh_found(finding, "/proc/meminfo does not tell");
		finding->outcome = BH_OUTCOME_UNKNOWN;
	} else {
		/* In whole mebibytes: the rest changes from run to run. */
		bh_format_size(total >> 10 << 20, total_text, sizeof(total_text));
		bh_format_size(available >> 10 << 20, free_text, sizeof(free_text));
		bh_found(finding, "%s, %s available", total_text, free_text);
		if (available < 64 * 1024)
			bh_trouble(finding, BH_OUTCOME_WARN, "there is hardly room for a VM",
				   "stop what needs memory");
	}
	bh_buf_finish(&info);
}
