/* SPDX-License-Identifier: Apache-2.0 */
#include "host/bind.h"

#include "base/alloc.h"
#include "base/str.h"
#include "host/bind_pci.h"
#include "host/interfaces.h"
#include "host/suppliers.h"
#include "kernel/bulkhead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MODULE     "/sys/module/bulkhead"
#define PARAMETERS MODULE "/parameters"

/* The buses on which devices lie, and the VFIO driver of each. */
static const struct bus {
	const char *name, *driver;
} buses[] = {{"platform", "bulkhead"}, {"amba", "bulkhead"}, {"pci", "vfio-pci"}};

static const char *driver_for(const char *bus)
{
	size_t i = 0;

	while (strcmp(buses[i].name, bus) != 0)
		i++;
	return buses[i].driver;
}

static bool is_pci(const char *bus)
{
	return !strcmp(bus, "pci");
}

void bh_binding_finish(struct bh_binding *binding)
{
	free(binding->device);
	free(binding->bus);
	free(binding->driver);
	free(binding->module);
	bh_names_finish(&binding->interfaces);
	memset(binding, 0, sizeof(*binding));
}

bool bh_module_ready(struct bh_sys *sys, struct bh_diags *diags)
{
	struct bh_buf version;
	uint64_t number = 0;

	if (!bh_sys_has(sys, MODULE) && sys->load(sys, "bulkhead")) {
		struct bh_diag *diag =
			bh_error(diags, "E1105", "the kernel module bulkhead cannot be loaded");
		bh_diag_cause(diag, "it is not built for this kernel, or you may not load modules");
		bh_diag_hint(diag, "as root, `dkms install bulkhead`, or name the file in "
				   "BULKHEAD_MODULE; docs/kernel-module.md says more");
		return false;
	}
	/* Its devices are VFIO devices; the IOMMU's side of VFIO is a module of its own. */
	if (!bh_sys_has(sys, "/sys/module/vfio_iommu_type1"))
		sys->load(sys, "vfio_iommu_type1");

	bh_buf_init(&version);
	bool ok = !bh_sys_read(sys, &version, MODULE "/version") &&
		  bh_parse_u64(bh_buf_str(&version), &number) && number == BULKHEAD_UAPI_VERSION;
	if (!ok) {
		struct bh_diag *diag =
			bh_error(diags, "E1106",
				 "the loaded kernel module speaks version \"%s\", this program %d",
				 bh_buf_str(&version), BULKHEAD_UAPI_VERSION);
		bh_diag_hint(diag, "install the module that came with this program, stop all VMs "
				   "and load it again: rmmod bulkhead; modprobe bulkhead");
	}
	bh_buf_finish(&version);
	return ok;
}

static const char *find_bus(struct bh_sys *sys, const char *device)
{
	for (size_t i = 0; i < sizeof(buses) / sizeof(buses[0]); i++) {
		if (!strchr(device, '/') && *device &&
		    bh_sys_has(sys, "/sys/bus/%s/devices/%s", buses[i].name, device))
			return buses[i].name;
	}
	return NULL;
}

static void report_absent(struct bh_sys *sys, const char *device, struct bh_diags *diags)
{
	const char *bus = strchr(device, ':') ? "pci" : "platform";
	struct bh_names names;
	struct bh_diag *diag =
		bh_error(diags, "E1100", "the host has no %s device \"%s\"", bus, device);
	const char *near = NULL;

	if (!bh_sys_list(sys, &names, "/sys/bus/%s/devices", bus))
		near = bh_suggest(device, (const char *const *)names.items, names.count);
	if (near)
		bh_diag_hint(diag, "did you mean \"%s\"?", near);
	else
		bh_diag_hint(diag,
			     "`ls /sys/bus/%s/devices` shows them; a device that the tree "
			     "disables has none",
			     bus);
	bh_names_finish(&names);
}

/* Adds a device to one of the module's lists of names. */
static int add_to_list(struct bh_sys *sys, const char *list, const char *device)
{
	struct bh_buf text;
	int error = 0;

	bh_buf_init(&text);
	error = bh_sys_read(sys, &text, PARAMETERS "/%s", list);
	if (!error) {
		char *copy = bh_strdup(bh_buf_str(&text)), *rest = copy, *word;
		bool listed = false;

		while ((word = strsep(&rest, ", \n")))
			listed = listed || !strcmp(word, device);
		free(copy);
		if (!listed) {
			/* "(null)": the kernel's way to show a list that was never set. */
			if (text.length && strcmp(bh_buf_str(&text), "(null)") != 0)
				bh_buf_addc(&text, ',');
			else
				bh_buf_clear(&text);
			bh_buf_adds(&text, device);
			error = bh_sys_write(sys, bh_buf_str(&text), PARAMETERS "/%s", list);
		}
	}
	bh_buf_finish(&text);
	return error;
}

static void report_consent(const char *device, struct bh_diags *diags)
{
	struct bh_diag *diag = bh_error(
		diags, "E1102", "%s has no IOMMU in front of it, and nobody has consented", device);
	bh_diag_cause(diag, "its DMA reaches all memory of the host, whatever its VM may do");
	bh_diag_hint(diag, "if you trust its VM as you trust the host, say so in the VM's "
			   "configuration: unsafe-dma = \"I accept\"");
}

#define UNSAFE_INTERRUPTS "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"

/*
 * VFIO gives a group away only when the device's writes cannot forge interrupts, which it takes
 * from the MSI controller before the device. A device with wired interrupts has none, and all that
 * VFIO offers for it is a switch for the whole host.
 */
static void trust_interrupts(struct bh_sys *sys, const char *bus, const char *device,
			     struct bh_diags *diags)
{
	struct bh_buf value;

	if (bh_sys_has(sys, "/sys/bus/%s/devices/%s/of_node/msi-parent", bus, device))
		return;
	bh_buf_init(&value);
	bool set = !bh_sys_read(sys, &value, UNSAFE_INTERRUPTS) && bh_buf_str(&value)[0] == 'Y';
	bh_buf_finish(&value);
	if (set || bh_sys_write(sys, "Y", UNSAFE_INTERRUPTS))
		return;
	struct bh_diag *diag = bh_report(diags, BH_NOTE, "E1132",
					 "vfio_iommu_type1.allow_unsafe_interrupts is set");
	bh_diag_cause(diag, "%s has no MSI controller, which VFIO asks for", device);
}

static bool get_consent(struct bh_sys *sys, const struct bh_bind_request *request, const char *bus,
			struct bh_diags *diags)
{
	if (bh_sys_has(sys, "/sys/bus/%s/devices/%s/iommu_group", bus, request->device)) {
		trust_interrupts(sys, bus, request->device, diags);
		return true;
	}
	if (request->consent == BH_CONSENT_NONE) {
		report_consent(request->device, diags);
		return false;
	}
	int error = add_to_list(
		sys, request->consent == BH_CONSENT_NO_DMA ? "no_dma" : "allow_unsafe_dma",
		request->device);
	if (error) {
		bh_diag_hint(bh_error(diags, "E1104",
				      "consent for %s cannot be given to the kernel: %s",
				      request->device, strerror(-error)),
			     "run it as root");
		return false;
	}
	return true;
}

/* Whether the driver has other devices than this one: unloading it would take those too. */
static char *find_other_device(struct bh_sys *sys, const char *bus, const char *driver,
			       const char *device)
{
	struct bh_names names;
	char *other = NULL;

	if (bh_sys_list(sys, &names, "/sys/bus/%s/drivers/%s", bus, driver))
		return NULL;
	for (size_t i = 0; i < names.count && !other; i++) {
		if (strcmp(names.items[i], device) != 0 &&
		    bh_sys_has(sys, "/sys/bus/%s/devices/%s", bus, names.items[i]))
			other = bh_strdup(names.items[i]);
	}
	bh_names_finish(&names);
	return other;
}

/* For drivers that cannot be unbound by name: their module goes. */
static bool unload_driver(struct bh_sys *sys, struct bh_binding *binding, struct bh_diags *diags)
{
	char *module =
		bh_sys_link(sys, "/sys/bus/%s/drivers/%s/module", binding->bus, binding->driver);
	char *other = find_other_device(sys, binding->bus, binding->driver, binding->device);
	bool ok = module && !other && !sys->unload(sys, module);

	if (ok) {
		binding->module = module;
	} else {
		struct bh_diag *diag =
			bh_error(diags, "E1101", "the host's driver %s does not let go of %s",
				 binding->driver, binding->device);
		if (!module)
			bh_diag_cause(diag, "it forbids unbinding, and is built into the kernel");
		else if (other)
			bh_diag_cause(diag, "it forbids unbinding, and also drives %s", other);
		else
			bh_diag_cause(diag,
				      "it forbids unbinding, and its module %s cannot be unloaded",
				      module);
		bh_diag_hint(diag,
			     "keep the driver away from it from the start: \"%s\" in "
			     "its driver_override before the driver loads, or "
			     "module_blacklist=%s on the kernel's command line",
			     driver_for(binding->bus), module ? module : binding->driver);
		free(module);
	}
	free(other);
	return ok;
}

/* Takes the device from its driver, if it has one. */
static bool take(struct bh_sys *sys, struct bh_binding *binding, struct bh_diags *diags)
{
	binding->driver =
		bh_sys_link(sys, "/sys/bus/%s/devices/%s/driver", binding->bus, binding->device);
	if (!binding->driver)
		return true;
	bh_interfaces_down(sys, binding->bus, binding->device, &binding->interfaces, diags);
	if (!bh_sys_has(sys, "/sys/bus/%s/drivers/%s/unbind", binding->bus, binding->driver))
		return unload_driver(sys, binding, diags);
	int error = bh_sys_write(sys, binding->device, "/sys/bus/%s/drivers/%s/unbind",
				 binding->bus, binding->driver);
	if (error)
		bh_diag_hint(bh_error(diags, "E1101",
				      "the host's driver %s does not let go of %s: %s",
				      binding->driver, binding->device, strerror(-error)),
			     error == -EACCES || error == -EPERM ? "run it as root"
								 : "`dmesg` may say why");
	return !error;
}

static bool is_ours(struct bh_sys *sys, const char *bus, const char *device)
{
	char *driver = bh_sys_link(sys, "/sys/bus/%s/devices/%s/driver", bus, device);
	bool ours = bh_str_eq(driver, driver_for(bus));

	free(driver);
	return ours;
}

static int write_bind(struct bh_sys *sys, const struct bh_binding *binding)
{
	int error = bh_sys_write(sys, binding->device, "/sys/bus/%s/drivers/%s/bind", binding->bus,
				 driver_for(binding->bus));

	/* Once it has no driver, the kernel may be faster: it binds again what it had put off. */
	return is_ours(sys, binding->bus, binding->device) ? 0 : error ? error : -ENODEV;
}

/* Its node in the host's tree; NULL when it has none. */
static char *node_of(struct bh_sys *sys, const struct bh_binding *binding)
{
	static const char top[] = "/firmware/devicetree/base";
	char *target =
		bh_sys_target(sys, "/sys/bus/%s/devices/%s/of_node", binding->bus, binding->device);
	const char *path = target ? strstr(target, top) : NULL;
	char *node = path ? bh_strdup(path + strlen(top)) : NULL;

	free(target);
	return node;
}

static void report_suppliers(const struct bh_binding *binding, const char *node,
			     const struct bh_suppliers *suppliers, struct bh_diags *diags)
{
	struct bh_diag *diag =
		bh_error(diags, "E1103", "%s waits for devices it depends on", binding->device);
	struct bh_buf list;

	bh_diag_node(diag, node, NULL);
	bh_buf_init(&list);
	for (size_t i = 0; i < suppliers->count; i++) {
		const struct bh_supplier *s = &suppliers->items[i];
		bh_buf_addf(&list, "%s%s (%s, %s)", i ? ", " : "", s->device ? s->device : s->path,
			    s->path, s->how);
	}
	if (list.length)
		bh_diag_cause(diag, "these have no driver: %s", bh_buf_str(&list));
	else
		bh_diag_cause(diag, "the kernel does not say for which");
	bh_diag_hint(diag, "install or enable their drivers; /sys/kernel/debug/devices_deferred "
			   "has the kernel's own words");
	bh_buf_finish(&list);
}

/* How often, and how long apart, a bind is tried again after modules were loaded for suppliers. */
#define RETRIES     20
#define RETRY_MILLI 100

/* The kernel has put the bind off: loads what it waits for, and tries again. */
static int bind_after_suppliers(struct bh_sys *sys, const struct bh_binding *binding,
				struct bh_diags *diags)
{
	const struct timespec pause = {0, RETRY_MILLI * 1000000};
	char *node = node_of(sys, binding);
	struct bh_suppliers suppliers = {NULL, 0, 0};
	bool loaded = false;
	int error = -EAGAIN;

	if (node)
		bh_suppliers_find(sys, node, &suppliers, &loaded);
	for (int i = 0; loaded && error == -EAGAIN && i < RETRIES; i++) {
		if (i)
			nanosleep(&pause, NULL);
		error = write_bind(sys, binding);
	}
	if (error == -EAGAIN)
		report_suppliers(binding, node, &suppliers, diags);
	bh_suppliers_finish(&suppliers);
	free(node);
	return error;
}

static void report_bind(const struct bh_binding *binding, int error, struct bh_diags *diags)
{
	struct bh_diag *diag;

	if (error == -EPERM) {
		report_consent(binding->device, diags);
		return;
	}
	diag = bh_error(diags, "E1104", "%s cannot be bound: %s", binding->device,
			strerror(-error));
	if (error == -EBUSY)
		bh_diag_cause(diag, "another driver of the host works with its registers");
	bh_diag_hint(diag, error == -EACCES ? "run it as root" : "`dmesg` says more");
}

/* Lets the kernel find the driver that the device had before. */
static void put_back(struct bh_sys *sys, const struct bh_binding *binding)
{
	bh_sys_write(sys, "\n", "/sys/bus/%s/devices/%s/driver_override", binding->bus,
		     binding->device);
	if (binding->module)
		sys->load(sys, binding->module);
	if (binding->driver &&
	    !bh_sys_has(sys, "/sys/bus/%s/devices/%s/driver", binding->bus, binding->device))
		bh_sys_write(sys, binding->device, "/sys/bus/%s/drivers_probe", binding->bus);
	bh_interfaces_up(sys, &binding->interfaces);
}

static bool in_use(struct bh_sys *sys, const struct bh_binding *binding, struct bh_diags *diags)
{
	struct bh_buf text;

	bh_buf_init(&text);
	bool used = is_pci(binding->bus) ? bh_pci_in_use(sys, binding->device)
					 : !bh_sys_read(sys, &text, "/sys/bus/%s/devices/%s/in_use",
							binding->bus, binding->device) &&
						   bh_str_eq(bh_buf_str(&text), "1");
	bh_buf_finish(&text);
	if (used)
		bh_diag_hint(bh_error(diags, "E1107", "a running VM uses %s", binding->device),
			     "stop that VM first; `bulkhead status` shows who has it");
	return used;
}

static bool bind_device(struct bh_sys *sys, const struct bh_binding *binding,
			struct bh_diags *diags)
{
	int error = bh_sys_write(sys, driver_for(binding->bus),
				 "/sys/bus/%s/devices/%s/driver_override", binding->bus,
				 binding->device);

	if (!error)
		error = write_bind(sys, binding);
	if (error == -EAGAIN) {
		error = bind_after_suppliers(sys, binding, diags);
		if (error == -EAGAIN)
			return false;
	}
	if (error)
		report_bind(binding, error, diags);
	return !error;
}

/* Tells the module what stops the device when its holder is gone. */
static bool set_quiesce(struct bh_sys *sys, const struct bh_bind_request *request,
			const struct bh_binding *binding, struct bh_diags *diags)
{
	struct bh_buf by;

	/* A PCI function has an IOMMU before it, and masters the bus no more without a holder. */
	if (is_pci(binding->bus))
		return true;
	int error = bh_sys_write(sys, request->quiesce ? request->quiesce : "\n",
				 "/sys/bus/%s/devices/%s/quiesce", binding->bus, binding->device);

	if (error) {
		struct bh_diag *diag =
			bh_error(diags, "E1104", "the kernel does not take what stops %s: %s",
				 binding->device, strerror(-error));
		bh_diag_cause(diag, "the steps are: %s",
			      request->quiesce ? request->quiesce : "none");
		bh_diag_hint(diag, "compare the board's data ([[quiesce]]) with the device's "
				   "registers");
		return false;
	}
	bh_buf_init(&by);
	bool nothing = !bh_sys_read(sys, &by, "/sys/bus/%s/devices/%s/stopped_by", binding->bus,
				    binding->device) &&
		       bh_str_eq(bh_buf_str(&by), "nothing");
	bh_buf_finish(&by);
	if (nothing && request->consent == BH_CONSENT_UNSAFE_DMA) {
		struct bh_diag *diag =
			bh_warning(diags, "E1131", "nothing stops the DMA of %s when its VMM dies",
				   binding->device);
		bh_diag_cause(diag, "it has no reset, and the board's data names no registers");
		bh_diag_hint(diag, "add [[quiesce]] to the board's data");
	}
	return true;
}

bool bh_bind(struct bh_sys *sys, const struct bh_bind_request *request, struct bh_binding *binding,
	     struct bh_diags *diags)
{
	const char *bus = find_bus(sys, request->device);

	memset(binding, 0, sizeof(*binding));
	if (!bus) {
		report_absent(sys, request->device, diags);
		return false;
	}
	bool ready = is_pci(bus)
			     ? bh_pci_ready(sys, request, diags)
			     : bh_module_ready(sys, diags) && get_consent(sys, request, bus, diags);
	if (!ready)
		return false;
	binding->device = bh_strdup(request->device);
	binding->bus = bh_strdup(bus);
	if (is_ours(sys, bus, request->device)) {
		binding->kept = true;
		if (!in_use(sys, binding, diags) && set_quiesce(sys, request, binding, diags))
			return true;
	} else if (take(sys, binding, diags)) {
		if (bind_device(sys, binding, diags)) {
			if (set_quiesce(sys, request, binding, diags))
				return true;
			bh_sys_write(sys, binding->device, "/sys/bus/%s/drivers/%s/unbind", bus,
				     driver_for(bus));
		}
		put_back(sys, binding);
	} else {
		bh_interfaces_up(sys, &binding->interfaces);
	}
	bh_binding_finish(binding);
	return false;
}

bool bh_unbind(struct bh_sys *sys, const struct bh_binding *binding, struct bh_diags *diags)
{
	if (in_use(sys, binding, diags))
		return false;
	int error = is_ours(sys, binding->bus, binding->device)
			    ? bh_sys_write(sys, binding->device, "/sys/bus/%s/drivers/%s/unbind",
					   binding->bus, driver_for(binding->bus))
			    : 0;
	if (error) {
		bh_diag_hint(bh_error(diags, "E1108", "%s cannot be given back: %s",
				      binding->device, strerror(-error)),
			     error == -EACCES ? "run it as root" : "`dmesg` may say why");
		return false;
	}
	put_back(sys, binding);
	if (!binding->driver ||
	    bh_sys_has(sys, "/sys/bus/%s/devices/%s/driver", binding->bus, binding->device))
		return true;
	bh_diag_hint(bh_error(diags, "E1108", "the host's driver %s does not take %s back",
			      binding->driver, binding->device),
		     "`dmesg` may say why; modprobe %s, then write the device's name to "
		     "/sys/bus/%s/drivers_probe",
		     binding->module ? binding->module : binding->driver, binding->bus);
	return false;
}
