/* SPDX-License-Identifier: Apache-2.0 */
#include "host/bind_pci.h"

#include "base/alloc.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES "/sys/bus/pci/devices"

static bool have_driver(struct bh_sys *sys, struct bh_diags *diags)
{
	int error = 0;

	if (!bh_sys_has(sys, "/sys/bus/pci/drivers/vfio-pci"))
		error = sys->load(sys, "vfio-pci");
	/* The IOMMU's side of VFIO is a module of its own. */
	if (!error && !bh_sys_has(sys, "/sys/module/vfio_iommu_type1"))
		sys->load(sys, "vfio_iommu_type1");
	if (!error)
		return true;
	struct bh_diag *diag = bh_error(diags, "E1133", "the host's kernel has no driver vfio-pci");
	bh_diag_cause(diag, "the module cannot be loaded: %s", strerror(-error));
	bh_diag_hint(diag, error == -EPERM || error == -EACCES
				   ? "run it as root"
				   : "use a kernel with CONFIG_VFIO_PCI; `bulkhead doctor` checks");
	return false;
}

static uint32_t read_number(struct bh_sys *sys, const char *function, const char *file)
{
	struct bh_buf text;
	uint64_t value = 0;

	bh_buf_init(&text);
	if (bh_sys_read(sys, &text, DEVICES "/%s/%s", function, file) ||
	    !bh_parse_u64(bh_buf_str(&text), &value))
		value = 0;
	bh_buf_finish(&text);
	return (uint32_t)value;
}

static bool is_planned(struct bh_sys *sys, const struct bh_bind_request *request,
		       struct bh_diags *diags)
{
	uint32_t id = read_number(sys, request->device, "vendor") << 16 |
		      (read_number(sys, request->device, "device") & 0xffff);

	if (!request->id || id == request->id)
		return true;
	bh_diag_hint(bh_error(diags, "E1134",
			      "PCI function %s is %04x:%04x, but %04x:%04x was planned",
			      request->device, id >> 16, id & 0xffff, request->id >> 16,
			      request->id & 0xffff),
		     "cards were moved or exchanged since: `bulkhead device list` shows what is "
		     "where");
	return false;
}

static bool has_iommu(struct bh_sys *sys, const char *function, struct bh_diags *diags)
{
	if (bh_sys_has(sys, DEVICES "/%s/iommu_group", function))
		return true;
	struct bh_diag *diag =
		bh_error(diags, "E1102", "PCI function %s has no IOMMU in front of it", function);
	bh_diag_cause(diag, "its DMA would reach all memory of the host");
	bh_diag_hint(diag, "`bulkhead doctor` shows what the host has; firmware may have switched "
			   "the IOMMU off");
	return false;
}

bool bh_pci_ready(struct bh_sys *sys, const struct bh_bind_request *request, struct bh_diags *diags)
{
	return is_planned(sys, request, diags) && has_iommu(sys, request->device, diags) &&
	       have_driver(sys, diags);
}

/* A group can be open once. */
bool bh_pci_in_use(struct bh_sys *sys, const char *function)
{
	char *group = bh_sys_link(sys, DEVICES "/%s/iommu_group", function);
	bool used = false;

	if (group) {
		char *path = bh_strf("%s/dev/vfio/%s", sys->root, group);
		int fd = open(path, O_RDWR | O_CLOEXEC);

		used = fd < 0 && errno == EBUSY;
		if (fd >= 0)
			close(fd);
		free(path);
	}
	free(group);
	return used;
}

/* Drivers that VFIO tolerates in a group, because they let a function do nothing. */
static bool is_harmless(const char *driver)
{
	static const char *const harmless[] = {"vfio-pci", "pci-stub", "pcieport"};

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		if (bh_str_eq(driver, harmless[i]))
			return true;
	}
	return !driver;
}

static bool is_free(struct bh_sys *sys, const char *function, struct bh_diags *diags)
{
	struct bh_names names;
	bool ok = true;

	if (bh_sys_list(sys, &names, DEVICES "/%s/iommu_group/devices", function))
		return true;
	for (size_t i = 0; i < names.count && ok; i++) {
		char *driver = bh_sys_link(sys, DEVICES "/%s/driver", names.items[i]);

		ok = is_harmless(driver);
		if (!ok) {
			struct bh_diag *diag = bh_error(diags, "E1135",
							"%s cannot be given away: the host uses %s",
							function, names.items[i]);
			bh_diag_cause(diag,
				      "both are in one IOMMU group, so each reaches what the other "
				      "does; the driver %s has the other",
				      driver);
			bh_diag_hint(diag, "give %s to the same VM, or keep both", names.items[i]);
		}
		free(driver);
	}
	bh_names_finish(&names);
	return ok;
}

bool bh_pci_groups_are_free(struct bh_sys *sys, const struct bh_manifest *manifest,
			    struct bh_diags *diags)
{
	bool ok = true;

	for (size_t i = 0; i < manifest->function_count && ok; i++)
		ok = is_free(sys, manifest->functions[i].host, diags);
	return ok;
}
