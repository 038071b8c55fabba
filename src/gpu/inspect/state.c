/* SPDX-License-Identifier: Apache-2.0 */
/* Bound state in words. */
#include "gpu/inspect/private.h"

#include "base/buf.h"

#include <stdarg.h>

static const char *const compares[] = {"never", "<", "=", "<=", ">", "!=", ">=", "always"};
static const char *const stencil_ops[] = {
	"keep",  "zero", "replace", "increment", "decrement", "increment, wrap", "decrement, wrap",
	"invert"};
static const char *const wraps[] = {
	"repeat",          "clamp",          "clamp to edge",          "clamp to border",
	"mirrored repeat", "mirrored clamp", "mirrored clamp to edge", "mirrored clamp to border"};
static const char *const mips[] = {"nearest level", "between levels", "one level"};
static const char *const targets[] = {"1D",       "2D",       "3D",       "cube",  "rectangle",
				      "1D array", "2D array", "1D",       "2D",    "rectangle",
				      "cube",     "1D array", "2D array", "buffer"};

__attribute__((format(printf, 3, 4))) static void add(json_t *rows, const char *what,
						      const char *format, ...)
{
	struct bh_buf text;
	va_list args;

	bh_buf_init(&text);
	va_start(args, format);
	bh_buf_vaddf(&text, format, args);
	va_end(args);
	json_array_append_new(rows, json_pack("[s,s]", what, bh_buf_str(&text)));
	bh_buf_finish(&text);
}

static const char *factor_name(unsigned factor)
{
	static const char *const names[] = {"?",
					    "1",
					    "source",
					    "source alpha",
					    "target alpha",
					    "target",
					    "min(source alpha, 1 - target alpha)",
					    "constant",
					    "constant alpha",
					    "source 1",
					    "source 1 alpha"};
	static const char *const inverted[] = {"?",
					       "0",
					       "1 - source",
					       "1 - source alpha",
					       "1 - target alpha",
					       "1 - target",
					       "?",
					       "1 - constant",
					       "1 - constant alpha",
					       "1 - source 1",
					       "1 - source 1 alpha"};
	unsigned index = factor & 15;

	if (index >= sizeof(names) / sizeof(names[0]))
		return "?";
	return factor & BH_FACTOR_INVERTED ? inverted[index] : names[index];
}

static void add_blend(json_t *rows, const struct bh_blend_target *target)
{
	static const char *const joins[] = {"+", "-", "subtracted from", "min", "max"};
	const char *join = target->rgb_func < 5 ? joins[target->rgb_func] : "?";

	if (!target->enabled)
		add(rows, "blending", "off: the program's colour is written");
	else if (target->rgb_func >= BH_BLEND_MIN)
		add(rows, "blending", "%s of source and target", join);
	else
		add(rows, "blending", "source x (%s) %s target x (%s)",
		    factor_name(target->rgb_src), join, factor_name(target->rgb_dst));
	if (target->mask != 15)
		add(rows, "written", "%s%s%s%s%s", target->mask & 1 ? "red " : "",
		    target->mask & 2 ? "green " : "", target->mask & 4 ? "blue " : "",
		    target->mask & 8 ? "alpha" : "", target->mask ? "" : "no colour");
}

static void add_depth(json_t *rows, const struct bh_depth_stencil *state)
{
	const struct bh_stencil *stencil = &state->stencil[0];

	if (state->depth_test)
		add(rows, "depth test", "passes where new %s old; %s",
		    compares[state->depth_func & 7],
		    state->depth_write ? "then written" : "not written");
	else
		add(rows, "depth test", "off");
	if (stencil->enabled)
		add(rows, "stencil test", "%s; fails: %s, depth fails: %s, passes: %s",
		    compares[stencil->func & 7], stencil_ops[stencil->fail & 7],
		    stencil_ops[stencil->depth_fail & 7], stencil_ops[stencil->pass & 7]);
	if (state->alpha_test)
		add(rows, "alpha test", "%s %g", compares[state->alpha_func & 7],
		    (double)state->alpha_ref);
}

static void add_rasterizer(json_t *rows, const struct bh_sub_context *sub)
{
	static const char *const culls[] = {"nothing", "front faces", "back faces", "both faces"};
	const struct bh_rasterizer *raster = &sub->rasterizer;
	const struct bh_viewport *v = &sub->viewport;

	add(rows, "culled", "%s; front is %s", culls[raster->cull & 3],
	    raster->front_ccw ? "counter-clockwise" : "clockwise");
	add(rows, "viewport", "%g x %g at (%g, %g), depth x %g + %g", 2.0 * (double)v->scale[0],
	    2.0 * (double)v->scale[1], (double)v->translate[0] - (double)v->scale[0],
	    (double)v->translate[1] - (double)v->scale[1], (double)v->scale[2],
	    (double)v->translate[2]);
	if (raster->scissor)
		add(rows, "scissor", "(%d, %d) to (%d, %d)", sub->scissor.x0, sub->scissor.y0,
		    sub->scissor.x1, sub->scissor.y1);
	if (raster->offset_fill)
		add(rows, "depth offset", "%g units, %g x slope", (double)raster->offset_units,
		    (double)raster->offset_scale);
	if (raster->flat)
		add(rows, "colours", "flat: one vertex's for the whole primitive");
}

static void add_inputs(json_t *rows, const struct bh_sub_context *sub)
{
	for (unsigned i = 0; i < sub->elements.count; i++) {
		const struct bh_vertex_element *element = &sub->elements.items[i];
		const struct bh_vertex_buffer *buffer = &sub->buffers[element->buffer];

		if (!buffer->resource)
			continue;
		add(rows, "vertex input", "%u: %s at byte %u of each %u of resource %u", i,
		    element->format->name, buffer->offset + element->offset, buffer->stride,
		    buffer->resource->args.handle);
	}
}

static void add_textures(json_t *rows, const struct bh_stage_state *stage, const char *name)
{
	uint32_t used = stage->shader ? bh_shader_info(stage->shader->shader)->samplers_used : 0;

	for (unsigned i = 0; i < BH_SHADER_SAMPLERS_MAX; i++) {
		const struct bh_view_object *object = stage->views[i];
		const struct bh_sampler *sampler = &stage->samplers[i];
		const struct bh_texture_view *view;

		if (!(used >> i & 1) || !object)
			continue;
		view = &object->view;
		add(rows, name,
		    "%u: resource %u, %s, %s %ux%u, %u level%s; smaller: %s, larger: %s, %s; %s, "
		    "%s",
		    i, object->resource->args.handle, view->format->name, targets[view->target],
		    view->levels[0].width, view->levels[0].height, view->level_count,
		    view->level_count == 1 ? "" : "s", sampler->min ? "linear" : "nearest",
		    sampler->mag ? "linear" : "nearest", mips[sampler->mip],
		    wraps[sampler->wrap[0]], wraps[sampler->wrap[1]]);
	}
}

static void add_framebuffer(json_t *rows, const struct bh_framebuffer *framebuffer)
{
	for (unsigned i = 0; i < framebuffer->color_count; i++) {
		const struct bh_surface *surface = &framebuffer->colors[i];

		if (surface->resource)
			add(rows, "colour target", "%u: resource %u, %s %ux%u", i,
			    surface->resource->args.handle, surface->format->name, surface->width,
			    surface->height);
	}
	if (framebuffer->depth.resource)
		add(rows, "depth target", "resource %u, %s",
		    framebuffer->depth.resource->args.handle, framebuffer->depth.format->name);
}

json_t *bh_inspect_state(const struct bh_context *context, const struct bh_command_args *draw)
{
	const struct bh_sub_context *sub = context->sub;
	json_t *rows = json_array();

	if (draw) {
		add(rows, "draws", "%s: %u %s%s", bh_primitive_name(draw->args[2]), draw->args[1],
		    draw->args[3] ? "indices" : "vertices", draw->args[4] > 1 ? ", instanced" : "");
		if (draw->args[4] > 1)
			add(rows, "instances", "%u", draw->args[4]);
	}
	add_framebuffer(rows, &sub->framebuffer);
	if (!draw)
		return rows;
	add_inputs(rows, sub);
	add_rasterizer(rows, sub);
	add_depth(rows, &sub->depth_stencil);
	add_blend(rows, &sub->blend.targets[0]);
	add_textures(rows, &sub->stages[BH_STAGE_VERTEX], "vertex texture");
	add_textures(rows, &sub->stages[BH_STAGE_FRAGMENT], "texture");
	return rows;
}
