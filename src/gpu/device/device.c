/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/device/device.h"

#include "base/alloc.h"
#include "gpu/device/edid.h"
#include "gpu/device/resource.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define TARGET_2D         2                              /* of the virgl protocol */
#define BIND_FOR_2D       (1u << 1 | 1u << 3 | 1u << 18) /* render target, sampler view, scanout */
#define CONTEXTS_NAME_MAX 64

struct scanout {
	uint32_t resource; /* 0: off */
	struct virtio_gpu_rect rect;
	struct bh_gpu_screen *screen; /* what of it is shown already */
};

struct bh_device {
	struct bh_device_config config;
	struct bh_device_resources resources;
	struct scanout scanouts[BH_DEVICE_SCANOUTS_MAX];
	uint8_t contexts[1024 / 8]; /* a bit for each id that is in use */
	bool pages_forgotten;       /* of some resource */
};

#define CONTEXT_IDS (sizeof(((struct bh_device *)0)->contexts) * 8)

/* One command on its way. `in` has at least the length its row in the table says. */
struct command {
	struct bh_device *device;
	struct bh_gpu *gpu;
	const struct virtio_gpu_ctrl_hdr *header;
	const void *in;
	size_t in_length;
	void *out; /* the response, zeroed, BH_DEVICE_RESPONSE_MAX bytes */
	size_t out_length;
};

/* A handler returns a response type; 0 for VIRTIO_GPU_RESP_OK_NODATA, or -EAGAIN. */
static int of_errno(int result)
{
	switch (result) {
	case 0:
		return 0;
	case -EAGAIN:
		return -EAGAIN;
	case -ENOMEM:
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	case -ENOENT:
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	case -EINVAL:
	case -EFAULT:
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	default:
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	}
}

static int get_display_info(struct command *c)
{
	struct virtio_gpu_resp_display_info *out = c->out;

	for (unsigned i = 0; i < c->device->config.scanouts; i++) {
		out->pmodes[i].r.width = c->device->config.width;
		out->pmodes[i].r.height = c->device->config.height;
		out->pmodes[i].enabled = 1;
	}
	c->out_length = sizeof(*out);
	return VIRTIO_GPU_RESP_OK_DISPLAY_INFO;
}

static int get_edid(struct command *c)
{
	const struct virtio_gpu_cmd_get_edid *in = c->in;
	struct virtio_gpu_resp_edid *out = c->out;

	if (in->scanout >= c->device->config.scanouts)
		return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
	bh_edid_write(out->edid, c->device->config.width, c->device->config.height, in->scanout);
	out->size = BH_EDID_SIZE;
	c->out_length = sizeof(*out);
	return VIRTIO_GPU_RESP_OK_EDID;
}

static int get_capset_info(struct command *c)
{
	const struct virtio_gpu_get_capset_info *in = c->in;
	struct virtio_gpu_resp_capset_info *out = c->out;
	uint32_t version = 0;

	if (in->capset_index > 1)
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	out->capset_id = in->capset_index + 1;
	out->capset_max_size = (uint32_t)bh_gpu_capset_size(c->gpu, out->capset_id, &version);
	out->capset_max_version = version;
	c->out_length = sizeof(*out);
	return VIRTIO_GPU_RESP_OK_CAPSET_INFO;
}

static int get_capset(struct command *c)
{
	const struct virtio_gpu_get_capset *in = c->in;
	struct virtio_gpu_resp_capset *out = c->out;
	uint32_t version;
	size_t size = bh_gpu_capset_size(c->gpu, in->capset_id, &version);

	if (!size || size > BH_DEVICE_RESPONSE_MAX - sizeof(*out) || in->capset_version > version)
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	if (bh_gpu_capset(c->gpu, in->capset_id, in->capset_version, out->capset_data))
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	c->out_length = sizeof(*out) + size;
	return VIRTIO_GPU_RESP_OK_CAPSET;
}

static int create(struct command *c, const struct bh_gpu_resource_args *args, bool is_3d)
{
	struct bh_device_resources *all = &c->device->resources;
	struct bh_device_resource *resource;
	int result;

	if (!args->handle || bh_resources_find(all, args->handle))
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	result = bh_gpu_resource_create(c->gpu, args);
	if (result)
		return of_errno(result);
	resource = bh_resources_add(all, args->handle);
	if (!resource) {
		(void)bh_gpu_resource_destroy(c->gpu, args->handle);
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	}
	resource->width = args->width;
	resource->height = args->height;
	resource->is_3d = is_3d;
	return 0;
}

static int create_2d(struct command *c)
{
	const struct virtio_gpu_resource_create_2d *in = c->in;
	struct bh_gpu_resource_args args = {
		.handle = in->resource_id,
		.target = TARGET_2D,
		.format = in->format,
		.bind = BIND_FOR_2D,
		.width = in->width,
		.height = in->height,
		.depth = 1,
		.array_size = 1,
	};

	return create(c, &args, false);
}

static int create_3d(struct command *c)
{
	const struct virtio_gpu_resource_create_3d *in = c->in;
	struct bh_gpu_resource_args args = {
		.handle = in->resource_id,
		.target = in->target,
		.format = in->format,
		.bind = in->bind,
		.width = in->width,
		.height = in->height,
		.depth = in->depth,
		.array_size = in->array_size,
		.last_level = in->last_level,
		.samples = in->nr_samples,
		.flags = in->flags,
	};

	return create(c, &args, true);
}

static void turn_off(struct bh_device *device, uint32_t scanout)
{
	if (!device->scanouts[scanout].resource)
		return;
	bh_gpu_screen_destroy(device->scanouts[scanout].screen);
	device->scanouts[scanout] = (struct scanout){0};
	device->config.ops->scanout(device->config.data, scanout, 0, 0);
}

static void remove_resource(struct bh_device *device, struct bh_device_resource *resource)
{
	for (uint32_t i = 0; i < device->config.scanouts; i++) {
		if (device->scanouts[i].resource == resource->id)
			turn_off(device, i);
	}
	(void)bh_gpu_resource_destroy(device->config.gpu, resource->id);
	bh_resources_remove(&device->resources, resource);
}

static struct bh_device_resource *find(struct command *c, uint32_t id)
{
	return bh_resources_find(&c->device->resources, id);
}

static int unref(struct command *c)
{
	const struct virtio_gpu_resource_unref *in = c->in;
	struct bh_device_resource *resource = find(c, in->resource_id);

	if (!resource)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	bh_gpu_wait(c->gpu); /* its pages may be on their way */
	remove_resource(c->device, resource);
	return 0;
}

static int attach_backing(struct command *c)
{
	const struct virtio_gpu_resource_attach_backing *in = c->in;
	struct bh_device_resource *resource = find(c, in->resource_id);
	size_t size;
	int result;

	if (!resource || resource->entries)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	size = (size_t)in->nr_entries * sizeof(struct virtio_gpu_mem_entry);
	if (in->nr_entries > BH_RESOURCE_ENTRIES_MAX || c->in_length - sizeof(*in) < size)
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	resource->entries = bh_try_alloc(in->nr_entries + 1u, sizeof(*resource->entries));
	if (!resource->entries)
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	memcpy(resource->entries, in + 1, size);
	resource->entry_count = in->nr_entries;
	result = bh_resource_attach_pages(&c->device->config, resource);
	if (result) {
		free(resource->entries);
		resource->entries = NULL;
		resource->entry_count = 0;
	}
	return of_errno(result);
}

static int detach_backing(struct command *c)
{
	const struct virtio_gpu_resource_detach_backing *in = c->in;
	struct bh_device_resource *resource = find(c, in->resource_id);

	if (!resource)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	bh_gpu_wait(c->gpu);
	bh_resource_detach_pages(&c->device->config, resource);
	free(resource->entries);
	resource->entries = NULL;
	resource->entry_count = 0;
	return 0;
}

/* Pages that were forgotten are looked up when they are wanted next. */
static int ensure_pages(struct command *c, struct bh_device_resource *resource)
{
	if (resource->attached || !resource->entries)
		return 0;
	return bh_resource_attach_pages(&c->device->config, resource);
}

/* A stream moves data of any resource. Its guest takes pages back only from those that it destroyed
 * before. */
static int ensure_all_pages(struct command *c)
{
	if (!c->device->pages_forgotten)
		return 0;
	for (size_t i = 0; i < BH_RESOURCE_BUCKETS; i++) {
		for (struct bh_device_resource *r = c->device->resources.buckets[i]; r;
		     r = r->next) {
			if (ensure_pages(c, r) == -EAGAIN)
				return -EAGAIN;
		}
	}
	c->device->pages_forgotten = false;
	return 0;
}

static int transfer_2d(struct command *c)
{
	const struct virtio_gpu_transfer_to_host_2d *in = c->in;
	struct bh_device_resource *resource = find(c, in->resource_id);
	struct bh_gpu_transfer transfer = {
		.resource = in->resource_id,
		.box = {in->r.x, in->r.y, 0, in->r.width, in->r.height, 1},
		.offset = in->offset,
	};
	int result;

	if (!resource)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	result = ensure_pages(c, resource);
	if (result)
		return of_errno(result);
	/* Rows in guest memory are as wide as the resource; all 2D formats have four bytes. */
	transfer.stride = resource->width * 4;
	return of_errno(bh_gpu_transfer_in(c->gpu, 0, &transfer, NULL, 0));
}

static int transfer_3d(struct command *c, bool in_direction)
{
	const struct virtio_gpu_transfer_host_3d *in = c->in;
	struct bh_device_resource *resource = find(c, in->resource_id);
	struct bh_gpu_transfer transfer = {
		.resource = in->resource_id,
		.level = in->level,
		.box = {in->box.x, in->box.y, in->box.z, in->box.w, in->box.h, in->box.d},
		.stride = in->stride,
		.layer_stride = in->layer_stride,
		.offset = in->offset,
	};
	uint32_t context = c->header->ctx_id;
	int result;

	if (!resource)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	result = ensure_pages(c, resource);
	if (!result)
		result = in_direction ? bh_gpu_transfer_in(c->gpu, context, &transfer, NULL, 0)
				      : bh_gpu_transfer_out(c->gpu, context, &transfer, NULL, 0);
	return of_errno(result);
}

static int transfer_to_host_3d(struct command *c)
{
	return transfer_3d(c, true);
}

static int transfer_from_host_3d(struct command *c)
{
	return transfer_3d(c, false);
}

/* One screen's turn to be told. */
struct update {
	struct bh_device *device;
	uint32_t scanout;
};

static void *room_for(void *data, const struct bh_gpu_rect *rect)
{
	const struct update *update = data;
	const struct bh_device_config *config = &update->device->config;

	return config->ops->update(config->data, update->scanout, rect);
}

/* Sends what is new in the part of the resource's rectangle that the screen shows. */
static void update_scanout(struct bh_device *device, uint32_t number,
			   const struct virtio_gpu_rect *rect)
{
	const struct scanout *scanout = &device->scanouts[number];
	struct update update = {device, number};
	uint64_t x0 = scanout->rect.x, y0 = scanout->rect.y;
	uint64_t x1 = x0 + scanout->rect.width, y1 = y0 + scanout->rect.height;
	struct bh_gpu_rect part;

	if (rect->x > x0)
		x0 = rect->x;
	if (rect->y > y0)
		y0 = rect->y;
	if ((uint64_t)rect->x + rect->width < x1)
		x1 = (uint64_t)rect->x + rect->width;
	if ((uint64_t)rect->y + rect->height < y1)
		y1 = (uint64_t)rect->y + rect->height;
	if (x0 >= x1 || y0 >= y1)
		return;
	/* Row 0 is the top one: GL drivers draw their windows upside down for that. */
	part = (struct bh_gpu_rect){(uint32_t)x0 - scanout->rect.x, (uint32_t)y0 - scanout->rect.y,
				    (uint32_t)(x1 - x0), (uint32_t)(y1 - y0)};
	/* What cannot be shown, a buffer or depths, is nothing to tell of. */
	(void)bh_gpu_screen_show(device->config.gpu, scanout->screen, scanout->resource,
				 scanout->rect.x, scanout->rect.y, &part, room_for, &update);
	device->config.ops->updated(device->config.data);
}

/* Makes it one of this size, of which nothing is shown yet. */
static bool resize(struct bh_device *device, uint32_t number, uint32_t width, uint32_t height)
{
	struct scanout *scanout = &device->scanouts[number];
	struct bh_gpu_screen *screen;

	if (scanout->resource && scanout->rect.width == width && scanout->rect.height == height)
		return true;
	screen = bh_gpu_screen_create(width, height);
	if (!screen)
		return false;
	bh_gpu_screen_destroy(scanout->screen);
	scanout->screen = screen;
	device->config.ops->scanout(device->config.data, number, width, height);
	return true;
}

static int set_scanout(struct command *c)
{
	const struct virtio_gpu_set_scanout *in = c->in;
	struct bh_device *device = c->device;
	struct bh_device_resource *resource;
	struct scanout *scanout;

	if (in->scanout_id >= device->config.scanouts)
		return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
	if (!in->resource_id) {
		turn_off(device, in->scanout_id);
		return 0;
	}
	resource = find(c, in->resource_id);
	if (!resource)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	if (!in->r.width || !in->r.height || (uint64_t)in->r.x + in->r.width > resource->width ||
	    (uint64_t)in->r.y + in->r.height > resource->height)
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	if (!resize(device, in->scanout_id, in->r.width, in->r.height))
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	scanout = &device->scanouts[in->scanout_id];
	scanout->resource = in->resource_id;
	scanout->rect = in->r;
	return 0;
}

static int flush(struct command *c)
{
	const struct virtio_gpu_resource_flush *in = c->in;

	if (!find(c, in->resource_id))
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	for (uint32_t i = 0; i < c->device->config.scanouts; i++) {
		if (c->device->scanouts[i].resource == in->resource_id)
			update_scanout(c->device, i, &in->r);
	}
	return 0;
}

static int assign_uuid(struct command *c)
{
	const struct virtio_gpu_resource_assign_uuid *in = c->in;
	struct virtio_gpu_resp_resource_uuid *out = c->out;

	if (!find(c, in->resource_id))
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	if (getrandom(out->uuid, sizeof(out->uuid), 0) != sizeof(out->uuid))
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	out->uuid[6] = (out->uuid[6] & 0x0f) | 0x40; /* version 4: random */
	out->uuid[8] = (out->uuid[8] & 0x3f) | 0x80;
	c->out_length = sizeof(*out);
	return VIRTIO_GPU_RESP_OK_RESOURCE_UUID;
}

static bool context_exists(const struct bh_device *device, uint32_t id)
{
	return id < CONTEXT_IDS && device->contexts[id / 8] >> id % 8 & 1;
}

static int create_context(struct command *c)
{
	const struct virtio_gpu_ctx_create *in = c->in;
	uint32_t id = c->header->ctx_id;
	int result;

	if (!id || id >= CONTEXT_IDS || context_exists(c->device, id) ||
	    in->nlen > sizeof(in->debug_name))
		return VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID;
	result = bh_gpu_context_create(c->gpu, id, in->debug_name, in->nlen);
	if (!result)
		c->device->contexts[id / 8] |= (uint8_t)(1u << id % 8);
	return of_errno(result);
}

static int destroy_context(struct command *c)
{
	uint32_t id = c->header->ctx_id;

	if (!context_exists(c->device, id))
		return VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID;
	c->device->contexts[id / 8] &= (uint8_t) ~(1u << id % 8);
	return of_errno(bh_gpu_context_destroy(c->gpu, id));
}

static int attach_to_context(struct command *c)
{
	const struct virtio_gpu_ctx_resource *in = c->in;

	if (!context_exists(c->device, c->header->ctx_id))
		return VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID;
	return of_errno(bh_gpu_context_attach(c->gpu, c->header->ctx_id, in->resource_id));
}

static int detach_from_context(struct command *c)
{
	const struct virtio_gpu_ctx_resource *in = c->in;

	if (!context_exists(c->device, c->header->ctx_id))
		return VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID;
	return of_errno(bh_gpu_context_detach(c->gpu, c->header->ctx_id, in->resource_id));
}

static int submit(struct command *c)
{
	const struct virtio_gpu_cmd_submit *in = c->in;
	int result;

	if (!context_exists(c->device, c->header->ctx_id))
		return VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID;
	if (in->size % 4 || in->size > c->in_length - sizeof(*in))
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	result = ensure_all_pages(c);
	if (result)
		return of_errno(result);
	return of_errno(
		bh_gpu_submit(c->gpu, c->header->ctx_id, (const uint32_t *)(in + 1), in->size / 4));
}

static const struct row {
	uint32_t type;
	uint16_t length; /* of the fixed part */
	int (*run)(struct command *c);
} rows[] = {
	{VIRTIO_GPU_CMD_GET_DISPLAY_INFO, sizeof(struct virtio_gpu_ctrl_hdr), get_display_info},
	{VIRTIO_GPU_CMD_GET_EDID, sizeof(struct virtio_gpu_cmd_get_edid), get_edid},
	{VIRTIO_GPU_CMD_GET_CAPSET_INFO, sizeof(struct virtio_gpu_get_capset_info),
	 get_capset_info},
	{VIRTIO_GPU_CMD_GET_CAPSET, sizeof(struct virtio_gpu_get_capset), get_capset},
	{VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, sizeof(struct virtio_gpu_resource_create_2d),
	 create_2d},
	{VIRTIO_GPU_CMD_RESOURCE_CREATE_3D, sizeof(struct virtio_gpu_resource_create_3d),
	 create_3d},
	{VIRTIO_GPU_CMD_RESOURCE_UNREF, sizeof(struct virtio_gpu_resource_unref), unref},
	{VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, sizeof(struct virtio_gpu_resource_attach_backing),
	 attach_backing},
	{VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, sizeof(struct virtio_gpu_resource_detach_backing),
	 detach_backing},
	{VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, sizeof(struct virtio_gpu_transfer_to_host_2d),
	 transfer_2d},
	{VIRTIO_GPU_CMD_TRANSFER_TO_HOST_3D, sizeof(struct virtio_gpu_transfer_host_3d),
	 transfer_to_host_3d},
	{VIRTIO_GPU_CMD_TRANSFER_FROM_HOST_3D, sizeof(struct virtio_gpu_transfer_host_3d),
	 transfer_from_host_3d},
	{VIRTIO_GPU_CMD_SET_SCANOUT, sizeof(struct virtio_gpu_set_scanout), set_scanout},
	{VIRTIO_GPU_CMD_RESOURCE_FLUSH, sizeof(struct virtio_gpu_resource_flush), flush},
	{VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID, sizeof(struct virtio_gpu_resource_assign_uuid),
	 assign_uuid},
	{VIRTIO_GPU_CMD_CTX_CREATE, sizeof(struct virtio_gpu_ctx_create), create_context},
	{VIRTIO_GPU_CMD_CTX_DESTROY, sizeof(struct virtio_gpu_ctx_destroy), destroy_context},
	{VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE, sizeof(struct virtio_gpu_ctx_resource),
	 attach_to_context},
	{VIRTIO_GPU_CMD_CTX_DETACH_RESOURCE, sizeof(struct virtio_gpu_ctx_resource),
	 detach_from_context},
	{VIRTIO_GPU_CMD_SUBMIT_3D, sizeof(struct virtio_gpu_cmd_submit), submit},
};

static int run(struct command *c)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type != c->header->type)
			continue;
		if (c->in_length < rows[i].length)
			return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
		return rows[i].run(c);
	}
	return VIRTIO_GPU_RESP_ERR_UNSPEC;
}

int bh_device_command(struct bh_device *device, const void *command, size_t length, void *response,
		      bool *fenced)
{
	struct virtio_gpu_ctrl_hdr *reply = response;
	struct command c = {
		.device = device,
		.gpu = device->config.gpu,
		.header = command,
		.in = command,
		.in_length = length,
		.out = response,
		.out_length = sizeof(*reply),
	};
	int type = VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;

	memset(response, 0, BH_DEVICE_RESPONSE_MAX);
	*fenced = false;
	if (length >= sizeof(*c.header)) {
		type = run(&c);
		if (type == -EAGAIN)
			return type;
		if (c.header->flags & VIRTIO_GPU_FLAG_FENCE) {
			*fenced = true;
			reply->flags = VIRTIO_GPU_FLAG_FENCE;
			reply->fence_id = c.header->fence_id;
			reply->ctx_id = c.header->ctx_id;
		}
	}
	reply->type = type ? (uint32_t)type : VIRTIO_GPU_RESP_OK_NODATA;
	if (reply->type >= VIRTIO_GPU_RESP_ERR_UNSPEC) {
		c.out_length = sizeof(*reply);
		bh_log(device->config.log, BH_LOG_WARNING, "command %#x was refused: %#x",
		       length >= sizeof(*c.header) ? c.header->type : 0, reply->type);
	}
	return (int)c.out_length;
}

void bh_device_cursor(struct bh_device *device, const void *command, size_t length)
{
	const struct virtio_gpu_update_cursor *in = command;
	static const uint32_t size = BH_DEVICE_CURSOR_SIZE;
	uint8_t pixels[BH_DEVICE_CURSOR_SIZE * BH_DEVICE_CURSOR_SIZE * 4];
	struct iovec into = {pixels, sizeof(pixels)};
	const struct bh_device_resource *resource;
	struct bh_gpu_transfer transfer = {.box = {0, 0, 0, size, size, 1}};
	bool update;

	if (length < sizeof(*in) || in->pos.scanout_id >= device->config.scanouts)
		return;
	update = in->hdr.type == VIRTIO_GPU_CMD_UPDATE_CURSOR;
	if (!update && in->hdr.type != VIRTIO_GPU_CMD_MOVE_CURSOR)
		return;
	if (!update || !in->resource_id) {
		device->config.ops->cursor(device->config.data, &in->pos, in->hot_x, in->hot_y,
					   !update || in->resource_id, NULL);
		return;
	}
	resource = bh_resources_find(&device->resources, in->resource_id);
	if (!resource || resource->width != size || resource->height != size)
		return;
	transfer.resource = in->resource_id;
	transfer.stride = size * 4;
	bh_gpu_wait(device->config.gpu);
	if (!bh_gpu_transfer_out(device->config.gpu, 0, &transfer, &into, 1))
		device->config.ops->cursor(device->config.data, &in->pos, in->hot_x, in->hot_y,
					   true, pixels);
}

void bh_device_config_space(const struct bh_device *device, struct virtio_gpu_config *config)
{
	uint32_t version;

	*config = (struct virtio_gpu_config){.num_scanouts = device->config.scanouts};
	while (config->num_capsets < 2 &&
	       bh_gpu_capset_size(device->config.gpu, config->num_capsets + 1, &version))
		config->num_capsets++;
}

void bh_device_forget(struct bh_device *device, uint64_t address, uint64_t length)
{
	bool waited = false;

	for (size_t i = 0; i < BH_RESOURCE_BUCKETS; i++) {
		for (struct bh_device_resource *r = device->resources.buckets[i]; r; r = r->next) {
			if (!r->attached || !bh_resource_overlaps(r, address, length))
				continue;
			if (!waited)
				bh_gpu_wait(device->config.gpu);
			waited = true;
			device->pages_forgotten = true;
			bh_resource_detach_pages(&device->config, r);
		}
	}
}

void bh_device_remap(struct bh_device *device)
{
	bh_gpu_wait(device->config.gpu);
	for (size_t i = 0; i < BH_RESOURCE_BUCKETS; i++) {
		for (struct bh_device_resource *r = device->resources.buckets[i]; r; r = r->next) {
			bh_resource_detach_pages(&device->config, r);
			if (r->entries)
				(void)bh_resource_attach_pages(&device->config, r);
		}
	}
}

void bh_device_refresh(struct bh_device *device)
{
	for (uint32_t i = 0; i < device->config.scanouts; i++) {
		const struct scanout *scanout = &device->scanouts[i];

		if (!scanout->resource)
			continue;
		device->config.ops->scanout(device->config.data, i, scanout->rect.width,
					    scanout->rect.height);
		bh_gpu_screen_forget(scanout->screen);
		update_scanout(device, i, &scanout->rect);
	}
}

void bh_device_resume(struct bh_device *device)
{
	for (uint32_t i = 0; i < device->config.scanouts; i++) {
		if (device->scanouts[i].resource)
			update_scanout(device, i, &device->scanouts[i].rect);
	}
}

struct bh_device *bh_device_create(const struct bh_device_config *config)
{
	struct bh_device *device = bh_alloc(sizeof(*device));

	device->config = *config;
	if (device->config.scanouts > BH_DEVICE_SCANOUTS_MAX)
		device->config.scanouts = BH_DEVICE_SCANOUTS_MAX;
	return device;
}

void bh_device_reset(struct bh_device *device)
{
	bh_gpu_wait(device->config.gpu);
	for (uint32_t id = 1; id < CONTEXT_IDS; id++) {
		if (context_exists(device, id))
			(void)bh_gpu_context_destroy(device->config.gpu, id);
	}
	memset(device->contexts, 0, sizeof(device->contexts));
	for (size_t i = 0; i < BH_RESOURCE_BUCKETS; i++) {
		while (device->resources.buckets[i])
			remove_resource(device, device->resources.buckets[i]);
	}
}

void bh_device_destroy(struct bh_device *device)
{
	if (!device)
		return;
	bh_device_reset(device);
	free(device);
}
