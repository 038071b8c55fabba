/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/pci/msix.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { CAPABILITY = 0x11, CAPABILITY_SIZE = 12 };
enum { CONTROL_ENABLE = 0x8000, CONTROL_MASK_ALL = 0x4000 };
enum { ENTRY_MASKED = 1 };

int bh_msix_init(struct bh_msix *msix, struct bh_pci_function *function, struct bh_hv *hv,
		 unsigned count, uint8_t capability)
{
	*msix = (struct bh_msix){.function = function, .hv = hv, .capability = capability};
	assert(count <= BH_MSIX_MAX);
	int first = bh_hv_take_msi(hv, count);
	if (first < 0)
		return -ENOSPC;
	msix->first = (unsigned)first;
	for (unsigned i = 0; i < count; i++) {
		msix->fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (msix->fds[i] < 0)
			return -errno;
		msix->entries[i].control = ENTRY_MASKED;
		msix->count++;
	}
	bh_pci_put(function, capability + 2u, 2, count - 1);
	function->writable[capability + 3u] = (CONTROL_ENABLE | CONTROL_MASK_ALL) >> 8;
	return 0;
}

int bh_msix_add(struct bh_msix *msix, struct bh_pci_function *function, struct bh_hv *hv,
		unsigned count, unsigned bar, uint32_t table, uint32_t pending)
{
	uint8_t capability = bh_pci_add_capability(function, CAPABILITY, CAPABILITY_SIZE);

	bh_pci_put(function, capability + 4u, 4, table | bar);
	bh_pci_put(function, capability + 8u, 4, pending | bar);
	return bh_msix_init(msix, function, hv, count, capability);
}

static void set_live(struct bh_msix *msix, unsigned vector, bool live)
{
	const struct bh_msix_entry *entry = &msix->entries[vector];
	struct bh_msi msi = {
		.address = (uint64_t)entry->address_high << 32 | entry->address_low,
		.data = entry->data,
		.device = msix->function->slot << 3 | msix->function->number,
	};
	struct bh_hv *hv = msix->hv;

	if (live) {
		/* Also when it is live already: the message may be another. */
		int err = hv->ops->set_msi(hv, msix->first + vector, &msi, msix->fds[vector]);
		msix->live[vector] = !err;
	} else if (msix->live[vector]) {
		hv->ops->set_msi(hv, msix->first + vector, NULL, msix->fds[vector]);
		msix->live[vector] = false;
	}
}

static uint32_t control_of(const struct bh_msix *msix)
{
	return bh_pci_get(msix->function, msix->capability + 2u, 2);
}

bool bh_msix_is_enabled(const struct bh_msix *msix)
{
	return msix->count && control_of(msix) & CONTROL_ENABLE;
}

static void update(struct bh_msix *msix, unsigned vector)
{
	set_live(msix, vector,
		 bh_msix_is_enabled(msix) && !(control_of(msix) & CONTROL_MASK_ALL) &&
			 !(msix->entries[vector].control & ENTRY_MASKED));
}

void bh_msix_reset(struct bh_msix *msix)
{
	for (unsigned i = 0; i < msix->count; i++) {
		set_live(msix, i, false);
		msix->entries[i] = (struct bh_msix_entry){.control = ENTRY_MASKED};
	}
	if (msix->count)
		bh_pci_put(msix->function, msix->capability + 2u, 2, msix->count - 1);
}

void bh_msix_finish(struct bh_msix *msix)
{
	for (unsigned i = 0; i < msix->count; i++) {
		set_live(msix, i, false);
		close(msix->fds[i]);
	}
	msix->count = 0;
}

uint64_t bh_msix_read_table(const struct bh_msix *msix, uint64_t offset, unsigned size)
{
	uint64_t value = 0;

	if (offset < msix->count * sizeof(msix->entries[0]) && offset % size == 0)
		memcpy(&value, (const char *)msix->entries + offset, size);
	return value;
}

void bh_msix_write_table(struct bh_msix *msix, uint64_t offset, unsigned size, uint64_t value)
{
	/* 32 or 64 bits, aligned: all that the standard allows. */
	if (offset >= msix->count * sizeof(msix->entries[0]) || size < 4 || offset % size)
		return;
	unsigned vector = (unsigned)(offset / sizeof(msix->entries[0]));
	uint32_t before = msix->entries[vector].control;
	memcpy((char *)msix->entries + offset, &value, size);
	/* Address and data may be changed while masked; only unmasking takes them over. */
	if (msix->entries[vector].control != before ||
	    !(msix->entries[vector].control & ENTRY_MASKED))
		update(msix, vector);
}

uint64_t bh_msix_read_pending(const struct bh_msix *msix, uint64_t offset, unsigned size)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < msix->count; i++) {
		struct pollfd poller = {.fd = msix->fds[i], .events = POLLIN};
		if (!msix->live[i] && poll(&poller, 1, 0) == 1)
			bits |= UINT64_C(1) << i;
	}
	return offset < 8 && size <= 8 - offset ? bits >> (8 * offset) : 0;
}

void bh_msix_configured(struct bh_msix *msix, uint32_t offset, unsigned size)
{
	uint32_t control = msix->capability + 2u;

	if (offset + size <= control || offset >= control + 2)
		return;
	for (unsigned i = 0; i < msix->count; i++)
		update(msix, i);
}
