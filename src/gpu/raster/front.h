/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The front end: from a draw call to chunks of set-up, binned triangles.
 *
 * A draw is cut into chunks of BH_CHUNK_PRIMITIVES primitives, which workers process at the same
 * time: each runs the vertex program for the vertices it needs (once each), clips, sets up and
 * bins. Where a chunk lands in the scene was decided before, so order is kept.
 */
#ifndef BH_GPU_RASTER_FRONT_H
#define BH_GPU_RASTER_FRONT_H

#include "base/alloc.h"
#include "gpu/raster/scene.h"

#define BH_CHUNK_PRIMITIVES 256
#define BH_CHUNK_VERTICES   (BH_CHUNK_PRIMITIVES * 4)
/* Of draws with a geometry program: up to six vertices each, and many come out. */
#define BH_CHUNK_GEOMETRY 128

/* Everything a draw depends on, as it is bound. Pointers are valid during the call only. */
struct bh_draw_call {
	enum bh_primitive primitive;
	uint32_t start, count;
	uint32_t instance_count, start_instance;
	int32_t index_bias;
	bool indexed, restarts;
	uint32_t restart_index;
	const struct bh_resource *indices;
	uint32_t index_size, index_offset;

	const struct bh_framebuffer *framebuffer;
	const struct bh_blend *blend;
	const struct bh_depth_stencil *depth;
	const struct bh_rasterizer *raster;
	const struct bh_viewport *viewport;
	const struct bh_rect *scissor;
	const float (*clip_planes)[4];
	const uint32_t *stipple;
	const float *blend_color;
	uint8_t stencil_ref[2];
	const struct bh_vertex_elements *elements;
	const struct bh_vertex_buffer *buffers;

	enum bh_primitive made; /* by the geometry program; else `primitive` */
	/* Of the vertex program, and of the last program that writes vertices. */
	const struct bh_shader_info *shading_info, *vertex_info;
	const struct bh_shader_info *geometry_info, *fragment_info; /* the first may be NULL */
	struct bh_program *vertex_program, *geometry_program, *fragment_program;
	/* By enum bh_stage; live as long as the scene. */
	const struct bh_constants *constants[BH_STAGES];
	const struct bh_texture_view *const *textures[BH_STAGES]; /* the fragment stage's live as
							     long as the scene */
	/* Stream output; NULL: none. Targets may be NULL. */
	const struct bh_stream_layout *stream;
	struct bh_stream_target *stream_targets[BH_STREAM_BUFFERS_MAX];
	struct bh_stream_counts *counts;
	uint32_t sample_mask;
	atomic_uint_fast64_t *samples;
	atomic_bool *lost;
	uint64_t limit; /* vertices times instances: one guest must not keep the GPU to itself */
	uint64_t work_limit; /* see struct bh_work */
};

/* Where what the vertex program writes goes; index of an output, or -1. */
struct bh_vertex_link {
	int position, point_size, edge_flag, clip_vertex, clip_distance[2], layer;
	int attrs[BH_ATTRS_MAX]; /* output of each attribute; -1: (0, 0, 0, 1) */
	bool clamp[BH_ATTRS_MAX];
	uint64_t linear;        /* attributes that are linear on the screen: a bit each, from 0 */
	uint64_t sprite_inputs; /* attributes that sprites replace: a bit each, from 0 */
	int coverage;           /* attribute of smooth lines and points; -1: they are not */
};

/* What of a vertex element is the same for all vertices of a draw. */
struct bh_stream {
	const struct bh_format *format;
	const uint8_t *data; /* NULL: there is nothing */
	uint64_t stride, first, end;
	unsigned floats; /* of 32 bits; 0: another format */
	bool bytes;      /* four, normalised */
	bool inside;     /* all the vertices that are asked for */
};

/* One draw on its way through the front end. */
struct bh_front {
	const struct bh_draw_call *call;
	struct bh_scene *scene;
	struct bh_draw *draw;
	struct bh_work *work;
	struct bh_vertex_link link;
	struct bh_front_scratch *const *scratch; /* one a worker */
	size_t first_item;
	uint32_t first_primitive, primitive_count; /* of this batch */
	uint32_t primitives_before;                /* in the instance's earlier runs */
	uint32_t first_vertex, vertex_count;       /* positions of this run of vertices */
	uint32_t instance;
	float guard_x, guard_y;
	unsigned lanes;
	/* Filled polygons that only the view volume may cut: set up LANES at a time. */
	bool simple;
	unsigned stipple_counter; /* line stipple, in pixels; then chunks run one by one */
	atomic_uint_fast64_t vertices, triangles, made;
};

/* Where a vertex of simple polygons is on the screen. Read and written four words at a time. */
struct bh_place {
	int32_t x, y;   /* as in struct bh_triangle */
	uint32_t flags; /* bh_shaded.outside; << BH_PLACE_GUARD: .outside_guard, and BH_PLACE_FAR */
	uint32_t unused;
};

#define BH_PLACE_GUARD 16
#define BH_PLACE_FAR   (1u << 31) /* too far away for x and y */

/* What a worker keeps from chunk to chunk. */
struct bh_front_scratch {
	/* Vertex numbers, each once, and the last again to fill a group. */
	uint32_t ids[BH_CHUNK_VERTICES + BH_LANES_MAX];
	uint32_t id_count, largest_id;
	uint32_t table[BH_CHUNK_VERTICES * 2]; /* hash: index into ids + 1 */
	uint32_t locals[BH_CHUNK_VERTICES];    /* of positions: their vertex's place among ids */
	/* Of primitives: three corners and the provoking vertex, by their places among ids. */
	uint32_t corners[4][BH_CHUNK_PRIMITIVES + BH_LANES_MAX];
	/*
	 * Simple polygons: groups of vertices as lanes have them, window coordinates first, then
	 * the program's outputs; and the groups that are among `shaded` and `records`, too.
	 */
	float *groups;
	size_t group_capacity; /* bytes */
	_Alignas(64) struct bh_place places[BH_CHUNK_VERTICES + BH_LANES_MAX];
	bool ready[BH_CHUNK_VERTICES / 4];
	/* Per vertex, those made by clipping after the others. */
	struct bh_shaded {
		float clip[4];
		float distance[BH_CLIP_PLANES_MAX];
		uint32_t outside;       /* of the view volume's planes and the user's */
		uint32_t outside_guard; /* the same with the wider x and y */
		float point_size;
		uint16_t layer;
		bool edge;
	} * shaded;
	size_t shaded_capacity;
	float *records;
	size_t record_capacity; /* floats */
	size_t vertex_count;
	/* Whether triangles have a vertex, and how many before it they have. */
	uint8_t *kept;
	uint32_t *numbers;
	size_t kept_capacity, number_capacity;
	struct bh_triangle *triangles;
	size_t triangle_count, triangle_capacity;
	/* The tiles of each triangle, the last ones inside. */
	struct bh_touched {
		uint16_t x0, y0, x1, y1;
	} * touched;
	size_t touched_capacity;
	uint32_t primitive; /* that is set up: its number in the draw */
	struct bh_geometry *geometry;
	_Alignas(64) float inputs[BH_SHADER_INPUTS_MAX * 4 * BH_LANES_MAX];
	_Alignas(64) float outputs[BH_SHADER_OUTPUTS_MAX * 4 * BH_LANES_MAX];
};

/* Fills a draw's state and the link between its programs. */
void bh_front_link(struct bh_front *front);

/* Number of primitives that `count` vertices make (a quad counts as two). */
uint32_t bh_primitive_count(enum bh_primitive primitive, uint32_t count);

/* The number that programs see of a primitive of a run. */
uint32_t bh_primitive_number(const struct bh_front *front, uint32_t index);

/* The positions of one primitive's corners. */
struct bh_corners {
	uint32_t at[3];
	uint32_t provoking;
	unsigned count; /* 1, 2 or 3 */
	uint8_t edges;  /* bit i: from corner i to the next is an edge of the polygon */
};

struct bh_corners bh_primitive_corners(enum bh_primitive primitive, uint32_t index, uint32_t count,
				       bool flat_first);

/* The output of this meaning, or -1. */
int bh_front_find_output(const struct bh_shader_info *info, enum bh_semantic semantic,
			 unsigned index);

/* The place among scratch->ids, which it is added to, of the vertex at a position. Wants an empty
 * table.
 */
uint32_t bh_front_local_vertex(const struct bh_front *front, struct bh_front_scratch *scratch,
			       uint32_t position);

/*
 * Appends vertices as a program left them, each its outputs with four floats one after the other.
 * Returns the first one's number.
 */
uint32_t bh_front_read_vertices(const struct bh_front *front, struct bh_front_scratch *scratch,
				const float *vertices, uint32_t count);

/* Sets up a primitive of scratch's vertices; local[3] is the provoking one. */
void bh_front_assemble(struct bh_front *front, struct bh_front_scratch *scratch,
		       const struct bh_corners *corners, const uint32_t local[4]);

/* Gives what was set up to the scene. */
void bh_front_finish_chunk(struct bh_front *front, struct bh_front_scratch *scratch, size_t item,
			   unsigned worker);

/* A triangle's corners, its provoking vertex first or last, as the draw has it. */
void bh_rotate_corners(struct bh_corners *corners, bool first);

/* The vertex at a position of the draw's current run. Indices outside their buffer are 0. */
uint32_t bh_front_vertex_id(const struct bh_front *front, uint32_t position);

/* Groups of vertices that a worker runs one after the other. */
struct bh_vertex_run {
	struct bh_invocation invocation;
	struct bh_stream streams[BH_SHADER_INPUTS_MAX];
	uint32_t length;
	uint64_t spent;
};

/* For scratch->ids, of which none is larger than `largest`. They are padded. */
void bh_front_begin_run(const struct bh_front *front, struct bh_front_scratch *scratch,
			uint32_t largest, struct bh_vertex_run *run);
uint32_t bh_front_largest(const struct bh_front_scratch *scratch);
/* Runs the vertex program for scratch->ids from `first` on: `live` lanes of `outputs`. */
bool bh_front_run(const struct bh_front *front, struct bh_front_scratch *scratch,
		  struct bh_vertex_run *run, uint32_t first, unsigned live, float *outputs);
/* False when it was more work than is allowed. */
bool bh_front_end_run(const struct bh_front *front, struct bh_vertex_run *run);

/*
 * Writes the primitives of the current run to the draw's stream targets, in order, as many as fit
 * (stream.c). False when the program ran out of fuel.
 */
bool bh_stream_run(const struct bh_front *front, struct bh_front_scratch *scratch);

/* Runs the vertex program for all of scratch->ids. False when it ran out of fuel. */
bool bh_front_shade(struct bh_front *front, struct bh_front_scratch *scratch);
/* A group of simple polygons' vertices: its window coordinates, and behind them the outputs. */
float *bh_front_group(const struct bh_front *front, const struct bh_front_scratch *scratch,
		      uint32_t first);
/* Makes a vertex of simple polygons one of scratch->shaded and ->records. */
void bh_front_make_ready(const struct bh_front *front, struct bh_front_scratch *scratch,
			 uint32_t vertex);

/* The bits of bh_shaded.outside. User planes follow. */
enum {
	BH_OUT_LEFT = 1,
	BH_OUT_RIGHT = 2,
	BH_OUT_BOTTOM = 4,
	BH_OUT_TOP = 8,
	BH_OUT_NEAR = 16,
	BH_OUT_FAR = 32,
	BH_OUT_W = 64,
	BH_OUT_USER = 128,
};

#define BH_OUT_XY (BH_OUT_LEFT | BH_OUT_RIGHT | BH_OUT_BOTTOM | BH_OUT_TOP)
#define BH_PLANES (7 + BH_CLIP_PLANES_MAX)

/* Distance of a vertex from plane number `plane`, in the guard band's measure: negative outside. */
float bh_front_distance(const struct bh_front *front, const struct bh_shaded *vertex,
			unsigned plane);
/* Appends a vertex (room was made) and derives clip bits and window coordinates. */
void bh_front_classify(const struct bh_front *front, struct bh_shaded *vertex, float *record);
size_t bh_front_add_vertex(const struct bh_front *front, struct bh_front_scratch *scratch);

/* Clips; `polygon` has room for BH_PLANES + 3 vertex numbers. Returns how many are left. */
unsigned bh_clip_polygon(const struct bh_front *front, struct bh_front_scratch *scratch,
			 uint32_t *polygon, unsigned count);
bool bh_clip_line(const struct bh_front *front, struct bh_front_scratch *scratch, uint32_t ends[2]);

/* Turn clipped primitives into triangles of scratch. */
void bh_setup_triangle(struct bh_front *front, struct bh_front_scratch *scratch,
		       const uint32_t vertices[3], uint32_t provoking, unsigned edges);
/* A primitive of scratch->corners that is cut, or nearly: it goes through bh_setup_triangle(). */
void bh_setup_cut(struct bh_front *front, struct bh_front_scratch *scratch, uint32_t primitive);
/* The depth offset of a polygon, from its corners' records. */
float bh_setup_offset(const struct bh_front *front, const float *a, const float *b, const float *c);
/* Appends room for a triangle. */
static inline struct bh_triangle *bh_setup_room(struct bh_front_scratch *scratch)
{
	if (scratch->triangle_count == scratch->triangle_capacity)
		bh_grow((void **)&scratch->triangles, &scratch->triangle_capacity,
			scratch->triangle_count + 1, sizeof(*scratch->triangles));
	return &scratch->triangles[scratch->triangle_count++];
}
void bh_setup_line(struct bh_front *front, struct bh_front_scratch *scratch, const uint32_t ends[2],
		   uint32_t provoking, bool front_face, float offset);
void bh_setup_point(struct bh_front *front, struct bh_front_scratch *scratch, uint32_t vertex,
		    uint32_t provoking, bool front_face, float offset);

/* One chunk: an item of the job. */
void bh_front_chunk(void *data, size_t item, unsigned worker);

#endif
