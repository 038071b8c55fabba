/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/server/trace.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define CONTEXT        1
#define HEADER         12 /* magic and version */
#define PAGE_BYTES_MAX (1ull << 30)

struct replay_pages {
	size_t size;
	uint8_t *data;
};

static uint32_t get32(const uint8_t *data)
{
	uint32_t value;

	memcpy(&value, data, 4);
	return value;
}

static bool is_trace(const uint8_t *data, size_t size)
{
	return size >= HEADER && !memcmp(data, BH_TRACE_MAGIC, 8) &&
	       get32(data + 8) == BH_TRACE_VERSION;
}

/* Where the record behind the one at `at` begins; 0 when that one is cut short. */
static size_t next_record(const uint8_t *data, size_t size, size_t at)
{
	size_t left, length, padded;

	if (size - at < 8)
		return 0;
	left = size - at - 8;
	length = get32(data + at + 4);
	padded = (length + 3) & ~(size_t)3;
	if (length > left)
		return 0;
	return at + 8 + (padded < left ? padded : left);
}

unsigned bh_trace_submissions(const void *data, size_t size)
{
	unsigned count = 0;

	if (!is_trace(data, size))
		return 0;
	for (size_t at = HEADER, next; (next = next_record(data, size, at)); at = next)
		count += get32((const uint8_t *)data + at) == BH_TRACE_SUBMIT;
	return count;
}

bool bh_replay_init(struct bh_replay *replay, struct bh_gpu *gpu, const void *data, size_t size,
		    struct bh_diags *diags)
{
	*replay = (struct bh_replay){.gpu = gpu, .data = data, .size = size, .at = HEADER};
	if (!is_trace(data, size)) {
		struct bh_diag *diag = bh_error(diags, "E2002", "the file is not a GPU trace");

		bh_diag_hint(diag, "record one with `bulkhead-gpu record`");
		return false;
	}
	return !bh_gpu_context_create(gpu, CONTEXT, "replay", 6);
}

static void free_pages(struct replay_pages *pages)
{
	if (!pages)
		return;
	free(pages->data);
	free(pages);
}

void bh_replay_finish(struct bh_replay *replay)
{
	bh_gpu_context_destroy(replay->gpu, CONTEXT);
	for (size_t i = 0; i < replay->made.room; i++) {
		if (replay->made.slots[i].handle)
			bh_gpu_resource_destroy(replay->gpu, replay->made.slots[i].handle);
	}
	for (size_t i = 0; i < replay->pages.room; i++) {
		if (replay->pages.slots[i].handle)
			free_pages(replay->pages.slots[i].value);
	}
	bh_table_finish(&replay->made);
	bh_table_finish(&replay->pages);
}

static void create(struct bh_replay *replay, const uint8_t *payload, size_t size)
{
	struct bh_gpu_resource_args args;

	if (size != sizeof(args))
		return;
	memcpy(&args, payload, sizeof(args));
	if (bh_gpu_resource_create(replay->gpu, &args))
		return;
	bh_table_set(&replay->made, args.handle, replay);
	bh_gpu_context_attach(replay->gpu, CONTEXT, args.handle);
}

static void destroy(struct bh_replay *replay, const uint8_t *payload, size_t size)
{
	uint32_t handle = size == 4 ? get32(payload) : 0;
	struct replay_pages *pages;

	if (!handle)
		return;
	bh_gpu_resource_destroy(replay->gpu, handle);
	bh_table_set(&replay->made, handle, NULL);
	pages = bh_table_set(&replay->pages, handle, NULL);
	if (pages)
		replay->page_bytes -= pages->size;
	free_pages(pages);
}

static void fill_pages(struct bh_replay *replay, const uint8_t *payload, size_t size)
{
	uint32_t handle, total, offset;
	struct replay_pages *pages;

	if (size < 12)
		return;
	handle = get32(payload);
	total = get32(payload + 4);
	offset = get32(payload + 8);
	size -= 12;
	if (!handle || offset > total || size > total - offset)
		return;
	pages = bh_table_get(&replay->pages, handle);
	if (!pages) {
		struct iovec page;

		if (replay->page_bytes + total > PAGE_BYTES_MAX)
			return;
		pages = bh_alloc(sizeof(*pages));
		pages->size = total;
		pages->data = bh_try_alloc(1, total ? total : 1);
		page = (struct iovec){pages->data, total};
		if (!pages->data || bh_gpu_resource_attach(replay->gpu, handle, &page, 1)) {
			free_pages(pages);
			return;
		}
		bh_table_set(&replay->pages, handle, pages);
		replay->page_bytes += total;
	}
	if (pages->size == total)
		memcpy(pages->data + offset, payload + 12, size);
}

static void move(struct bh_replay *replay, const uint8_t *payload, size_t size, bool out)
{
	struct bh_gpu_transfer transfer;

	if (size != sizeof(transfer))
		return;
	memcpy(&transfer, payload, sizeof(transfer));
	if (out)
		bh_gpu_transfer_out(replay->gpu, CONTEXT, &transfer, NULL, 0);
	else
		bh_gpu_transfer_in(replay->gpu, CONTEXT, &transfer, NULL, 0);
}

/* Records that are cut short or wrong are left out, as a server goes on after a bad request. */
bool bh_replay_next(struct bh_replay *replay)
{
	size_t next;

	while ((next = next_record(replay->data, replay->size, replay->at))) {
		const uint8_t *payload = replay->data + replay->at + 8;
		uint32_t kind = get32(payload - 8), size = get32(payload - 4);

		replay->at = next;
		switch (kind) {
		case BH_TRACE_CREATE:
			create(replay, payload, size);
			break;
		case BH_TRACE_DESTROY:
			destroy(replay, payload, size);
			break;
		case BH_TRACE_PAGES:
			fill_pages(replay, payload, size);
			break;
		case BH_TRACE_TRANSFER_IN:
		case BH_TRACE_TRANSFER_OUT:
			move(replay, payload, size, kind == BH_TRACE_TRANSFER_OUT);
			break;
		case BH_TRACE_SUBMIT: {
			uint32_t *dwords = bh_alloc((size_t)size + 4);

			memcpy(dwords, payload, size);
			bh_gpu_submit(replay->gpu, CONTEXT, dwords, size / 4);
			free(dwords);
			replay->frame++;
			return true;
		}
		default:
			break;
		}
	}
	return false;
}

uint8_t *bh_replay_picture(struct bh_replay *replay, uint32_t *width, uint32_t *height)
{
	uint32_t target = bh_gpu_context_target(replay->gpu, CONTEXT);
	struct bh_gpu_resource_args args;
	uint8_t *pixels;

	if (!target || bh_gpu_resource_info(replay->gpu, target, &args))
		return NULL;
	pixels = bh_try_alloc((size_t)args.width * args.height, 4);
	if (!pixels)
		return NULL;
	if (bh_gpu_read_pixels(replay->gpu, target, 0, 0, args.width, args.height, pixels,
			       (size_t)args.width * 4)) {
		free(pixels);
		return NULL;
	}
	*width = args.width;
	*height = args.height;
	return pixels;
}

uint64_t bh_picture_hash(uint64_t hash, const uint8_t *pixels, uint32_t width, uint32_t height)
{
	size_t count = (size_t)width * height * 4;

	if (!hash)
		hash = 0xcbf29ce484222325ull;
	for (size_t i = 0; i < count; i++)
		hash = (hash ^ pixels[i]) * 0x100000001b3ull;
	return hash;
}
