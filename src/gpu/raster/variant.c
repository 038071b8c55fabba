/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/raster/variant.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS 256
/* Beyond this the one that was not drawn with for longest goes: a guest must not fill memory. */
#define LIMIT_DEFAULT 1024
/* The scene at hand, and the one with the workers. */
#define SCENES 2

struct bh_variants {
	struct bh_variant *slots[SLOTS];
	unsigned count, limit;
	uint64_t scene; /* the last that was drawn to */
	bool now;
	struct bh_compiler *compiler;
};

struct bh_variants *bh_variants_create(bool now, unsigned limit)
{
	struct bh_variants *variants = bh_alloc(sizeof(*variants));

	variants->now = now;
	variants->limit = limit ? limit : LIMIT_DEFAULT;
	variants->compiler = bh_compiler_create(now);
	return variants;
}

unsigned bh_variants_count(const struct bh_variants *variants)
{
	return variants->count;
}

void bh_variant_free(struct bh_variant *variant)
{
	bh_fused_destroy(variant->code);
	bh_fused_destroy(variant->better);
	free(variant);
}

void bh_variants_destroy(struct bh_variants *variants)
{
	if (!variants)
		return;
	bh_compiler_destroy(variants->compiler);
	for (unsigned i = 0; i < SLOTS; i++) {
		while (variants->slots[i]) {
			struct bh_variant *next = variants->slots[i]->next;

			bh_variant_free(variants->slots[i]);
			variants->slots[i] = next;
		}
	}
	free(variants);
}

/* `at`: where the table has it. */
static void remove_variant(struct bh_variants *variants, struct bh_variant **at)
{
	struct bh_variant *variant = *at;

	*at = variant->next;
	variants->count--;
	if (bh_compiler_withdraw(variants->compiler, variant))
		bh_variant_free(variant);
}

static struct bh_variant **place_of(struct bh_variants *variants, const struct bh_variant *variant)
{
	struct bh_variant **at = &variants->slots[variant->hash % SLOTS];

	while (*at != variant)
		at = &(*at)->next;
	return at;
}

/* Those with quads go with those that have them. False: all are in use. */
static bool make_room(struct bh_variants *variants, uint64_t scene)
{
	struct bh_variant *oldest = NULL;

	for (unsigned i = 0; i < SLOTS; i++) {
		for (struct bh_variant *at = variants->slots[i]; at; at = at->next) {
			if (!at->key.quads && (!oldest || at->used < oldest->used))
				oldest = at;
		}
	}
	if (!oldest || oldest->used + SCENES > scene)
		return false;
	if (oldest->quads)
		remove_variant(variants, place_of(variants, oldest->quads));
	remove_variant(variants, place_of(variants, oldest));
	return true;
}

void bh_variants_forget(struct bh_variants *variants, const struct bh_program *program)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		struct bh_variant **at = &variants->slots[i];

		while (*at) {
			struct bh_variant *variant = *at;

			if (variant->key.program == program)
				remove_variant(variants, at);
			else
				at = &variant->next;
		}
	}
}

static bool has_border(enum bh_wrap wrap)
{
	return wrap == BH_WRAP_CLAMP || wrap == BH_WRAP_CLAMP_TO_BORDER ||
	       wrap == BH_WRAP_MIRROR_CLAMP || wrap == BH_WRAP_MIRROR_CLAMP_TO_BORDER;
}

static enum bh_fused_texture_kind kind_of(const struct bh_texture_view *view)
{
	switch (view->target) {
	case BH_TEX_2D:
		return BH_FUSED_2D;
	case BH_TEX_2D_ARRAY:
		return BH_FUSED_ARRAY;
	case BH_TEX_3D:
		return BH_FUSED_3D;
	case BH_TEX_CUBE:
		return BH_FUSED_CUBE;
	default:
		return BH_FUSED_CALL;
	}
}

/* A border of depth has one number, in all that results show of it. */
static bool fill_depth_texel(const struct bh_texture_view *view, bool border,
			     struct bh_fused_texture *texture)
{
	if (view->target != BH_TEX_2D)
		return false;
	for (unsigned i = 0; i < 4; i++) {
		unsigned from = view->swizzle[i];

		if (border && from >= BH_SWIZZLE_Y && from <= BH_SWIZZLE_W)
			return false;
	}
	texture->texel = BH_FUSED_DEPTH;
	memcpy(texture->place, view->swizzle, 4);
	texture->compares = view->sampler.compares;
	texture->compare = (uint8_t)view->sampler.compare;
	return true;
}

/* Integers are not weighed: what a filter between their levels gives is nobody's picture. */
static bool fill_other_texel(const struct bh_texture_view *view, struct bh_fused_texture *texture)
{
	const struct bh_sampler *sampler = &view->sampler;
	const struct bh_format *format = view->format;

	if (bh_format_is_integer(format) &&
	    (sampler->min == BH_FILTER_LINEAR || sampler->mag == BH_FILTER_LINEAR ||
	     sampler->mip == BH_MIP_LINEAR))
		return false;
	if (format->bits[0] > 32 || (format->type == BH_CHANNEL_UNORM && format->bits[0] > 16))
		return false;
	texture->texel = BH_FUSED_OTHER;
	memcpy(texture->from, view->swizzle, 4);
	return true;
}

static bool fill_texel(const struct bh_texture_view *view, bool border,
		       struct bh_fused_texture *texture)
{
	bool bytes = view->texel == BH_TEXEL_UNORM8X4 || view->texel == BH_TEXEL_UNORM8X1;

	memcpy(texture->place, view->place, 4);
	texture->format = view->format;
	if (bytes) {
		texture->texel =
			view->texel == BH_TEXEL_UNORM8X4 ? BH_FUSED_BYTES4 : BH_FUSED_BYTES1;
		return !border || view->border_is_texel;
	}
	if (bh_format_is_depth(view->format))
		return fill_depth_texel(view, border, texture);
	return fill_other_texel(view, texture);
}

/* What generated code does by itself; everything else it leaves to bh_texture_sample(). */
static void fill_texture(const struct bh_texture_view *view, struct bh_fused_texture *texture)
{
	enum bh_fused_texture_kind kind;
	const struct bh_sampler *sampler;
	bool border = false;

	texture->kind = BH_FUSED_UNBOUND;
	if (!view)
		return;
	texture->kind = BH_FUSED_CALL;
	sampler = &view->sampler;
	kind = kind_of(view);
	/* Generated code computes a texel's place in 32 bits. */
	if (kind == BH_FUSED_CALL || view->anisotropic ||
	    view->levels[0].layer_stride * view->levels[0].depth > INT32_MAX)
		return;
	for (unsigned i = 0; i < 3; i++) {
		bool used = i < 2 || kind == BH_FUSED_3D;

		texture->wrap[i] = !used || kind == BH_FUSED_CUBE ? BH_WRAP_CLAMP_TO_EDGE
								  : (uint8_t)sampler->wrap[i];
		border |= has_border(texture->wrap[i]);
	}
	if (!fill_texel(view, border, texture)) {
		memset(texture, 0, sizeof(*texture)); /* BH_FUSED_CALL: all such are alike */
		return;
	}
	texture->kind = (uint8_t)kind;
	texture->min = (uint8_t)sampler->min;
	texture->mag = (uint8_t)sampler->mag;
	texture->mip = (uint8_t)sampler->mip;
	texture->one_level = view->level_count == 1;
	texture->fetches = texture->one_level && view->samples <= 1 && kind != BH_FUSED_CUBE;
	texture->seamless = kind == BH_FUSED_CUBE && sampler->seamless_cube;
}

static void fill_color(const struct bh_draw *draw, unsigned index, const struct bh_surface *surface,
		       struct bh_fused_color *color)
{
	const struct bh_blend_target *target = &draw->blend.targets[index];
	const struct bh_format *format = surface->format;

	if (!surface->resource || draw->color_output[index] < 0 || !target->mask)
		return;
	color->format = format;
	color->output = (int8_t)draw->color_output[index];
	color->mask = target->mask;
	if (draw->blend.logic_op) {
		color->combines = bh_format_is_integer(format) ||
				  (format->type == BH_CHANNEL_UNORM && !format->srgb);
		color->logic_func = color->combines ? draw->blend.logic_func : 0;
		return;
	}
	if (!target->enabled || bh_format_is_integer(format))
		return;
	color->blends = true;
	color->rgb_func = target->rgb_func;
	color->rgb_src = target->rgb_src;
	color->rgb_dst = target->rgb_dst;
	color->alpha_func = target->alpha_func;
	color->alpha_src = target->alpha_src;
	color->alpha_dst = target->alpha_dst;
}

/* Masks and references may change from draw to draw: they are not the key's. */
static void fill_stencil(const struct bh_draw *draw, struct bh_fused_key *key)
{
	key->stencil_sides = draw->depth.stencil[1].enabled ? 2 : 1;
	for (unsigned i = 0; i < key->stencil_sides; i++) {
		const struct bh_stencil *from = &draw->depth.stencil[i];
		struct bh_fused_stencil *to = &key->stencil[i];

		to->func = from->func;
		if (!from->write_mask)
			continue; /* BH_STENCIL_KEEP is 0 */
		to->fail = from->fail;
		to->pass = from->pass;
		to->depth_fail = draw->depth_used ? from->depth_fail : from->pass;
		if (to->fail | to->pass | to->depth_fail)
			key->stencil_writes = true;
	}
}

/* False when the format or the program's outputs are what generated code has not. */
static bool fill_tests(const struct bh_draw *draw, struct bh_fused_key *key)
{
	const struct bh_format *format = draw->depth_format;

	key->depth_output = -1;
	if (!draw->depth_used && !draw->stencil_used)
		return true;
	if ((format->depth_bits == 32 && !format->depth_float) || draw->stencil_output >= 0)
		return false;
	key->depth_format = format;
	if (draw->stencil_used)
		fill_stencil(draw, key);
	if (!draw->depth_used)
		return true;
	key->depth_used = true;
	key->depth_write = draw->depth.depth_write;
	key->depth_func = draw->depth.depth_func;
	key->depth_output = (int8_t)draw->depth_output;
	return true;
}

static void fill_alpha(const struct bh_draw *draw, struct bh_fused_key *key)
{
	bool samples = key->samples > 1 && draw->raster.multisample;

	key->alpha_to_one = samples && draw->blend.alpha_to_one;
	if (draw->color_output[0] < 0)
		return;
	key->alpha_to_coverage = samples && draw->blend.alpha_to_coverage;
	key->alpha_test = draw->depth.alpha_test;
	key->alpha_func = key->alpha_test ? draw->depth.alpha_func : 0;
	if (key->alpha_to_coverage || key->alpha_test)
		key->alpha_output = (int8_t)draw->color_output[0];
}

static bool fill_key(const struct bh_draw *draw, const struct bh_framebuffer *framebuffer,
		     struct bh_fused_key *key)
{
	memset(key, 0, sizeof(*key));
	key->samples = (uint8_t)framebuffer->samples;
	key->program = draw->program;
	key->second_output = (int8_t)draw->second_output;
	key->clamps_colors = draw->raster.clamp_fragment_color;
	key->depth_clamps = draw->depth_range[0] > 0 || draw->depth_range[1] < 1;
	for (unsigned i = 0; i < draw->input_count; i++) {
		const struct bh_input *input = &draw->inputs[i];

		if (input->kind == BH_INPUT_PRIMITIVE)
			return false;
		key->inputs[i].kind = input->kind;
		if (input->kind != BH_INPUT_ATTR)
			continue;
		key->inputs[i].mask = input->mask;
		key->inputs[i].flat = input->flat;
		key->inputs[i].perspective = input->perspective;
		key->inputs[i].centroid = input->centroid && framebuffer->samples > 1;
	}
	for (unsigned i = 0; i < BH_SHADER_SAMPLERS_MAX; i++) {
		if (draw->fragment.samplers_used >> i & 1)
			fill_texture(draw->textures[i], &key->textures[i]);
	}
	key->color_count = (uint8_t)framebuffer->color_count;
	for (unsigned i = 0; i < framebuffer->color_count; i++)
		fill_color(draw, i, &framebuffer->colors[i], &key->colors[i]);
	fill_alpha(draw, key);
	key->counts = draw->samples != NULL;
	return fill_tests(draw, key);
}

static uint64_t hash_key(const struct bh_fused_key *key)
{
	const uint64_t *words = (const void *)key;
	uint64_t hash = 0xcbf29ce484222325ull;

	_Static_assert(sizeof(*key) % sizeof(uint64_t) == 0, "read by words");
	for (size_t i = 0; i < sizeof(*key) / sizeof(*words); i++) {
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 29;
	}
	return hash;
}

static void add(struct bh_variants *variants, struct bh_variant *variant)
{
	struct bh_variant **slot = &variants->slots[variant->hash % SLOTS];
	enum bh_compiler_queue queue = BH_COMPILER_URGENT;

	variant->next = *slot;
	*slot = variant;
	variants->count++;
	if (variant->key.alone == BH_FUSED_ALONE_HINT)
		queue = BH_COMPILER_HINT;
	else if (variant->key.alone || variant->key.quads)
		queue = BH_COMPILER_LATER;
	bh_compiler_add(variants->compiler, variant, queue);
}

static struct bh_variant *find_or_add(struct bh_variants *variants, const struct bh_fused_key *key,
				      uint64_t scene)
{
	uint64_t hash = hash_key(key);
	struct bh_variant *variant;

	for (variant = variants->slots[hash % SLOTS]; variant; variant = variant->next) {
		/* Padding is zero, too. NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
		if (variant->hash == hash && !memcmp(&variant->key, key, sizeof(*key)))
			return variant;
	}
	while (variants->count >= variants->limit) {
		if (!make_room(variants, scene))
			return NULL;
	}
	variant = bh_alloc(sizeof(*variant));
	variant->used = scene;
	variant->key = *key;
	variant->hash = hash;
	add(variants, variant);
	return variant;
}

static void make_alone(struct bh_variants *variants, struct bh_program *program, uint8_t how)
{
	struct bh_fused_key key;

	memset(&key, 0, sizeof(key));
	key.program = program;
	key.alone = how;
	find_or_add(variants, &key, variants->scene);
}

void bh_variants_improve(struct bh_variants *variants, struct bh_program *program)
{
	make_alone(variants, program, BH_FUSED_ALONE_GOOD);
}

void bh_variants_hint(struct bh_variants *variants, struct bh_program *program)
{
	if (!variants->now)
		make_alone(variants, program, BH_FUSED_ALONE_HINT);
}

bool bh_variants_are_settled(struct bh_variants *variants)
{
	return bh_compiler_is_settled(variants->compiler);
}

void bh_variants_settle(struct bh_variants *variants)
{
	bh_compiler_settle(variants->compiler);
}

void bh_variants_finish(struct bh_variants *variants, unsigned milliseconds)
{
	bh_compiler_finish(variants->compiler, milliseconds);
}

struct bh_variant *bh_variants_find(struct bh_variants *variants, const struct bh_draw *draw,
				    const struct bh_framebuffer *framebuffer, uint64_t scene)
{
	struct bh_fused_key key;
	struct bh_variant *variant;

	if (!draw->program || !bh_fused_possible(draw->program) ||
	    !fill_key(draw, framebuffer, &key))
		return NULL;
	variants->scene = scene;
	variant = find_or_add(variants, &key, scene);
	if (!variant)
		return NULL;
	variant->used = scene;
	/* A group of four lanes is a quad as it is. */
	if (!variant->quads && key.samples <= 1 && bh_program_lanes(draw->program) > 4 &&
	    (variants->now || atomic_load(&variant->wants_quads))) {
		key.quads = true;
		variant->quads = find_or_add(variants, &key, scene);
	}
	return variant;
}
