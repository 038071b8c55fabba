/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/device/resource.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>

#define PIECES_AT_ONCE 64

static struct bh_device_resource **bucket_of(const struct bh_device_resources *all, uint32_t id)
{
	/* Guests number resources one after the other. */
	return (struct bh_device_resource **)&all->buckets[id % BH_RESOURCE_BUCKETS];
}

struct bh_device_resource *bh_resources_find(const struct bh_device_resources *all, uint32_t id)
{
	struct bh_device_resource *resource = *bucket_of(all, id);

	while (resource && resource->id != id)
		resource = resource->next;
	return resource;
}

struct bh_device_resource *bh_resources_add(struct bh_device_resources *all, uint32_t id)
{
	struct bh_device_resource **bucket = bucket_of(all, id), *resource;

	if (all->count >= BH_RESOURCES_MAX)
		return NULL;
	resource = bh_alloc(sizeof(*resource));
	resource->id = id;
	resource->next = *bucket;
	*bucket = resource;
	all->count++;
	return resource;
}

static void remove_at(struct bh_device_resources *all, struct bh_device_resource **at)
{
	struct bh_device_resource *resource = *at;

	*at = resource->next;
	free(resource->entries);
	free(resource);
	all->count--;
}

void bh_resources_remove(struct bh_device_resources *all, struct bh_device_resource *resource)
{
	struct bh_device_resource **at = bucket_of(all, resource->id);

	while (*at != resource)
		at = &(*at)->next;
	remove_at(all, at);
}

void bh_resources_clear(struct bh_device_resources *all)
{
	for (size_t i = 0; i < BH_RESOURCE_BUCKETS; i++) {
		while (all->buckets[i])
			remove_at(all, &all->buckets[i]);
	}
}

static int find_pieces(const struct bh_device_config *config,
		       const struct bh_device_resource *resource, struct iovec **pieces,
		       size_t *count)
{
	size_t capacity = 0;

	for (uint32_t i = 0; i < resource->entry_count; i++) {
		const struct virtio_gpu_mem_entry *entry = &resource->entries[i];
		int added;

		if (!entry->length)
			continue;
		if (*count > BH_PIECES_MAX)
			return -ENOMEM;
		bh_grow((void **)pieces, &capacity, *count + PIECES_AT_ONCE, sizeof(**pieces));
		added = config->ops->map(config->data, entry->addr, entry->length, *pieces + *count,
					 PIECES_AT_ONCE);
		if (added == -E2BIG) {
			/* As many pieces as pages, and one for the ends. */
			size_t most = entry->length / 4096 + 2;

			if (*count + most > BH_PIECES_MAX)
				return -ENOMEM;
			bh_grow((void **)pieces, &capacity, *count + most, sizeof(**pieces));
			added = config->ops->map(config->data, entry->addr, entry->length,
						 *pieces + *count, most);
		}
		if (added < 0)
			return added;
		*count += (size_t)added;
	}
	return 0;
}

int bh_resource_attach_pages(const struct bh_device_config *config,
			     struct bh_device_resource *resource)
{
	struct iovec *pieces = NULL;
	size_t count = 0;
	int result = find_pieces(config, resource, &pieces, &count);

	if (!result)
		result = bh_gpu_resource_attach(config->gpu, resource->id, pieces, count);
	resource->attached = !result;
	free(pieces);
	return result;
}

void bh_resource_detach_pages(const struct bh_device_config *config,
			      struct bh_device_resource *resource)
{
	if (resource->attached)
		(void)bh_gpu_resource_detach(config->gpu, resource->id);
	resource->attached = false;
}

bool bh_resource_overlaps(const struct bh_device_resource *resource, uint64_t address,
			  uint64_t length)
{
	for (uint32_t i = 0; i < resource->entry_count; i++) {
		const struct virtio_gpu_mem_entry *entry = &resource->entries[i];

		/* Written so that nothing wraps. */
		if (entry->addr < address ? address - entry->addr < entry->length
					  : entry->addr - address < length)
			return true;
	}
	return false;
}
