/* SPDX-License-Identifier: Apache-2.0 */
/* IOMMUs, VFIO, the module, reserved memory, and the devices behind virtual ones. */
#include "base/alloc.h"
#include "host/doctor.h"
#include "kernel/bulkhead.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bh_check_iommu(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	size_t groups = bh_host_count(facts, "/sys/kernel/iommu_groups");
	size_t units = bh_host_count(facts, "/sys/class/iommu");

	if (groups) {
		bh_found(finding, "%zu group%s behind %zu IOMMU%s", groups, groups == 1 ? "" : "s",
			 units, units == 1 ? "" : "s");
		return;
	}
	bh_found(finding, "%s", units ? "an IOMMU without groups" : "none");
	bh_trouble(finding, BH_OUTCOME_WARN,
		   "a device in a VM can read and write all memory, so it is refused unless the VM "
		   "says "
		   "unsafe-dma = \"I accept\"",
		   units ? "see the kernel's log for the IOMMU's driver"
			 : "nothing, where the board has none; else enable it in the firmware and "
			   "the tree");
}

/* It holds for all devices of the host, whoever set it for one. */
static bool trusts_interrupts(const struct bh_host_facts *facts)
{
	struct bh_buf value = {0};

	bh_host_read(facts, "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
		     &value);
	bool trusts = bh_buf_str(&value)[0] == 'Y';
	bh_buf_finish(&value);
	return trusts;
}

void bh_check_vfio(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	int error = bh_host_access(facts, "/dev/vfio/vfio");

	if (!error) {
		bh_found(finding, "/dev/vfio/vfio%s",
			 trusts_interrupts(facts) ? ", allow_unsafe_interrupts is set" : "");
	} else if (error == -ENOENT) {
		bh_found(finding, "no /dev/vfio/vfio");
		bh_trouble(finding, BH_OUTCOME_WARN, "no device can be given to a VM",
			   "modprobe vfio");
	} else {
		bh_found(finding, "/dev/vfio/vfio may not be opened");
		bh_trouble(finding, BH_OUTCOME_WARN, "this user cannot give devices to VMs",
			   "run `bulkhead apply` as root");
	}
}

void bh_check_vfio_pci(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	if (!bh_host_count(facts, "/sys/bus/pci/devices")) {
		bh_found(finding, "no PCI device");
	} else if (bh_host_exists(facts, "/sys/bus/pci/drivers/vfio-pci")) {
		bh_found(finding, "vfio-pci");
	} else {
		bh_found(finding, "vfio-pci is not loaded");
		bh_trouble(finding, BH_OUTCOME_WARN, "no PCI device can be given to a VM",
			   "modprobe vfio-pci");
	}
}

void bh_check_module(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	struct bh_buf version = {0};

	if (!bh_host_exists(facts, "/sys/module/bulkhead")) {
		bh_found(finding, "bulkhead.ko is not loaded");
		bh_trouble(finding, BH_OUTCOME_WARN, "no platform device can be given to a VM",
			   "modprobe bulkhead; kernel/README.md tells how it is built");
		return;
	}
	bh_host_read(facts, "/sys/module/bulkhead/version", &version);
	int number = atoi(bh_buf_str(&version));
	bh_found(finding, "bulkhead.ko, interface %d", number);
	if (number != BULKHEAD_UAPI_VERSION)
		bh_trouble(finding, BH_OUTCOME_WARN,
			   "the module's interface is not the one that this program knows",
			   "install module and programs of one version");
	bh_buf_finish(&version);
}

/* Compatible strings follow each other, each with its NUL. */
static bool is_compatible(const struct bh_buf *list, const char *wanted)
{
	for (size_t at = 0; at < list->length; at += strlen(list->data + at) + 1) {
		if (!strcmp(list->data + at, wanted))
			return true;
	}
	return false;
}

static size_t count_regions(const struct bh_host_facts *facts, const char *folder)
{
	char *path = bh_strf("%s%s", facts->root, folder);
	DIR *dir = opendir(path);
	size_t count = 0;

	free(path);
	if (!dir)
		return 0;
	for (struct dirent *entry; (entry = readdir(dir));) {
		struct bh_buf compatible = {0};
		path = bh_strf("%s/%s/compatible", folder, entry->d_name);
		if (entry->d_name[0] != '.' && !bh_host_read(facts, path, &compatible))
			count += is_compatible(&compatible, "bulkhead,memory");
		bh_buf_finish(&compatible);
		free(path);
	}
	closedir(dir);
	return count;
}

void bh_check_reserved(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	size_t regions = count_regions(facts, "/proc/device-tree/reserved-memory");

	if (regions) {
		bh_found(finding, "%zu region%s", regions, regions == 1 ? "" : "s");
		return;
	}
	bh_found(finding, "none for VMs");
	if (!bh_host_count(facts, "/sys/kernel/iommu_groups"))
		bh_trouble(
			finding, BH_OUTCOME_WARN,
			"without an IOMMU, a VM that owns a device needs RAM at its own addresses",
			"put the overlay that `bulkhead dt host` prints on the board's tree");
}

static void check_node(const struct bh_host_facts *facts, struct bh_finding *finding,
		       const char *path, const char *cause, const char *module)
{
	int error = bh_host_access(facts, path);
	char mend[64];

	if (!error) {
		bh_found(finding, "%s", path);
		return;
	}
	if (error == -ENOENT) {
		bh_found(finding, "no %s", path);
		snprintf(mend, sizeof(mend), "modprobe %s", module);
	} else {
		bh_found(finding, "%s may not be opened", path);
		snprintf(mend, sizeof(mend), "run `bulkhead apply` as root");
	}
	bh_trouble(finding, BH_OUTCOME_WARN, cause, mend);
}

void bh_check_tun(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	check_node(facts, finding, "/dev/net/tun", "networks of kind \"bridge\" cannot be made",
		   "tun");
}

void bh_check_vhost_net(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	check_node(facts, finding, "/dev/vhost-net", "virtual networks are slower", "vhost_net");
}

void bh_check_vhost_vsock(const struct bh_host_facts *facts, struct bh_finding *finding)
{
	check_node(facts, finding, "/dev/vhost-vsock", "VMs with `vsock` cannot be started",
		   "vhost_vsock");
}
