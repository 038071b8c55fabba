/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's memory as a vhost-user front end describes it: regions of shared memory, and, where the
 * guest has an IOMMU in front of the device, the translations learnt so far.
 */
#ifndef BH_GPU_SERVER_GUEST_MEMORY_H
#define BH_GPU_SERVER_GUEST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define BH_REGIONS_MAX      32
#define BH_TRANSLATIONS_MAX 65536

struct bh_region {
	uint64_t guest, size, user; /* guest-physical, and the front end's own address */
	void *mapping;
	size_t mapping_size;
	uint8_t *host; /* of `guest`, inside the mapping */
};

struct bh_translation {
	uint64_t address, size, user;
	bool writable;
};

struct bh_guest_memory {
	struct bh_region regions[BH_REGIONS_MAX];
	size_t region_count;
	bool translates;                     /* addresses are the IOMMU's */
	struct bh_translation *translations; /* sorted, not overlapping */
	size_t translation_count, translation_capacity;
	/* What the last -EAGAIN was about. */
	uint64_t missing;
	bool missing_write;
};

void bh_guest_memory_finish(struct bh_guest_memory *memory);

/* Maps `fd` (which stays the caller's). -EINVAL for impossible numbers, or what mmap() said. */
int bh_guest_memory_add(struct bh_guest_memory *memory, uint64_t guest, uint64_t size,
			uint64_t user, uint64_t offset, int fd);
int bh_guest_memory_remove(struct bh_guest_memory *memory, uint64_t guest, uint64_t size,
			   uint64_t user);
void bh_guest_memory_clear(struct bh_guest_memory *memory); /* regions */

/* What an IOMMU tells. */
int bh_guest_memory_learn(struct bh_guest_memory *memory, const struct bh_translation *entry);
void bh_guest_memory_unlearn(struct bh_guest_memory *memory, uint64_t address, uint64_t size);

/*
 * Host memory behind [address, address + length): the number of pieces, or -EFAULT (no memory
 * there, or it may not be written), -EAGAIN (not translated yet; `missing` is set), -E2BIG.
 */
int bh_guest_memory_find(struct bh_guest_memory *memory, uint64_t address, uint64_t length,
			 bool write, struct iovec *pieces, size_t room);

/* The first piece of it: as much as lies together in host memory. 0, -EFAULT or -EAGAIN. */
int bh_guest_memory_first(struct bh_guest_memory *memory, uint64_t address, uint64_t length,
			  bool write, struct iovec *piece);

/* The front end's own address, which rings are given in where there is no IOMMU; NULL: none. */
void *bh_guest_memory_user(const struct bh_guest_memory *memory, uint64_t user, uint64_t length);

#endif
