/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fused code: all that happens to the pixels of one triangle in one tile, as one function.
 *
 * A key says what a draw does to its pixels: where inputs come from, the depth test, how textures
 * are read, how colours are written. Code made for it takes groups of pixels one after the other
 * through interpolation, depth test, program and blending, with nothing in memory between them.
 * What a key cannot say is left to the path that does one step at a time, and both give the same
 * bits: the arithmetic of interpolation is raster/tile.inc's, of depth and colour
 * raster/pixel.inc's, of sampling texture.h's.
 */
#ifndef BH_GPU_SHADER_FUSED_H
#define BH_GPU_SHADER_FUSED_H

#include "gpu/shader/shader.h"

#define BH_FUSED_COLORS_MAX  8
#define BH_FUSED_TILE        64 /* pixels on a side */
#define BH_FUSED_GROUPS_MAX  (BH_FUSED_TILE * BH_FUSED_TILE / 4)
#define BH_FUSED_PACKETS_MAX 256
#define BH_FUSED_SAMPLES_MAX 4

/* Where a fragment program's input comes from. */
enum bh_input_kind {
	BH_INPUT_ATTR,     /* interpolated or flat: attribute `attr` of the vertices */
	BH_INPUT_POSITION, /* window x, y, z and 1/w */
	BH_INPUT_FACE,
	BH_INPUT_PRIMITIVE, /* the primitive's number, an integer */
	BH_INPUT_ZERO,      /* the vertex program does not write it: (0, 0, 0, 1) */
};

struct bh_format; /* texture/format.h */

/* How a texture unit is read. */
enum bh_fused_texture_kind {
	BH_FUSED_CALL,    /* by bh_texture_sample() */
	BH_FUSED_UNBOUND, /* (0, 0, 0, 1) */
	BH_FUSED_2D,
	BH_FUSED_ARRAY,
	BH_FUSED_3D,
	BH_FUSED_CUBE,
};

enum bh_fused_texel { BH_FUSED_BYTES4, BH_FUSED_BYTES1, BH_FUSED_DEPTH, BH_FUSED_OTHER };

struct bh_fused_texture {
	const struct bh_format *format; /* of texels */
	uint8_t kind;                   /* enum bh_fused_texture_kind */
	uint8_t texel;                  /* enum bh_fused_texel */
	uint8_t place[4]; /* of channels: see struct bh_texture_view; of depth: the view's swizzle
			   */
	uint8_t wrap[3];  /* enum bh_wrap */
	uint8_t min, mag, mip;
	uint8_t one_level;
	uint8_t seamless;          /* filters of cubes go on over the edges of a face */
	uint8_t fetches;           /* single texels by number, of one level and sample */
	uint8_t compares, compare; /* for shadow targets */
	uint8_t from[4];           /* the border's colour that results show; 4 and more: none */
};

/* A colour target. */
struct bh_fused_color {
	const struct bh_format *format; /* NULL: not written */
	int8_t output;                  /* of the program */
	uint8_t mask;                   /* r 1, g 2, b 4, a 8 */
	uint8_t blends;                 /* else the functions and factors are 0 */
	uint8_t rgb_func, rgb_src, rgb_dst, alpha_func, alpha_src, alpha_dst;
	uint8_t combines, logic_func; /* by a logic operation */
};

/* Of one side; the numbers that go with it are the run's, so that they may change. */
struct bh_fused_stencil {
	uint8_t func, fail, pass, depth_fail;
};

/* For whom code of a program alone is made: who may want it soon, or who wants it better. */
enum { BH_FUSED_ALONE_HINT = 1, BH_FUSED_ALONE_GOOD };

/* Zeroed first, then filled: keys are compared as bytes. */
struct bh_fused_key {
	struct bh_program *program;
	struct bh_fused_input {
		uint8_t kind, mask, flat, perspective, centroid;
	} inputs[BH_SHADER_INPUTS_MAX];
	struct bh_fused_texture textures[BH_SHADER_SAMPLERS_MAX];
	struct bh_fused_color colors[BH_FUSED_COLORS_MAX];
	const struct bh_format *depth_format;  /* NULL: nothing is tested */
	struct bh_fused_stencil stencil[2];    /* front; back */
	uint8_t stencil_sides, stencil_writes; /* 0: no stencil; 1: both sides are the first */
	uint8_t depth_used, depth_write, depth_func;
	uint8_t depth_clamps; /* to the run's range */
	int8_t depth_output;
	uint8_t color_count, clamps_colors; /* all to [0, 1], whatever the format */
	int8_t second_output;               /* of the program, for blending; -1: none */
	uint8_t alpha_test, alpha_func;
	int8_t alpha_output;
	uint8_t alpha_to_coverage, alpha_to_one;
	uint8_t counts;  /* samples that pass */
	uint8_t quads;   /* packets instead of groups */
	uint8_t alone;   /* not fused: the program alone */
	uint8_t samples; /* a pixel */
	uint8_t unused[6];
};

/* The pixels of a group, counted from the tile's first; lanes as in shader.h. */
struct bh_fused_group {
	uint8_t x, y;
	uint16_t mask;
};

/* Four values that change evenly over the screen: at the tile's first pixel, and a pixel's steps.
 */
struct bh_fused_planes {
	float c[4], dx[4], dy[4];
};

/*
 * A quad of a packet, which is a group of one triangle whose quads may be anywhere in the tile: a
 * small triangle leaves most lanes of rows empty. Those without pixels have no place.
 */
struct bh_fused_quad {
	uint8_t x, y, mask, unused;
	uint32_t record; /* where the triangle's is, in bytes; the packet's first quad counts */
};

/*
 * A triangle's record is its window coordinates' planes, then those of each input. What the
 * window's have no use for says the rest.
 */
#define BH_FUSED_RECORD_OFFSET 0 /* of window.c: added to the depth */
#define BH_FUSED_RECORD_FRONT  1 /* not 0: it faces us */

/* What fused code works on. */
struct bh_fused_run {
	struct bh_invocation invocation;      /* constants, textures, front, lost */
	const struct bh_fused_planes *planes; /* of each input */
	struct bh_fused_planes window;        /* z and 1/w are the last two */
	float depth_offset;
	/* Of a key with samples: from the pixel's centre; and how far their images are apart. */
	float sample_x[BH_FUSED_SAMPLES_MAX], sample_y[BH_FUSED_SAMPLES_MAX];
	uint64_t color_sample_strides[BH_FUSED_COLORS_MAX], depth_sample_stride;
	float origin_x, origin_y; /* the tile's first pixel */
	float last_row;           /* the framebuffer's */
	float alpha_ref;
	float depth_range[2];
	float blend_color[4], blend_unorm[4], blend_snorm[4]; /* what formats can hold of it */
	struct bh_fused_stencil_values {
		uint32_t reference, value_mask, write_mask;
	} stencil[2];
	const float *srgb_linear; /* see texture/format.h */
	const uint32_t *srgb_codes;
	uint8_t *colors[BH_FUSED_COLORS_MAX], *depth; /* texels of the tile's first pixel */
	uint64_t color_strides[BH_FUSED_COLORS_MAX], depth_stride;
	uint64_t samples;
	uint32_t group_count;
	struct bh_fused_group groups[BH_FUSED_GROUPS_MAX];
	/* Of a key with samples: each sample's lanes of each group; the code keeps those that pass.
	 */
	uint16_t sample_masks[BH_FUSED_GROUPS_MAX][BH_FUSED_SAMPLES_MAX];
	/* Of a key with quads: lanes / 4 a packet, and what they point into. */
	uint32_t packet_count;
	const struct bh_fused_planes *records;
	uint8_t nowhere[64]; /* texels of quads without pixels: two rows */
	struct bh_fused_quad quads[BH_FUSED_PACKETS_MAX * BH_LANES_MAX / 4];
};

struct bh_fused;

typedef void bh_fused_entry(struct bh_fused_run *run);

/* Whether code can be made for the program at all. */
bool bh_fused_possible(const struct bh_program *program);
/* Whether the constants are all that the program's code reads. */
bool bh_program_has_constants(const struct bh_program *program, const uint32_t *counts);

/*
 * NULL when the compiler fails. May run on any thread. `quick`: the compiler's time matters more
 * than the code's. The program must live until `was_read` is called.
 */
struct bh_fused *bh_fused_create(const struct bh_fused_key *key, bool quick,
				 void (*was_read)(void *data), void *data);
/* Whether more of the compiler's time would make it better. */
bool bh_fused_is_quick(const struct bh_fused *fused);
/* What its machine code looks like, for people. */
void bh_fused_list(const struct bh_fused_key *key, struct bh_buf *listing);
void bh_fused_destroy(struct bh_fused *fused);
bh_fused_entry *bh_fused_entry_of(const struct bh_fused *fused);

#endif
