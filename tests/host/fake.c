/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "dt/tree.h"
#include "kernel/bulkhead.h"
#include "test.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUS "/sys/bus/platform"
#define PCI "/sys/bus/pci"

static const char *bus_of(const char *device)
{
	return strchr(device, ':') ? PCI : BUS;
}

static char *in(struct fake *fake, const char *path)
{
	return bh_strf("%s%s", fake->root, path);
}

void fake_file(struct fake *fake, const char *text, const char *path)
{
	char *full = in(fake, path), *folder = bh_strdup(full);

	*strrchr(folder, '/') = '\0';
	assert_int_equal(bh_make_dirs(folder, 0755), 0);
	assert_int_equal(bh_file_write(full, text, strlen(text), 0644), 0);
	free(folder);
	free(full);
}

static void set_link(struct fake *fake, const char *path, const char *target)
{
	char *full = in(fake, path);

	unlink(full);
	if (target)
		assert_int_equal(symlink(target, full), 0);
	free(full);
}

const char *fake_driver(struct fake *fake, const char *device)
{
	static char name[64];
	char *link = bh_sys_link(&fake->sys, "%s/devices/%s/driver", bus_of(device), device);

	snprintf(name, sizeof(name), "%s", link ? link : "");
	free(link);
	return name;
}

/* Moves the links of a device and of its driver; NULL: it has none. */
void fake_give(struct fake *fake, const char *device, const char *driver)
{
	const char *bus = bus_of(device);
	char *link = bh_strf("%s/devices/%s/driver", bus, device);
	const char *before = fake_driver(fake, device);

	if (*before) {
		char *entry = bh_strf("%s/drivers/%s/%s", bus, before, device);
		set_link(fake, entry, NULL);
		free(entry);
	}
	set_link(fake, link, NULL);
	if (driver) {
		char *target = bh_strf("../../drivers/%s", driver);
		char *entry = bh_strf("%s/drivers/%s/%s", bus, driver, device);
		set_link(fake, link, target);
		set_link(fake, entry, "../../devices");
		free(entry);
		free(target);
	}
	free(link);
}

static void add_module(struct fake *fake, const char *version)
{
	fake_file(fake, version, "/sys/module/bulkhead/version");
	fake_file(fake, "(null)\n", "/sys/module/bulkhead/parameters/allow_unsafe_dma");
	fake_file(fake, "(null)\n", "/sys/module/bulkhead/parameters/no_dma");
	fake_file(fake, "", BUS "/drivers/bulkhead/bind");
	fake_file(fake, "", BUS "/drivers/bulkhead/unbind");
}

static bool wants_driver(struct fake *fake, const char *device, const char *driver)
{
	struct bh_buf text;

	bh_buf_init(&text);
	bh_sys_read(&fake->sys, &text, "%s/devices/%s/driver_override", bus_of(device), device);
	bool wants = bh_str_eq(bh_buf_str(&text), driver);
	bh_buf_finish(&text);
	return wants;
}

static int bind(struct fake *fake, const char *device)
{
	if (!wants_driver(fake, device, "bulkhead"))
		return -ENODEV;
	if (fake->bind_error)
		return fake->bind_error;
	if (fake->defers && !*fake_driver(fake, FAKE_EFUSE))
		return -EAGAIN;
	char *folder = bh_strf(BUS "/devices/%s", device);
	char *quiesce = bh_strf("%s/quiesce", folder), *by = bh_strf("%s/stopped_by", folder);
	fake_file(fake, "", quiesce);
	fake_file(fake, fake->has_reset ? "reset\n" : "nothing\n", by);
	free(by);
	free(quiesce);
	free(folder);
	fake_give(fake, device, "bulkhead");
	return 0;
}

static int fake_write(struct bh_sys *sys, const char *path, const char *text)
{
	struct fake *fake = (struct fake *)sys;

	if (bh_str_ends(path, "/unbind")) {
		fake_give(fake, text, NULL);
	} else if (bh_str_ends(path, "/bulkhead/bind")) {
		return bind(fake, text);
	} else if (bh_str_ends(path, "/drivers_probe")) {
		if (!wants_driver(fake, text, "bulkhead") &&
		    !wants_driver(fake, text, "vfio-pci") && !fake->driver_is_gone)
			fake_give(fake, text, strchr(text, ':') ? "nic" : "mac");
	} else if (bh_str_ends(path, "/vfio-pci/bind")) {
		if (!wants_driver(fake, text, "vfio-pci"))
			return -ENODEV;
		fake_give(fake, text, "vfio-pci");
	} else if (bh_str_ends(path, "/quiesce") && fake->quiesce_error) {
		return fake->quiesce_error;
	} else if (bh_path_exists(path)) {
		return bh_file_write(path, text, strlen(text), 0644);
	} else {
		return -ENOENT;
	}
	return 0;
}

static int fake_load(struct bh_sys *sys, const char *module)
{
	struct fake *fake = (struct fake *)sys;
	char version[16];

	fake->loads++;
	if (bh_str_eq(module, "bulkhead") && fake->has_module) {
		snprintf(version, sizeof(version), "%d\n", BULKHEAD_UAPI_VERSION);
		add_module(fake, version);
		return 0;
	}
	if (bh_str_eq(module, "vfio-pci") && fake->has_vfio_pci) {
		fake_file(fake, "", PCI "/drivers/vfio-pci/bind");
		fake_file(fake, "", PCI "/drivers/vfio-pci/unbind");
		return 0;
	}
	if (bh_str_eq(module, "of:efuse") && fake->efuse_module) {
		fake_file(fake, "", BUS "/drivers/ocotp/unbind");
		fake_give(fake, FAKE_EFUSE, "ocotp");
		return 0;
	}
	if (bh_str_eq(module, "mac_module")) {
		fake_file(fake, "", BUS "/drivers/mac/bind");
		set_link(fake, BUS "/drivers/mac/module", "../../../../module/mac_module");
		fake_give(fake, FAKE_ETH, "mac");
		return 0;
	}
	return -ENOENT;
}

static int fake_unload(struct bh_sys *sys, const char *module)
{
	struct fake *fake = (struct fake *)sys;
	char *folder = in(fake, BUS "/drivers/mac");

	fake->unloads++;
	if (!bh_str_eq(module, "mac_module") || fake->module_busy) {
		free(folder);
		return -EBUSY;
	}
	fake_give(fake, FAKE_ETH, NULL);
	bh_remove_tree(folder);
	free(folder);
	return 0;
}

static void write_tree(struct fake *fake)
{
	struct bh_dt_node *eth, *efuse, *cell;
	struct bh_dt tree;
	size_t size;
	uint32_t phandle;

	bh_dt_init(&tree);
	bh_dt_set_u32(&tree, tree.root, "#address-cells", 1);
	bh_dt_set_u32(&tree, tree.root, "#size-cells", 1);
	efuse = bh_dt_add(&tree, tree.root, "efuse@2000");
	bh_dt_set_string(&tree, efuse, "compatible", "test,efuse");
	bh_dt_set_u32(&tree, efuse, "#address-cells", 1);
	bh_dt_set_u32(&tree, efuse, "#size-cells", 1);
	cell = bh_dt_add(&tree, efuse, "mac@10");
	phandle = bh_dt_need_phandle(&tree, cell);
	eth = bh_dt_add(&tree, tree.root, "eth@1000");
	bh_dt_set_string(&tree, eth, "compatible", "test,eth");
	bh_dt_set_cells(&tree, eth, "nvmem-cells", &phandle, 1);

	void *blob = bh_dt_write(&tree, &size, NULL);
	char *path = in(fake, "/sys/firmware/fdt");
	assert_non_null(blob);
	assert_int_equal(bh_file_write(path, blob, size, 0644), 0);
	free(path);
	free(blob);
	bh_dt_finish(&tree);
}

/* Functions 0 and 1 of a card, in one group. */
static void add_card(struct fake *fake)
{
	static const char *const functions[] = {FAKE_NIC, FAKE_NIC_2};

	for (size_t i = 0; i < 2; i++) {
		char *folder = bh_strf(PCI "/devices/%s", functions[i]);
		char *override = bh_strf("%s/driver_override", folder);
		char *vendor = bh_strf("%s/vendor", folder), *id = bh_strf("%s/device", folder);
		char *link = bh_strf("%s/iommu_group", folder);
		char *entry = bh_strf("/sys/kernel/iommu_groups/5/devices/%s", functions[i]);

		fake_file(fake, "\n", override);
		fake_file(fake, "0x8086\n", vendor);
		fake_file(fake, "0x10d3\n", id);
		fake_file(fake, "", entry);
		set_link(fake, link, "../../../../kernel/iommu_groups/5");
		free(entry);
		free(link);
		free(id);
		free(vendor);
		free(override);
		free(folder);
	}
	fake_file(fake, "", PCI "/drivers/nic/unbind");
	fake_give(fake, FAKE_NIC, "nic");
	fake_give(fake, FAKE_NIC_2, "nic");
}

void fake_init(struct fake *fake)
{
	memset(fake, 0, sizeof(*fake));
	snprintf(fake->root, sizeof(fake->root), "/tmp/bulkhead-test-XXXXXX");
	assert_non_null(mkdtemp(fake->root));
	fake->sys = (struct bh_sys){
		.root = fake->root, .write = fake_write, .load = fake_load, .unload = fake_unload};
	fake->has_module = fake->has_reset = fake->has_vfio_pci = true;
	fake_file(fake, "", "/sys/firmware/unused");
	fake_file(fake, "\n", BUS "/devices/" FAKE_ETH "/driver_override");
	fake_file(fake, "0\n", BUS "/devices/" FAKE_ETH "/in_use");
	fake_file(fake, "of:eth\n", BUS "/devices/" FAKE_ETH "/modalias");
	fake_file(fake, "\n", BUS "/devices/" FAKE_EFUSE "/driver_override");
	fake_file(fake, "of:efuse\n", BUS "/devices/" FAKE_EFUSE "/modalias");
	fake_file(fake, "", BUS "/drivers/mac/unbind");
	set_link(fake, BUS "/drivers/mac/module", "../../../../module/mac_module");
	set_link(fake, BUS "/devices/" FAKE_ETH "/of_node",
		 "../../../../firmware/devicetree/base/eth@1000");
	set_link(fake, BUS "/devices/" FAKE_EFUSE "/of_node",
		 "../../../../firmware/devicetree/base/efuse@2000");
	fake_give(fake, FAKE_ETH, "mac");
	write_tree(fake);
	add_card(fake);
}

void fake_finish(struct fake *fake)
{
	bh_remove_tree(fake->root);
}
