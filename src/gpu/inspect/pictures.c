/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pictures of what changes. A page needs no whole picture a step: for each tile it gets a PNG whose
 * unchanged pixels are transparent, and lays one over the other.
 */
#include "gpu/inspect/private.h"

#include "base/alloc.h"
#include "gpu/server/png.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PICTURES_MAX  (48u << 20) /* bytes of PNGs of one page */
#define TARGET_PIXELS (1u << 24)  /* of all images that one page shows */

/* The bytes as "data:image/png;base64,...". */
static json_t *data_uri(const struct bh_buf *png)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *data = (const uint8_t *)png->data;
	struct bh_buf text;
	json_t *result;

	bh_buf_init(&text);
	bh_buf_adds(&text, "data:image/png;base64,");
	for (size_t i = 0; i < png->length; i += 3) {
		size_t left = png->length - i;
		uint32_t bits = (uint32_t)data[i] << 16 |
				(left > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
				(left > 2 ? data[i + 2] : 0);
		char out[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
			       left > 1 ? digits[bits >> 6 & 63] : '=',
			       left > 2 ? digits[bits & 63] : '='};

		bh_buf_add(&text, out, 4);
	}
	result = json_string(bh_buf_str(&text));
	bh_buf_finish(&text);
	return result;
}

static json_t *picture(struct bh_capture *capture, const uint8_t *pixels, uint32_t width,
		       uint32_t height)
{
	struct bh_buf png;
	json_t *result;

	if (capture->picture_bytes > PICTURES_MAX) {
		capture->cut = true;
		return json_null();
	}
	bh_buf_init(&png);
	bh_png_write(&png, pixels, width, height, BH_PNG_ALPHA, false);
	capture->picture_bytes += png.length;
	result = data_uri(&png);
	bh_buf_finish(&png);
	return result;
}

static bool same(const struct bh_surface *a, const struct bh_surface *b)
{
	return a->resource == b->resource && a->data == b->data;
}

/* Of several samples, their mean: what a resolve would give. */
static void fetch_pixel(const struct bh_surface *surface, uint32_t x, uint32_t y, uint8_t out[4])
{
	const uint8_t *texel = surface->data + (size_t)y * surface->row_stride +
			       (size_t)x * surface->format->bytes;
	float sum[4] = {0}, rgba[4];

	for (unsigned i = 0; i < surface->samples; i++) {
		bh_format_fetch_linear(surface->format, texel + i * surface->sample_stride, rgba);
		for (unsigned c = 0; c < 4; c++)
			sum[c] += rgba[c] / (float)surface->samples;
	}
	bh_format_pack(bh_format_get(1), sum, 15, out);
	out[3] = 255; /* a window's alpha would hide it */
}

static float fetch_depth(const struct bh_surface *surface, uint32_t x, uint32_t y)
{
	return bh_format_fetch_depth(surface->format, surface->data +
							      (size_t)y * surface->row_stride +
							      (size_t)x * surface->format->bytes);
}

/* The new target's first picture belongs to the page's list of targets, not to a step. */
static void add_target(struct bh_capture *capture, const struct bh_framebuffer *framebuffer)
{
	struct bh_inspected_target *target;
	struct bh_rect all = {0, 0, (int32_t)framebuffer->width, (int32_t)framebuffer->height};
	size_t pixels = (size_t)framebuffer->width * framebuffer->height;
	json_t *first;

	bh_grow((void **)&capture->targets.items, &capture->targets.capacity,
		capture->targets.count + 1, sizeof(*target));
	target = &capture->targets.items[capture->targets.count++];
	*target = (struct bh_inspected_target){
		.color = framebuffer->colors[0],
		.depth = framebuffer->depth,
		.width = framebuffer->width,
		.height = framebuffer->height,
	};
	if (target->color.resource)
		bh_resource_ref(target->color.resource);
	if (target->depth.resource)
		bh_resource_ref(target->depth.resource);
	target->pixels = bh_alloc(pixels * 4);
	if (target->depth.resource && target->depth.format->depth_bits) {
		target->depths = bh_alloc(pixels * sizeof(float));
		for (size_t i = 0; i < pixels; i++)
			target->depths[i] = NAN;
	}
	first = bh_inspect_changes(capture, (int)capture->targets.count - 1, &all);
	json_array_append_new(
		capture->target_list,
		json_pack("{s:i,s:i,s:i,s:i,s:b,s:o}", "samples",
			  target->color.resource ? (int)target->color.samples : 1, "width",
			  (int)target->width, "height", (int)target->height, "resource",
			  target->color.resource ? (int)target->color.resource->args.handle : 0,
			  "hasDepth", target->depths != NULL, "first",
			  first ? first : json_null()));
}

int bh_inspect_target(struct bh_capture *capture, const struct bh_framebuffer *framebuffer)
{
	if (!framebuffer->width || !framebuffer->height)
		return -1;
	for (size_t i = 0; i < capture->targets.count; i++) {
		const struct bh_inspected_target *target = &capture->targets.items[i];

		if (same(&target->color, &framebuffer->colors[0]) &&
		    same(&target->depth, &framebuffer->depth) &&
		    target->width == framebuffer->width && target->height == framebuffer->height)
			return (int)i;
	}
	capture->target_pixels += (size_t)framebuffer->width * framebuffer->height;
	if (capture->target_pixels > TARGET_PIXELS) {
		capture->cut = true;
		return -1;
	}
	add_target(capture, framebuffer);
	return (int)capture->targets.count - 1;
}

static size_t change_colors(struct bh_inspected_target *target, const struct bh_rect *area,
			    uint8_t *patch)
{
	size_t changed = 0;

	for (int32_t y = area->y0; target->color.resource && y < area->y1; y++) {
		for (int32_t x = area->x0; x < area->x1; x++, patch += 4) {
			uint8_t *known =
				target->pixels + ((size_t)y * target->width + (size_t)x) * 4;

			fetch_pixel(&target->color, (uint32_t)x, (uint32_t)y, patch);
			if (!memcmp(known, patch, 4)) {
				memset(patch, 0, 4);
				continue;
			}
			memcpy(known, patch, 4);
			changed++;
		}
	}
	return changed;
}

static size_t change_depths(struct bh_inspected_target *target, const struct bh_rect *area,
			    float *patch)
{
	size_t changed = 0;

	for (int32_t y = area->y0; target->depths && y < area->y1; y++) {
		for (int32_t x = area->x0; x < area->x1; x++, patch++) {
			float *known = target->depths + (size_t)y * target->width + x;
			float now = fetch_depth(&target->depth, (uint32_t)x, (uint32_t)y);

			*patch = NAN;
			if (now == *known)
				continue;
			*patch = *known = now;
			changed++;
		}
	}
	return changed;
}

json_t *bh_inspect_changes(struct bh_capture *capture, int number, const struct bh_rect *area)
{
	struct bh_inspected_target *target = &capture->targets.items[number];
	uint32_t width = (uint32_t)(area->x1 - area->x0), height = (uint32_t)(area->y1 - area->y0);
	uint8_t *pixels = bh_alloc((size_t)width * height * 4);
	float *depths = bh_alloc((size_t)width * height * sizeof(float));
	size_t colors = change_colors(target, area, pixels);
	size_t depth = change_depths(target, area, depths);
	json_t *tile = NULL;

	if (colors || depth)
		tile = json_pack("{s:i,s:i,s:I,s:I,s:o}", "x", (int)area->x0, "y", (int)area->y0,
				 "pixels", (json_int_t)colors, "depths", (json_int_t)depth, "color",
				 colors ? picture(capture, pixels, width, height) : json_null());
	if (depth) {
		bh_grow((void **)&capture->patches.items, &capture->patches.capacity,
			capture->patches.count + 1, sizeof(*capture->patches.items));
		capture->patches.items[capture->patches.count++] =
			(struct bh_depth_patch){tile, width, height, depths};
		depths = NULL;
	}
	free(pixels);
	free(depths);
	return tile;
}

/* Near is white. What is as far as can be (a cleared buffer) does not stretch the range. */
void bh_inspect_finish_depths(struct bh_capture *capture)
{
	float low = 1.0f, high = 0.0f;

	for (size_t i = 0; i < capture->patches.count; i++) {
		const struct bh_depth_patch *patch = &capture->patches.items[i];

		for (size_t k = 0; k < (size_t)patch->width * patch->height; k++) {
			float depth = patch->depths[k];

			if (!(depth < 1.0f))
				continue;
			low = depth < low ? depth : low;
			high = depth > high ? depth : high;
		}
	}
	for (size_t i = 0; i < capture->patches.count; i++) {
		struct bh_depth_patch *patch = &capture->patches.items[i];
		size_t count = (size_t)patch->width * patch->height;
		uint8_t *pixels = bh_alloc(count * 4);

		for (size_t k = 0; k < count; k++) {
			float depth = patch->depths[k];
			float nearness =
				depth >= 1.0f || high <= low ? 0.0f : (high - depth) / (high - low);

			if (isnan(depth))
				continue;
			memset(pixels + k * 4, depth >= 1.0f ? 0 : 40 + (int)(nearness * 215.0f),
			       3);
			pixels[k * 4 + 3] = 255;
		}
		json_object_set_new(patch->tile, "depth",
				    picture(capture, pixels, patch->width, patch->height));
		free(pixels);
		free(patch->depths);
	}
	capture->patches.count = 0;
}
