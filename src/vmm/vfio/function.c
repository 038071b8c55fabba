/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/vfio/function.h"

#include "vmm/vfio/vfio.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool refuse(const struct bh_vfio_function *function, const char *why, struct bh_diags *diags)
{
	bh_diag_cause(bh_error(diags, "E1057", "PCI function %s cannot be assigned",
			       function->manifest->host),
		      "%s", why);
	return false;
}

static uint32_t read_config(const struct bh_vfio_function *function, uint32_t offset, unsigned size)
{
	uint32_t value = 0;

	/* A device that is gone reads as ones. */
	if (pread(function->fd, &value, size, (off_t)(function->config_at + offset)) !=
	    (ssize_t)size)
		return UINT32_MAX;
	return value;
}

static void write_config(const struct bh_vfio_function *function, uint32_t offset, unsigned size,
			 uint32_t value)
{
	(void)!pwrite(function->fd, &value, size, (off_t)(function->config_at + offset));
}

/* Memory and bus master as the guest has them; VFIO sees to the rest of the register. */
static void forward_command(const struct bh_vfio_function *function)
{
	write_config(function, BH_PCI_COMMAND, 2,
		     bh_pci_get(&function->pci, BH_PCI_COMMAND, 2) &
			     (BH_PCI_COMMAND_MEMORY | BH_PCI_COMMAND_MASTER));
}

static unsigned count_irqs(const struct bh_vfio_function *function, uint32_t index)
{
	struct vfio_irq_info info = {.argsz = sizeof(info), .index = index};

	if (ioctl(function->fd, VFIO_DEVICE_GET_IRQ_INFO, &info) < 0 ||
	    !(info.flags & VFIO_IRQ_INFO_EVENTFD))
		return 0;
	return info.count;
}

/* Of all the VM's functions: whether others are in the slot. */
static bool has_neighbours(const struct bh_manifest *manifest,
			   const struct bh_manifest_function *function)
{
	for (size_t i = 0; i < manifest->function_count; i++) {
		if (&manifest->functions[i] != function &&
		    manifest->functions[i].slot == function->slot)
			return true;
	}
	return false;
}

static bool learn(const struct bh_vfio_function *function, const struct bh_manifest *manifest,
		  struct bh_pci_facts *facts)
{
	*facts = (struct bh_pci_facts){
		.line = count_irqs(function, VFIO_PCI_INTX_IRQ_INDEX),
		.msi = count_irqs(function, VFIO_PCI_MSI_IRQ_INDEX),
		.msix = count_irqs(function, VFIO_PCI_MSIX_IRQ_INDEX),
		.messages = manifest->gic.has_its,
		.resettable = function->resettable,
		.multifunction = has_neighbours(manifest, function->manifest),
		.page = (uint64_t)sysconf(_SC_PAGESIZE),
	};
	for (uint32_t i = 0; i < BH_PCI_BARS; i++) {
		struct vfio_region_info info = {.argsz = sizeof(info), .index = i};
		if (ioctl(function->fd, VFIO_DEVICE_GET_REGION_INFO, &info) == 0)
			facts->sizes[i] = info.size;
	}
	return pread(function->fd, facts->raw, sizeof(facts->raw), (off_t)function->config_at) ==
	       (ssize_t)sizeof(facts->raw);
}

/* A device that leaves the guest's memory uncached would see other bytes than its driver wrote. */
static void keep_coherent(const struct bh_vfio_function *function)
{
	uint32_t offset = function->view.express + BH_EXPRESS_CONTROL;

	if (function->view.express)
		write_config(function, offset, 2,
			     read_config(function, offset, 2) &
				     ~(uint32_t)BH_EXPRESS_CONTROL_NO_SNOOP &
				     ~(uint32_t)BH_EXPRESS_CONTROL_RESET);
}

bool bh_vfio_function_init(struct bh_vfio_function *function, struct bh_vfio *vfio,
			   const struct bh_manifest_function *manifest, struct bh_diags *diags)
{
	struct vfio_device_info info = {.argsz = sizeof(info)};
	struct vfio_region_info config = {.argsz = sizeof(config),
					  .index = VFIO_PCI_CONFIG_REGION_INDEX};

	*function = (struct bh_vfio_function){.manifest = manifest,
					      .vfio = vfio,
					      .line_fds = {-1, -1},
					      .failed.fd = -1,
					      .wanted.fd = -1};
	for (size_t i = 0; i < BH_MSI_VECTORS_MAX; i++)
		function->msi_fds[i] = -1;
	function->fd = bh_vfio_open(vfio, manifest->host, manifest->group, true,
				    &function->group_fd, diags);
	if (function->fd < 0)
		return false;
	if (ioctl(function->fd, VFIO_DEVICE_GET_INFO, &info) < 0 ||
	    !(info.flags & VFIO_DEVICE_FLAGS_PCI) ||
	    ioctl(function->fd, VFIO_DEVICE_GET_REGION_INFO, &config) < 0)
		return refuse(function, "the driver that has it is not VFIO's for PCI", diags);
	function->resettable = info.flags & VFIO_DEVICE_FLAGS_RESET;
	function->config_at = config.offset;
	uint32_t vendor = read_config(function, BH_PCI_VENDOR, 2);
	uint32_t id = vendor << 16 | read_config(function, BH_PCI_DEVICE, 2);
	if (manifest->id && id != manifest->id) {
		bh_diag_hint(bh_error(diags, "E1056",
				      "PCI function %s is %04x:%04x, but %04x:%04x was planned",
				      manifest->host, id >> 16, id & 0xffff, manifest->id >> 16,
				      manifest->id & 0xffff),
			     "cards were moved or exchanged since: run `bulkhead apply` again");
		return false;
	}
	return true;
}

static void config_reading(struct bh_pci_function *pci, uint32_t offset, unsigned size)
{
	struct bh_vfio_function *function = pci->owner;
	const bool *through = &function->view.read_through[offset];
	bool all = true;

	for (unsigned i = 0; i < size; i++)
		all = all && through[i];
	if (all) {
		/* In one access: what it does may depend on its size. */
		bh_pci_put(pci, offset, size, read_config(function, offset, size));
		return;
	}
	for (unsigned i = 0; i < size; i++) {
		if (through[i])
			bh_pci_put(pci, offset + i, 1, read_config(function, offset + i, 1));
	}
}

/* All as after power-on, but for where the host has it. */
static void reset_view(struct bh_vfio_function *function)
{
	struct bh_pci_function *pci = &function->pci;

	bh_pci_put(pci, BH_PCI_COMMAND, 2, 0);
	bh_pci_update_bars(pci);
	if (function->msix.count)
		bh_msix_reset(&function->msix);
	memcpy(pci->config, function->view.config, sizeof(pci->config));
	for (unsigned i = 0; i < BH_PCI_BARS; i++)
		bh_pci_put(pci, BH_PCI_BAR0 + 4 * i, 4, function->view.bars[i].flags);
	if (function->msix.count)
		bh_pci_put(pci, function->view.msix + 2u, 2, function->msix.count - 1);
	bh_vfio_wiring_update(function, BH_PCI_COMMAND, 2);
}

static void reset_by_guest(struct bh_vfio_function *function)
{
	reset_view(function);
	forward_command(function);
	if (ioctl(function->fd, VFIO_DEVICE_RESET) < 0)
		bh_log(function->vfio->log, BH_LOG_WARNING,
		       "%s: the reset that the guest asked for failed: %s",
		       function->manifest->host, strerror(errno));
	keep_coherent(function);
}

static bool touches(uint32_t offset, unsigned size, uint32_t at, unsigned length)
{
	return offset < at + length && at < offset + size;
}

static void write_through(struct bh_vfio_function *function, uint32_t offset, unsigned size,
			  uint32_t value)
{
	const bool *through = &function->view.write_through[offset];
	bool all = true;

	for (unsigned i = 0; i < size; i++)
		all = all && through[i];
	if (all) {
		write_config(function, offset, size, value);
		return;
	}
	for (unsigned i = 0; i < size; i++) {
		if (through[i])
			write_config(function, offset + i, 1, value >> (8 * i) & 0xff);
	}
}

static void config_written(struct bh_pci_function *pci, uint32_t offset, unsigned size,
			   uint32_t value)
{
	struct bh_vfio_function *function = pci->owner;
	uint32_t control = function->view.express + BH_EXPRESS_CONTROL;

	write_through(function, offset, size, value);
	if (touches(offset, size, BH_PCI_COMMAND, 2))
		forward_command(function);
	if (function->view.express && function->resettable &&
	    touches(offset, size, control + 1, 1) &&
	    value >> (8 * (control + 1 - offset)) & BH_EXPRESS_CONTROL_RESET >> 8)
		reset_by_guest(function);
	else
		bh_vfio_wiring_update(function, offset, size);
}

/* The guest must not reach memory that the device does not decode yet: the host would end us. */
static void window_moved(struct bh_pci_function *pci, unsigned bar, bool mapped)
{
	if (mapped)
		forward_command(pci->owner);
	bh_vfio_window_moved(pci, bar, mapped);
}

/* Whether the guest can place all memory windows: the sum is what it needs at least. */
static bool have_room(const struct bh_vfio *vfio, const struct bh_vfio_function *function,
		      const struct bh_pci_host *host, struct bh_diags *diags)
{
	uint64_t need32 = 0, need64 = 0;

	for (size_t i = 0; i < vfio->function_count; i++) {
		for (unsigned j = 0; j < BH_PCI_BARS; j++) {
			const struct bh_pci_view_bar *bar = &vfio->functions[i].view.bars[j];
			bool high = host->window64.size && bar->flags & BH_PCI_BAR_64 &&
				    bar->flags & BH_PCI_BAR_PREFETCHABLE;
			uint64_t *need = high ? &need64 : &need32;
			if (!bh_add(*need, bar->shown, need))
				*need = UINT64_MAX;
		}
		if (&vfio->functions[i] == function)
			break;
	}
	if (need32 <= host->window32.size && need64 <= host->window64.size)
		return true;
	bh_diag_hint(bh_error(diags, "E1058",
			      "the VM's PCI windows have no room for %s: 0x%" PRIx64
			      " of 0x%" PRIx64 " bytes, 64-bit 0x%" PRIx64 " of 0x%" PRIx64,
			      function->manifest->host, need32, host->window32.size, need64,
			      host->window64.size),
		     "the planner reads sizes on the host: run `bulkhead apply` there");
	return false;
}

static void on_event(struct bh_vfio_function *function, struct bh_watch *watch, bool error)
{
	uint64_t count;

	if (read(watch->fd, &count, sizeof(count)) != (ssize_t)sizeof(count))
		return;
	bh_log(function->vfio->log, BH_LOG_ERROR, "%s: %s", function->manifest->host,
	       error ? "the host reports an error that it cannot recover from"
		     : "the host wants it back");
	function->keeper.lost(function->keeper.owner, error);
}

static void on_failed(void *owner, uint32_t events)
{
	struct bh_vfio_function *function = owner;

	(void)events;
	on_event(function, &function->failed, true);
}

static void on_wanted(void *owner, uint32_t events)
{
	struct bh_vfio_function *function = owner;

	(void)events;
	on_event(function, &function->wanted, false);
}

/* What not every function and kernel has is done without. */
static void watch(struct bh_vfio_function *function, struct bh_watch *watch, uint32_t index,
		  void (*ready)(void *owner, uint32_t events))
{
	if (!count_irqs(function, index))
		return;
	*watch = (struct bh_watch){
		.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = ready, .owner = function};
	if (watch->fd >= 0 && (bh_vfio_set_triggers(function->fd, index, &watch->fd, 1) < 0 ||
			       bh_loop_add(function->keeper.loop, watch, EPOLLIN) < 0)) {
		close(watch->fd);
		watch->fd = -1;
	}
}

static void unwatch(struct bh_vfio_function *function, struct bh_watch *watch, uint32_t index)
{
	if (watch->fd < 0)
		return;
	(void)bh_vfio_set_triggers(function->fd, index, NULL, 0);
	bh_loop_remove(function->keeper.loop, watch);
	close(watch->fd);
	watch->fd = -1;
}

static bool add_to_bus(struct bh_vfio_function *function, struct bh_pci_host *host)
{
	struct bh_pci_function *pci = &function->pci;
	const struct bh_pci_view *view = &function->view;

	*pci = (struct bh_pci_function){.name = function->manifest->host,
					.owner = function,
					.moved = window_moved,
					.reading = config_reading,
					.written = config_written};
	memcpy(pci->config, view->config, sizeof(pci->config));
	memcpy(pci->writable, view->writable, sizeof(pci->writable));
	if (!bh_pci_plug(host, pci, function->manifest->slot, function->manifest->function))
		return false;
	for (unsigned i = 0; i < BH_PCI_BARS; i++) {
		if (view->bars[i].shown)
			bh_pci_add_bar(pci, i, view->bars[i].shown, view->bars[i].flags,
				       &bh_vfio_window_ops, &function->windows[i]);
	}
	return true;
}

bool bh_vfio_function_plug(struct bh_vfio_function *function, struct bh_pci_host *host,
			   const struct bh_manifest *manifest, const struct bh_vfio_keeper *keeper,
			   struct bh_diags *diags)
{
	struct bh_pci_facts facts;
	const char *why = NULL;

	function->keeper = *keeper;
	if (!learn(function, manifest, &facts))
		why = "its configuration cannot be read";
	if (!why)
		why = bh_pci_view_make(&function->view, &facts);
	if (why)
		return refuse(function, why, diags);
	if (!have_room(function->vfio, function, host, diags) ||
	    !bh_vfio_windows_init(function, diags))
		return false;
	keep_coherent(function);
	if (!add_to_bus(function, host))
		return refuse(function, "its place on the guest's bus is taken", diags);
	forward_command(function);
	uint32_t pin = bh_pci_get(&function->pci, BH_PCI_INTERRUPT_PIN, 1);
	if (pin)
		function->line = manifest->pci.intx[(function->manifest->slot + pin - 1) % 4];
	int err = bh_vfio_wiring_init(function);
	if (err) {
		bh_error(diags, "E1055", "%s: its interrupts: %s", function->manifest->host,
			 strerror(-err));
		return false;
	}
	watch(function, &function->failed, VFIO_PCI_ERR_IRQ_INDEX, on_failed);
	watch(function, &function->wanted, VFIO_PCI_REQ_IRQ_INDEX, on_wanted);
	return true;
}

void bh_vfio_function_quiet(const struct bh_vfio_function *function)
{
	write_config(function, BH_PCI_COMMAND, 2, 0);
}

void bh_vfio_function_finish(struct bh_vfio_function *function)
{
	if (function->fd < 0)
		return;
	unwatch(function, &function->wanted, VFIO_PCI_REQ_IRQ_INDEX);
	unwatch(function, &function->failed, VFIO_PCI_ERR_IRQ_INDEX);
	if (function->pci.host) {
		bh_vfio_wiring_finish(function);
		bh_pci_unplug(&function->pci);
		bh_vfio_function_quiet(function);
	}
	bh_vfio_windows_finish(function);
}
