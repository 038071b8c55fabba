/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share. */
#ifndef BH_GPU_INSPECT_PRIVATE_H
#define BH_GPU_INSPECT_PRIVATE_H

#include "gpu/inspect/inspect.h"
#include "gpu/virgl/context.h"

#include <jansson.h>

/* The text of a shader object, and what was made of it when first asked for. */
struct bh_inspected_shader {
	const struct bh_shader_object *object;
	enum bh_stage stage;
	struct bh_buf text;
	bool listed;
};

/* An image that is drawn to, with what of it the page has been told. */
struct bh_inspected_target {
	struct bh_surface color, depth;
	uint32_t width, height;
	uint8_t *pixels; /* B8G8R8A8 */
	float *depths;   /* NULL: no depth */
};

/* Depths that changed; they become grey when the range of all is known. */
struct bh_depth_patch {
	json_t *tile; /* borrowed: part of a step */
	uint32_t width, height;
	float *depths; /* NaN: unchanged */
};

struct bh_capture {
	struct bh_observer observer;
	struct bh_gpu *gpu;
	bool active;
	struct {
		struct bh_inspected_shader *items;
		size_t count, capacity;
	} shaders;
	struct {
		struct bh_inspected_target *items;
		size_t count, capacity;
	} targets;
	struct {
		struct bh_depth_patch *items;
		size_t count, capacity;
	} patches;
	struct {
		const struct bh_variant **items; /* those listed */
		size_t count, capacity;
	} variants;
	json_t *steps, *target_list, *shader_list, *variant_list;
	size_t picture_bytes, target_pixels;
	bool cut;       /* pictures or steps were left out: there are too many */
	uint64_t since; /* nanoseconds: when the last command ended */
};

/* names.c */
const char *bh_command_name(uint32_t number);
const char *bh_object_type_name(uint32_t type);
const char *bh_primitive_name(unsigned primitive);

/* state.c: bound state as rows of [what, value]. */
json_t *bh_inspect_state(const struct bh_context *context, const struct bh_command_args *draw);

/* geometry.c: what the front end made of a draw: vertices, triangles, bins. */
json_t *bh_inspect_geometry(const struct bh_scene *scene);

/* shaders.c: collects texts as they arrive. */
void bh_inspect_shader_text(struct bh_capture *capture, struct bh_context *context,
			    const struct bh_command_args *args);
/* The page's number of a bound shader, or -1. */
int bh_inspect_shader(struct bh_capture *capture, const struct bh_shader_object *object);

/* The page's number of the fused code of the draw that the scene has; -1: it has none. */
int bh_inspect_fused(struct bh_capture *capture, const struct bh_scene *scene);

/* pictures.c: the framebuffer's target (made when it is new), and its tiles as they are drawn. */
int bh_inspect_target(struct bh_capture *capture, const struct bh_framebuffer *framebuffer);
/* What changed in a rectangle since the last look: a tile of the step, or NULL for nothing. */
json_t *bh_inspect_changes(struct bh_capture *capture, int target, const struct bh_rect *area);
/* After the last step: depths become grey pictures. */
void bh_inspect_finish_depths(struct bh_capture *capture);

#endif
