/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scene: what is to be drawn to one framebuffer until its pixels are needed.
 *
 * The front end turns draws into items: a clear, or a chunk of a draw's primitives, set up and
 * sorted into bins. The back end takes tiles of 64x64 pixels; for each it goes through the items
 * in order. Two threads never work on the same tile, so nothing there needs a lock, and the order
 * of the items alone decides the pixels.
 *
 * A scene that is being drawn is not changed. While it is, the next one is built.
 */
#ifndef BH_GPU_RASTER_SCENE_H
#define BH_GPU_RASTER_SCENE_H

#include "gpu/raster/bump.h"
#include "gpu/raster/pool.h"
#include "gpu/raster/state.h"
#include "gpu/shader/fused.h"

#define BH_TILE       BH_CLEARED_TILE
#define BH_TILE_SHIFT 6
#define BH_ATTRS_MAX  42 /* a program's inputs, and a second side for two colours */

#define BH_ATTACHMENTS_MAX  (BH_COLOR_TARGETS_MAX + 1)
#define BH_ATTACHMENT_DEPTH BH_COLOR_TARGETS_MAX /* colours come first */

struct bh_input {
	uint8_t kind; /* enum bh_input_kind */
	uint8_t attr;
	uint8_t back; /* the attribute of back faces; the same when there is no other */
	uint8_t mask; /* components the program reads */
	bool flat, perspective, centroid;
	bool sprite; /* points: replaced by the coordinates in the point */
};

/*
 * What a draw has cost so far: instructions times lanes. Beyond the limit its context is lost: one
 * guest must not keep the GPU to itself.
 */
struct bh_work {
	atomic_uint_fast64_t used;
	uint64_t limit;
};

/* Adds to the work. False when that is more than is allowed. */
static inline bool bh_work_add(struct bh_work *work, uint64_t amount)
{
	return atomic_fetch_add_explicit(&work->used, amount, memory_order_relaxed) + amount <=
	       work->limit;
}

/* Loop iterations of a program of `length` instructions before anybody looks at the work. */
static inline uint64_t bh_work_fuel(uint32_t length, uint32_t groups)
{
	uint64_t fuel = (1u << 30) / (length + 1);

	return (fuel < 4000000 ? fuel : 4000000) + 256ull * groups;
}

/* What a draw does to depth; see coarse.inc. */
enum bh_coarse_moves {
	BH_COARSE_NOWHERE,
	BH_COARSE_NEARER, /* only */
	BH_COARSE_ANYWHERE,
};

struct bh_coarse {
	uint8_t moves; /* enum bh_coarse_moves */
	bool hides;    /* what is behind all of a block's depths leaves nothing there */
	bool tightens; /* pixels inside it are no farther than the triangle, afterwards */
	bool greater;  /* depths are nearer */
	bool equal;    /* only those that are the same pass */
};

/* Per-draw state; lives in its scene's memory. */
struct bh_draw {
	struct bh_blend blend;
	struct bh_depth_stencil depth;
	struct bh_rasterizer raster;
	uint8_t stencil_ref[2];
	float blend_color[4];
	struct bh_rect area; /* scissor and framebuffer in one */
	const uint32_t *stipple;
	struct bh_program *program;
	struct bh_shader_info fragment;
	struct bh_input inputs[BH_SHADER_INPUTS_MAX];
	unsigned input_count, attr_count;
	int color_output[BH_COLOR_TARGETS_MAX]; /* output index of each target's colour, or -1 */
	int depth_output, stencil_output;
	int second_output;    /* of dual-source blending, or -1 */
	float depth_range[2]; /* of the viewport where depth is not clipped, else 0 and 1 */
	const struct bh_constants *constants;
	const struct bh_texture_view *const *textures;
	atomic_uint_fast64_t *samples; /* of the occlusion query, or NULL */
	atomic_bool *lost;             /* set when a program runs out of fuel */
	struct bh_work *work;
	uint32_t vertex_floats;               /* of one vertex record */
	const struct bh_format *depth_format; /* of the framebuffer, or NULL */
	bool depth_used, stencil_used;        /* by test or write, and the framebuffer has it */
	struct bh_coarse coarse;
	unsigned pixel_samples;         /* of the framebuffer */
	uint32_t sample_mask;           /* those that are written */
	bool may_discard;               /* by kill or alpha test */
	bool may_be_solid;              /* pixels are the same where inputs are */
	struct bh_variant *fused;       /* code for all of this in one; NULL: none */
	struct bh_variant *fused_quads; /* the same for packets of quads; NULL: none */
};

/* A vertex record: these, then attr_count times four floats. */
#define BH_VERTEX_X     0 /* window coordinates */
#define BH_VERTEX_Y     1
#define BH_VERTEX_Z     2
#define BH_VERTEX_OOW   3 /* 1 / w */
#define BH_VERTEX_ATTRS 4

#define BH_LAYER_NONE UINT16_MAX

struct bh_triangle {
	int32_t x[3], y[3]; /* window coordinates in 1/256 pixel, counted from pixel centres */
	uint32_t vertex[3]; /* counter-clockwise in rows that go down: positive area */
	uint32_t provoking; /* record that flat inputs come from */
	struct {
		int16_t x0, y0, x1, y1;
	} area; /* pixels, already inside the draw's */
	float depth_offset;
	uint32_t primitive; /* its number in the draw */
	uint16_t layer;     /* BH_LAYER_NONE: not among the framebuffer's */
	bool front;
	bool solid;  /* polygon stipple applies */
	bool margin; /* the area is one pixel larger on each side, for samples */
	bool cut;    /* by the draw's area */
};

_Static_assert(sizeof(struct bh_triangle) == 64, "a cache line");

struct bh_chunk {
	const struct bh_draw *draw;
	float *vertices;
	struct bh_triangle *triangles;
	uint32_t triangle_count;
	struct bh_rect tiles; /* that it touches */
	uint32_t *bins;       /* first of bin_items of each tile of `tiles`; NULL: test them all */
	uint32_t *bin_items;
	struct bh_rect solid;             /* all its pixels have one colour; empty: perhaps not */
	atomic_uint_fast64_t solid_value; /* its texels, once the first is drawn, and a bit */
};

#define BH_SOLID_KNOWN (1ull << 32)

struct bh_clear {
	struct bh_rect area;
	bool color, depth, stencil;
	unsigned target;
	uint32_t color_value[4]; /* the texel's bytes */
	uint32_t depth_value;
	uint8_t stencil_value;
};

struct bh_item {
	struct bh_chunk *chunk; /* NULL: a clear */
	struct bh_rect tiles;   /* the chunk's, so that other tiles need not look at it */
	uint64_t occupied;      /* bins of those with triangles: a bit for 1 << occupied_shift */
	uint8_t occupied_shift;
	struct bh_clear *clear;
};

struct bh_fence {
	void (*done)(void *data, uint64_t fence);
	void *data;
	uint64_t fence;
	struct bh_fence *next;
};

struct bh_kernels;
struct bh_renderer;

struct bh_scene {
	struct bh_renderer *renderer;
	struct bh_framebuffer framebuffer;
	/* What tiles of each image remember of clears; NULL: clears are written at once. */
	struct bh_cleared *cleared[BH_ATTACHMENTS_MAX];
	/* Colours whose images somebody shows: a bit each; and of those, whose tiles are looked at.
	 */
	uint32_t watched, looked_at;
	/* Attachments that its items write, and that its draws read as textures: a bit each. */
	unsigned written, sampled;
	bool coarse; /* tiles may bound the depth image */
	const struct bh_kernels *kernels;
	unsigned tiles_x, tiles_y;
	struct bh_item *items;
	size_t item_count, item_capacity;
	struct bh_bump memory[BH_WORKERS_MAX]; /* of chunks: one a worker */
	struct bh_bump state;                  /* of draws and what they point to */
	struct bh_resource **uses;             /* held until the scene is drawn */
	size_t use_count, use_capacity;
	uint64_t number;
	struct bh_job job;
	bool running;
	struct bh_fence *fences; /* in order; signalled when the job ends */
};

void bh_scene_init(struct bh_scene *scene);
void bh_scene_finish(struct bh_scene *scene);

/* Empties it for a framebuffer. */
void bh_scene_begin(struct bh_scene *scene, const struct bh_framebuffer *framebuffer,
		    const struct bh_kernels *kernels, uint64_t number);
struct bh_item *bh_scene_add(struct bh_scene *scene, size_t count); /* items in a row, zeroed */
void bh_scene_use(struct bh_scene *scene, struct bh_resource *resource, bool written);
/* Writes what textures remember of clears. Nobody may be drawing. */
void bh_scene_settle_textures(struct bh_scene *scene, struct bh_pool *pool);
/* The images are about to be drawn: who shows them is to know. */
void bh_scene_watch(struct bh_scene *scene);
/* Whether a draw's pixels are the same wherever its triangles' inputs are. */
bool bh_draw_may_be_solid(const struct bh_draw *draw, const struct bh_framebuffer *fb);
/* Whether a chunk is a rectangle of one colour. */
void bh_chunk_find_solid(struct bh_chunk *chunk);
struct bh_surface *bh_scene_surface(struct bh_scene *scene, unsigned attachment);
void bh_scene_release(struct bh_scene *scene); /* what it used; on the device thread */
size_t bh_scene_memory(const struct bh_scene *scene);
/* Whether all that it has can be remembered by tiles, and the way to have it so, here and now. */
bool bh_scene_only_remembers(const struct bh_scene *scene);
void bh_scene_remember(struct bh_scene *scene);
/* What a clear writes to texels of four bytes, and to which bits. */
uint32_t bh_clear_value(const struct bh_format *format, const struct bh_clear *clear,
			uint32_t *mask);
/* Tells those who show images of attachments, a bit each, that a tile may have changed. */
void bh_scene_note_drawn(const struct bh_scene *scene, unsigned tile_x, unsigned tile_y,
			 uint32_t attachments);
/* One tile of all layers. */
void bh_scene_draw_tile(const struct bh_scene *scene, unsigned tile_x, unsigned tile_y);

struct bh_front;
struct bh_front_scratch;
struct bh_place;
struct bh_shaded;
struct bh_stream;

/* Per-width code: one of each for 4, 8 and 16 lanes, from tile.inc, vertex.inc and triangle.inc. */
struct bh_kernels {
	unsigned lanes;
	/* Draws all items of one tile of one layer. Returns the attachments that may have changed.
	 */
	uint32_t (*draw_tile)(const struct bh_scene *scene, const struct bh_framebuffer *layer,
			      unsigned tile_x, unsigned tile_y);
	/* A group's vertices of a stream of floats that are all inside: one input of the program.
	 */
	void (*fetch_floats)(const struct bh_stream *stream, const uint32_t *ids, float *to);
	/*
	 * Takes the first `live` vertices of a group from the program's outputs to their records,
	 * classified. Distances of user planes are there already.
	 */
	void (*finish_vertices)(const struct bh_front *front, const float *outputs,
				struct bh_shaded *shaded, float *records, unsigned live);
	/* Simple polygons: the window coordinates and the places of a group. */
	void (*place_vertices)(const struct bh_front *front, float *group, struct bh_place *places);
	/* Simple polygons: `count` primitives of scratch->corners, of which the first's number is
	 * given. */
	void (*set_up_triangles)(struct bh_front *front, struct bh_front_scratch *scratch,
				 uint32_t first, uint32_t count);
	/*
	 * Simple polygons: the records of a group's vertices, each at its number of those that are
	 * kept. Those that are not are written and overwritten: room for one more is needed.
	 */
	void (*store_vertices)(const struct bh_front *front, const float *group,
			       const uint32_t *numbers, float *records);
};

extern const struct bh_kernels bh_kernels4, bh_kernels8, bh_kernels16;

#endif
