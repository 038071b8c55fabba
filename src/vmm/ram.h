/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's RAM, and the one way to reach it: bh_ram_at(). No other code of the VMM turns a
 * guest-physical address into a pointer.
 */
#ifndef BH_VMM_RAM_H
#define BH_VMM_RAM_H

#include "base/diag.h"
#include "base/range.h"
#include "machine/manifest.h"

struct bh_ram {
	uint8_t *host;
	struct bh_range guest;
	int fd; /* a memfd or the host's region; -1: anonymous */
};

/*
 * Takes the memory that the manifest asks for. `direct` is a descriptor of /dev/bulkhead, which
 * stays the caller's; -1: the device is opened here. Codes: E1020-E1022.
 */
bool bh_ram_init(struct bh_ram *ram, const struct bh_manifest_memory *memory, int direct,
		 struct bh_diags *diags);
void bh_ram_finish(struct bh_ram *ram);

/* `size` bytes at a guest-physical address, or NULL when they are not all RAM. */
static inline void *bh_ram_at(const struct bh_ram *ram, uint64_t address, uint64_t size)
{
	uint64_t offset = address - ram->guest.base;

	if (address < ram->guest.base || offset > ram->guest.size ||
	    size > ram->guest.size - offset)
		return NULL;
	return ram->host + offset;
}

#endif
