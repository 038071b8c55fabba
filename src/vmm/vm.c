/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/vm.h"

#include "machine/check.h"

#include <inttypes.h>
#include <string.h>

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
	bh_error(diags, "E1027", "there is no room for the UART on the bus");
	return false;
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

bool bh_vm_init(struct bh_vm *vm, const struct bh_manifest *manifest, const struct bh_vm_host *host,
		struct bh_hv *hv, struct bh_diags *diags)
{
	*vm = (struct bh_vm){.manifest = manifest, .host = *host, .hv = hv, .ram.fd = -1};
	pthread_mutex_init(&vm->lock, NULL);
	if (add_ram(vm, diags) && add_uart(vm, diags))
		return true;
	bh_vm_finish(vm);
	return false;
}

void bh_vm_finish(struct bh_vm *vm)
{
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

	(void)vm;
	(void)function;
	return NOT_SUPPORTED;
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
