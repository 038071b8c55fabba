/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/vm.h"

#include "vmm/virtio/kinds.h"

#include "machine/check.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

static bool no_room(const char *name, struct bh_diags *diags)
{
	bh_error(diags, "E1027", "there is no room for %s in the address map", name);
	return false;
}

static bool add_uart(struct bh_vm *vm, struct bh_diags *diags)
{
	const struct bh_manifest_uart *uart = &vm->manifest->uart;

	if (!uart->present)
		return true;
	bh_uart_init(&vm->uart, vm->hv, uart->intid, &vm->host.consoles[0]);
	vm->has_uart = true;
	if (bh_bus_add(&vm->bus, (struct bh_range){uart->registers.value, BH_UART}, "uart",
		       &bh_uart_ops, &vm->uart))
		return true;
	return no_room("the UART", diags);
}

static void on_bite(void *owner)
{
	struct bh_vm *vm = owner;

	bh_log(vm->host.log, BH_LOG_ERROR, "the guest fed its watchdog no more");
	bh_vm_end(vm, BH_END_WATCHDOG);
}

static bool add_watchdog(struct bh_vm *vm, struct bh_diags *diags)
{
	const struct bh_manifest_watchdog *watchdog = &vm->manifest->watchdog;

	if (!watchdog->present)
		return true;
	bh_watchdog_init(&vm->watchdog, vm->hv, vm->host.loop, on_bite, vm);
	vm->has_watchdog = true;
	return bh_bus_add(&vm->bus, (struct bh_range){watchdog->registers.value, BH_WATCHDOG},
			  "watchdog", &bh_watchdog_ops, &vm->watchdog) ||
	       no_room("the watchdog", diags);
}

static bool add_ram(struct bh_vm *vm, struct bh_diags *diags)
{
	if (!bh_ram_init(&vm->ram, &vm->manifest->memory, vm->host.direct_memory, diags))
		return false;
	int err = vm->hv->ops->map(vm->hv, vm->manifest->memory.base, vm->ram.guest.size,
				   vm->ram.host);
	if (err)
		bh_error(diags, "E1020", "the hypervisor does not take the guest's memory: %s",
			 strerror(-err));
	return !err;
}

static bool add_pci_host(struct bh_vm *vm, struct bh_diags *diags)
{
	const struct bh_manifest_pci *pci = &vm->manifest->pci;

	if (!pci->present)
		return true;
	bh_pci_host_init(&vm->pci, pci, &vm->bus);
	return bh_bus_add(&vm->bus, (struct bh_range){pci->config.value, BH_PCI_CONFIG}, "pci",
			  &bh_pci_config_ops, &vm->pci) ||
	       no_room("the PCI host", diags);
}

static bool add_virtio(struct bh_vm *vm, size_t index, struct bh_diags *diags)
{
	const struct bh_manifest_virtio *manifest = &vm->manifest->virtio[index];
	struct bh_vm_virtio *virtio = &vm->virtio[index];
	struct bh_virtio_host host = {.ram = &vm->ram,
				      .loop = vm->host.loop,
				      .log = vm->host.log,
				      .threads = vm->host.threads,
				      .sandbox = vm->host.sandbox};
	int err;

	virtio->device = bh_virtio_create(manifest, &host, &vm->host.consoles[index + 1], diags);
	if (!virtio->device)
		return false;
	virtio->wired = true;
	if (manifest->pci)
		err = bh_virtio_pci_init(&virtio->pci, virtio->device, vm->hv, &vm->pci,
					 manifest->slot);
	else
		err = bh_virtio_mmio_init(&virtio->mmio, virtio->device, vm->hv,
					  manifest->registers, manifest->intid);
	if (err) {
		bh_error(diags, "E1040", "%s: its interrupts cannot be set up: %s", manifest->name,
			 strerror(-err));
		return false;
	}
	return manifest->pci ||
	       bh_bus_add(&vm->bus, (struct bh_range){manifest->registers.value, BH_VIRTIO_MMIO},
			  manifest->name, &bh_virtio_mmio_ops, &virtio->mmio) ||
	       no_room(manifest->name, diags);
}

static bool add_scmi(struct bh_vm *vm, struct bh_diags *diags)
{
	const struct bh_manifest_scmi *scmi = &vm->manifest->scmi;
	const struct bh_vm_host *host = &vm->host;

	if (!scmi->present)
		return true;
	/* The guest maps it as device memory: a page of its own, outside RAM. */
	void *page = mmap(NULL, BH_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int err = page == MAP_FAILED ? -errno : 0;
	if (!err) {
		vm->scmi_page = page;
		bh_scmi_init(&vm->scmi, scmi, host->controls ? host->controls : &bh_vfio_controls,
			     host->controls ? host->controls_backend : &vm->vfio, host->log, page);
		err = vm->hv->ops->map(vm->hv, scmi->shared, BH_PAGE, page);
		vm->scmi_page_given = !err;
	}
	if (err)
		bh_error(diags, "E1027", "the SCMI page: %s", strerror(-err));
	return !err;
}

static void remove_scmi(struct bh_vm *vm)
{
	if (vm->scmi_page_given)
		vm->hv->ops->unmap(vm->hv, vm->manifest->scmi.shared);
	if (vm->scmi_page) {
		bh_scmi_finish(&vm->scmi);
		munmap(vm->scmi_page, BH_PAGE);
	}
}

static bool add_all_virtio(struct bh_vm *vm, struct bh_diags *diags)
{
	for (size_t i = 0; i < vm->manifest->virtio_count; i++) {
		if (!add_virtio(vm, i, diags))
			return false;
	}
	return true;
}

/* The transport goes last: a device that is being reset may still signal. */
static void remove_virtio(struct bh_vm *vm, size_t index)
{
	struct bh_vm_virtio *virtio = &vm->virtio[index];

	if (!virtio->device)
		return;
	bh_virtio_quiesce(virtio->device);
	if (virtio->wired && vm->manifest->virtio[index].pci)
		bh_virtio_pci_finish(&virtio->pci);
	else if (virtio->wired)
		bh_virtio_mmio_finish(&virtio->mmio);
	virtio->device->ops->destroy(virtio->device);
	virtio->device = NULL;
}

/* The guest would go on with a device that is not there: it ends, and the restart policy says how
 * it goes on. */
static void device_lost(void *owner, bool error)
{
	bh_vm_end(owner, error ? BH_END_FAILED : BH_END_STOPPED);
}

bool bh_vm_init(struct bh_vm *vm, const struct bh_manifest *manifest, const struct bh_vm_host *host,
		struct bh_hv *hv, struct bh_diags *diags)
{
	*vm = (struct bh_vm){
		.manifest = manifest, .host = *host, .hv = hv, .ram.fd = -1, .vfio.container = -1};
	const struct bh_vfio_keeper keeper = {host->loop, device_lost, vm};
	pthread_mutex_init(&vm->lock, NULL);
	if (add_ram(vm, diags) && add_uart(vm, diags) && add_watchdog(vm, diags) &&
	    add_pci_host(vm, diags) && add_all_virtio(vm, diags) && add_scmi(vm, diags) &&
	    bh_vfio_init(&vm->vfio, manifest, hv, &vm->ram, host->log, diags) &&
	    bh_vfio_plug(&vm->vfio, &vm->pci, manifest, &keeper, diags))
		return true;
	bh_vm_finish(vm);
	return false;
}

void bh_vm_finish(struct bh_vm *vm)
{
	for (size_t i = 0; i < vm->manifest->virtio_count; i++)
		remove_virtio(vm, i);
	bh_vfio_finish(&vm->vfio);
	remove_scmi(vm);
	if (vm->has_watchdog)
		bh_watchdog_finish(&vm->watchdog);
	if (vm->has_uart)
		bh_uart_finish(&vm->uart);
	if (vm->ram.host)
		vm->hv->ops->unmap(vm->hv, vm->manifest->memory.base);
	bh_ram_finish(&vm->ram);
	pthread_mutex_destroy(&vm->lock);
}

/* The first few are worth a line each; a guest that goes on must not fill the log. */
#define UNCLAIMED_LINES 16

static void note_unclaimed(struct bh_vm *vm, const char *what, uint64_t address, unsigned size)
{
	if (vm->bus.unclaimed <= UNCLAIMED_LINES)
		bh_log(vm->host.log, BH_LOG_WARNING,
		       "the guest %s %u bytes at 0x%" PRIx64 ", where nothing is", what, size,
		       address);
}

uint64_t bh_vm_read(struct bh_vm *vm, uint64_t address, unsigned size)
{
	uint64_t value;

	pthread_mutex_lock(&vm->lock);
	if (!bh_bus_read(&vm->bus, address, size, &value))
		note_unclaimed(vm, "read", address, size);
	pthread_mutex_unlock(&vm->lock);
	return value;
}

void bh_vm_write(struct bh_vm *vm, uint64_t address, unsigned size, uint64_t value)
{
	pthread_mutex_lock(&vm->lock);
	if (!bh_bus_write(&vm->bus, address, size, value))
		note_unclaimed(vm, "wrote", address, size);
	pthread_mutex_unlock(&vm->lock);
}

int64_t bh_vm_call(struct bh_vm *vm, uint32_t function)
{
	enum { NOT_SUPPORTED = -1 };

	if (!vm->scmi_page || function != vm->manifest->scmi.function)
		return NOT_SUPPORTED;
	bh_scmi_call(&vm->scmi);
	return 0;
}

struct bh_virtio *bh_vm_find(struct bh_vm *vm, enum bh_virtio_kind kind)
{
	for (size_t i = 0; i < vm->manifest->virtio_count; i++) {
		if (vm->manifest->virtio[i].kind == kind)
			return vm->virtio[i].device;
	}
	return NULL;
}

const char *bh_vm_name_at(struct bh_vm *vm, uint64_t address)
{
	pthread_mutex_lock(&vm->lock);
	struct bh_bus_entry *entry = bh_bus_find(&vm->bus, address);
	const char *name = entry ? entry->name : "nothing";
	pthread_mutex_unlock(&vm->lock);
	return name;
}

void bh_vm_end(struct bh_vm *vm, enum bh_end reason)
{
	int none = BH_END_NONE;

	if (atomic_compare_exchange_strong(&vm->end, &none, (int)reason))
		bh_loop_stop(vm->host.loop);
}
