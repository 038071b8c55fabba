/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/server/guest_memory.h"

#include "base/alloc.h"
#include "base/range.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void unmap(struct bh_region *region)
{
	munmap(region->mapping, region->mapping_size);
}

void bh_guest_memory_clear(struct bh_guest_memory *memory)
{
	for (size_t i = 0; i < memory->region_count; i++)
		unmap(&memory->regions[i]);
	memory->region_count = 0;
}

void bh_guest_memory_finish(struct bh_guest_memory *memory)
{
	bh_guest_memory_clear(memory);
	free(memory->translations);
	*memory = (struct bh_guest_memory){0};
}

int bh_guest_memory_add(struct bh_guest_memory *memory, uint64_t guest, uint64_t size,
			uint64_t user, uint64_t offset, int fd)
{
	struct bh_region *region = &memory->regions[memory->region_count];
	uint64_t end;
	off_t file_size;

	if (memory->region_count == BH_REGIONS_MAX)
		return -ENOSPC;
	if (!size || !bh_add(guest, size, &end) || !bh_add(user, size, &end) ||
	    !bh_add(offset, size, &end) || end > SIZE_MAX / 2)
		return -EINVAL;
	/* A file that is too short would kill us at the first touch of its end. */
	file_size = lseek(fd, 0, SEEK_END);
	if (file_size < 0 || (uint64_t)file_size < end)
		return -EINVAL;
	for (size_t i = 0; i < memory->region_count; i++) {
		const struct bh_region *other = &memory->regions[i];

		if (guest < other->guest + other->size && other->guest < guest + size)
			return -EINVAL;
	}
	*region = (struct bh_region){.guest = guest, .size = size, .user = user};
	region->mapping_size = (size_t)end;
	region->mapping =
		mmap(NULL, region->mapping_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (region->mapping == MAP_FAILED)
		return -errno;
	region->host = (uint8_t *)region->mapping + offset;
	memory->region_count++;
	return 0;
}

int bh_guest_memory_remove(struct bh_guest_memory *memory, uint64_t guest, uint64_t size,
			   uint64_t user)
{
	for (size_t i = 0; i < memory->region_count; i++) {
		struct bh_region *region = &memory->regions[i];

		if (region->guest != guest || region->size != size || region->user != user)
			continue;
		unmap(region);
		*region = memory->regions[--memory->region_count];
		return 0;
	}
	return -ENOENT;
}

/* The first translation that ends behind the address. */
static size_t position_of(const struct bh_guest_memory *memory, uint64_t address)
{
	size_t low = 0, high = memory->translation_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct bh_translation *entry = &memory->translations[middle];

		if (entry->address + (entry->size - 1) < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void bh_guest_memory_unlearn(struct bh_guest_memory *memory, uint64_t address, uint64_t size)
{
	uint64_t last =
		size && address <= UINT64_MAX - (size - 1) ? address + (size - 1) : UINT64_MAX;
	size_t first, end;

	if (!size)
		return;
	/* An entry that is hit anywhere goes as a whole: it is asked for again when needed. */
	first = position_of(memory, address);
	for (end = first; end < memory->translation_count; end++) {
		if (memory->translations[end].address > last)
			break;
	}
	if (first == end)
		return;
	memmove(&memory->translations[first], &memory->translations[end],
		(memory->translation_count - end) * sizeof(*memory->translations));
	memory->translation_count -= end - first;
}

int bh_guest_memory_learn(struct bh_guest_memory *memory, const struct bh_translation *entry)
{
	uint64_t end;
	size_t at;

	if (!entry->size || !bh_add(entry->address, entry->size - 1, &end) ||
	    !bh_add(entry->user, entry->size - 1, &end))
		return -EINVAL;
	bh_guest_memory_unlearn(memory, entry->address, entry->size);
	/* A cache: when it is full it starts anew. */
	if (memory->translation_count >= BH_TRANSLATIONS_MAX)
		memory->translation_count = 0;
	at = position_of(memory, entry->address);
	bh_grow((void **)&memory->translations, &memory->translation_capacity,
		memory->translation_count + 1, sizeof(*memory->translations));
	memmove(&memory->translations[at + 1], &memory->translations[at],
		(memory->translation_count - at) * sizeof(*memory->translations));
	memory->translations[at] = *entry;
	memory->translation_count++;
	return 0;
}

void *bh_guest_memory_user(const struct bh_guest_memory *memory, uint64_t user, uint64_t length)
{
	for (size_t i = 0; i < memory->region_count; i++) {
		const struct bh_region *region = &memory->regions[i];
		uint64_t offset = user - region->user;

		if (user >= region->user && offset < region->size &&
		    length <= region->size - offset)
			return region->host + offset;
	}
	return NULL;
}

/* As much of the run at a guest-physical address as lies in one region. */
static bool find_physical(const struct bh_guest_memory *memory, uint64_t address, uint64_t length,
			  struct iovec *piece)
{
	for (size_t i = 0; i < memory->region_count; i++) {
		const struct bh_region *region = &memory->regions[i];
		uint64_t offset = address - region->guest;

		if (address < region->guest || offset >= region->size)
			continue;
		piece->iov_base = region->host + offset;
		piece->iov_len = length < region->size - offset ? length : region->size - offset;
		return true;
	}
	return false;
}

static int find_translated(struct bh_guest_memory *memory, uint64_t address, uint64_t length,
			   bool write, struct iovec *piece)
{
	size_t at = position_of(memory, address);
	const struct bh_translation *entry =
		at < memory->translation_count ? &memory->translations[at] : NULL;
	uint64_t offset, rest;

	if (!entry || entry->address > address) {
		memory->missing = address;
		memory->missing_write = write;
		return -EAGAIN;
	}
	if (write && !entry->writable)
		return -EFAULT;
	offset = address - entry->address;
	rest = entry->size - offset;
	piece->iov_len = length < rest ? length : rest;
	piece->iov_base = bh_guest_memory_user(memory, entry->user + offset, piece->iov_len);
	return piece->iov_base ? 0 : -EFAULT;
}

int bh_guest_memory_first(struct bh_guest_memory *memory, uint64_t address, uint64_t length,
			  bool write, struct iovec *piece)
{
	uint64_t end;

	if (!length || !bh_add(address, length - 1, &end))
		return -EFAULT;
	if (memory->translates)
		return find_translated(memory, address, length, write, piece);
	return find_physical(memory, address, length, piece) ? 0 : -EFAULT;
}

int bh_guest_memory_find(struct bh_guest_memory *memory, uint64_t address, uint64_t length,
			 bool write, struct iovec *pieces, size_t room)
{
	size_t count = 0;

	while (length) {
		struct iovec piece;
		int result = bh_guest_memory_first(memory, address, length, write, &piece);

		if (result)
			return result;
		address += piece.iov_len;
		length -= piece.iov_len;
		/* Neighbours in host memory make one piece. */
		if (count && (uint8_t *)pieces[count - 1].iov_base + pieces[count - 1].iov_len ==
				     piece.iov_base) {
			pieces[count - 1].iov_len += piece.iov_len;
			continue;
		}
		if (count == room)
			return -E2BIG;
		pieces[count++] = piece;
	}
	return (int)count;
}
