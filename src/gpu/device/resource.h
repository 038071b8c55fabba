/* SPDX-License-Identifier: Apache-2.0 */
/* What the device keeps of a resource beyond the GPU's own record. */
#ifndef BH_GPU_DEVICE_RESOURCE_H
#define BH_GPU_DEVICE_RESOURCE_H

#include "gpu/device/device.h"

#define BH_RESOURCE_BUCKETS     256
#define BH_RESOURCES_MAX        65536
#define BH_RESOURCE_ENTRIES_MAX (1u << 18) /* of 4 KiB pages: 1 GiB */
#define BH_PIECES_MAX           (1u << 20)

struct bh_device_resource {
	struct bh_device_resource *next;
	uint32_t id, width, height;
	bool is_3d;
	struct virtio_gpu_mem_entry *entries;
	uint32_t entry_count;
	bool attached;
};

struct bh_device_resources {
	struct bh_device_resource *buckets[BH_RESOURCE_BUCKETS];
	size_t count;
};

struct bh_device_resource *bh_resources_find(const struct bh_device_resources *all, uint32_t id);
/* NULL when there are too many. The id is new and not 0. */
struct bh_device_resource *bh_resources_add(struct bh_device_resources *all, uint32_t id);
void bh_resources_remove(struct bh_device_resources *all, struct bh_device_resource *resource);
void bh_resources_clear(struct bh_device_resources *all);

/*
 * Looks up the pages of the resource's entries and attaches them to the GPU's resource. -EAGAIN,
 * -EFAULT as ops->map, -ENOMEM, or what the GPU says.
 */
int bh_resource_attach_pages(const struct bh_device_config *config,
			     struct bh_device_resource *resource);
void bh_resource_detach_pages(const struct bh_device_config *config,
			      struct bh_device_resource *resource);
bool bh_resource_overlaps(const struct bh_device_resource *resource, uint64_t address,
			  uint64_t length);

#endif
