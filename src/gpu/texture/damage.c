/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests in two steps. Eight rows of texels become two sums of products, each of a pair of texels
 * with numbers of the key added (NH, of UMAC): they are the same for different texels with a
 * probability of 2^-32 each. The sums of all rows, their halves weighted with further numbers, make
 * two sums again, of which the upper half is random. The second step adds 2^-64 to what the first
 * has missed.
 */
#include "gpu/texture/damage.h"

#include "base/alloc.h"
#include "gpu/texture/resource.h"

#include <stddef.h>
#include <string.h>

#define TILE   BH_DAMAGE_TILE
#define ROWS   BH_DAMAGE_ROWS
#define BLOCKS (TILE / ROWS)

struct bh_damage *bh_damage_of(struct bh_resource *resource, const struct bh_damage_key *key)
{
	const struct bh_level_layout *level = &resource->levels[0];
	uint32_t x = (level->width + TILE - 1) / TILE, y = (level->height + TILE - 1) / TILE;

	if (resource->damage)
		return resource->damage;
	if (resource->samples > 1 || resource->format->bytes != 4 ||
	    bh_resource_is_buffer(resource))
		return NULL;
	resource->damage = bh_alloc(offsetof(struct bh_damage, tiles) +
				    (size_t)x * y * sizeof(struct bh_damage_tile));
	resource->damage->key = key;
	resource->damage->tiles_x = x;
	resource->damage->tiles_y = y;
	return resource->damage;
}

static struct bh_damage_tile *tile_at(const struct bh_resource *resource, uint32_t x, uint32_t y)
{
	return &resource->damage->tiles[(size_t)y * resource->damage->tiles_x + x];
}

void bh_damage_mark(struct bh_resource *resource, unsigned level, const struct bh_gpu_box *box)
{
	if (!resource->damage || level || box->z)
		return;
	for (uint32_t y = box->y / TILE; y <= (box->y + box->h - 1) / TILE; y++) {
		for (uint32_t x = box->x / TILE; x <= (box->x + box->w - 1) / TILE; x++)
			tile_at(resource, x, y)->known = false;
	}
}

bool bh_damage_begin_scene(struct bh_damage *damage)
{
	return ++damage->scenes == damage->expected;
}

void bh_damage_show(struct bh_damage *damage)
{
	if (damage->scenes)
		damage->expected = damage->scenes;
	damage->scenes = 0;
}

/* Rows of 64 texels. */
static inline __attribute__((always_inline)) void sum_rows(const struct bh_damage_key *key,
							   const uint32_t *texels, size_t stride,
							   uint64_t sums[BH_DAMAGE_SUMS])
{
	uint64_t first = 0, second = 0;

	for (size_t row = 0; row < ROWS / 2; row++) {
		const uint32_t *a = texels + row * stride, *b = a + ROWS / 2 * stride;
		const uint32_t *a0 = key->texels[0][row], *b0 = key->texels[0][row + ROWS / 2];
		const uint32_t *a1 = key->texels[1][row], *b1 = key->texels[1][row + ROWS / 2];

		for (size_t i = 0; i < TILE; i++) {
			first += (uint64_t)(a[i] + a0[i]) * (b[i] + b0[i]);
			second += (uint64_t)(a[i] + a1[i]) * (b[i] + b1[i]);
		}
	}
	sums[0] = first;
	sums[1] = second;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void add_rows_wide(const struct bh_damage_key *key,
							  const uint32_t *texels, size_t stride,
							  uint64_t sums[BH_DAMAGE_SUMS])
{
	sum_rows(key, texels, stride, sums);
}
#endif

static void add_rows(const struct bh_damage_key *key, const uint32_t *texels, size_t stride,
		     uint64_t sums[BH_DAMAGE_SUMS])
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2")) {
		add_rows_wide(key, texels, stride, sums);
		return;
	}
#endif
	sum_rows(key, texels, stride, sums);
}

/* A tile on its way to its digest. */
struct digest {
	const struct bh_damage_key *key;
	uint64_t sums[2];
	unsigned count;
};

static void add_half(struct digest *digest, uint32_t half)
{
	digest->count++;
	for (unsigned i = 0; i < 2; i++)
		digest->sums[i] += digest->key->halves[i][digest->count] * half;
}

static void add_sums(struct digest *digest, const uint64_t sums[BH_DAMAGE_SUMS])
{
	for (unsigned i = 0; i < BH_DAMAGE_SUMS; i++) {
		add_half(digest, (uint32_t)sums[i]);
		add_half(digest, (uint32_t)(sums[i] >> 32));
	}
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* What texels mean: displays have no alpha. */
static uint32_t meaning(const struct bh_format *format)
{
	return format->number <= 2 ? 1 : format->number;
}

static uint64_t finish(struct digest *digest)
{
	return (digest->sums[0] >> 32 << 32) | digest->sums[1] >> 32;
}

/* What texels of the tile there are; those that are not count as 0. */
static void begin(struct digest *digest, const struct bh_resource *resource, uint32_t tile_x,
		  uint32_t tile_y, uint32_t *width, uint32_t *height)
{
	const struct bh_level_layout *level = &resource->levels[0];

	digest->key = resource->damage->key;
	digest->count = 0;
	for (unsigned i = 0; i < 2; i++)
		digest->sums[i] = digest->key->halves[i][0];
	*width = smaller(level->width - tile_x * TILE, TILE);
	*height = smaller(level->height - tile_y * TILE, TILE);
	add_half(digest, *width);
	add_half(digest, *height);
	add_half(digest, meaning(resource->format));
}

static uint64_t digest_of_texels(const struct bh_resource *resource, uint32_t tile_x,
				 uint32_t tile_y)
{
	size_t stride = resource->levels[0].row_stride / 4;
	const uint32_t *texels = (const uint32_t *)(const void *)bh_resource_texel(
		resource, 0, tile_x * TILE, tile_y * TILE, 0);
	uint32_t part[ROWS][TILE], width, height;
	uint64_t sums[BH_DAMAGE_SUMS];
	struct digest digest;

	begin(&digest, resource, tile_x, tile_y, &width, &height);
	for (uint32_t y = 0; y < height; y += ROWS, texels += ROWS * stride) {
		if (width == TILE && height - y >= ROWS) {
			add_rows(digest.key, texels, stride, sums);
		} else {
			memset(part, 0, sizeof(part));
			for (uint32_t row = 0; row < smaller(ROWS, height - y); row++)
				memcpy(part[row], texels + row * stride, (size_t)width * 4);
			add_rows(digest.key, part[0], TILE, sums);
		}
		add_sums(&digest, sums);
	}
	return finish(&digest);
}

/* The same of texels that all have one value. */
static uint64_t digest_of_value(const struct bh_resource *resource, uint32_t tile_x,
				uint32_t tile_y, uint32_t value)
{
	uint32_t part[ROWS][TILE] = {{0}}, width, height, rows = 0;
	uint64_t sums[BH_DAMAGE_SUMS];
	struct digest digest;

	begin(&digest, resource, tile_x, tile_y, &width, &height);
	for (uint32_t y = 0; y < height; y += ROWS) {
		uint32_t wanted = smaller(ROWS, height - y);

		/* Rows of before are as good, unless there are too many. */
		if (wanted != rows) {
			memset(part, 0, sizeof(part));
			for (uint32_t row = 0; row < wanted; row++) {
				for (uint32_t x = 0; x < width; x++)
					part[row][x] = value;
			}
			add_rows(digest.key, part[0], TILE, sums);
			rows = wanted;
		}
		add_sums(&digest, sums);
	}
	return finish(&digest);
}

uint64_t bh_damage_look(struct bh_resource *resource, uint32_t tile_x, uint32_t tile_y)
{
	struct bh_damage_tile *tile = tile_at(resource, tile_x, tile_y);
	const struct bh_cleared *cleared = resource->cleared;
	const struct bh_cleared_tile *clear =
		cleared ? &cleared->tiles[(size_t)tile_y * cleared->tiles_x + tile_x] : NULL;

	if (tile->known)
		return tile->digest;
	tile->known = true;
	if (clear && clear->mask == UINT32_MAX) {
		tile->digest = digest_of_value(resource, tile_x, tile_y, clear->value);
		return tile->digest;
	}
	if (clear)
		bh_cleared_settle_tile(resource, tile_x, tile_y);
	tile->digest = digest_of_texels(resource, tile_x, tile_y);
	return tile->digest;
}

void bh_damage_drawn(struct bh_resource *resource, uint32_t tile_x, uint32_t tile_y, bool look)
{
	tile_at(resource, tile_x, tile_y)->known = false;
	if (look)
		(void)bh_damage_look(resource, tile_x, tile_y);
}
