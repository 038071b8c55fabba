/* SPDX-License-Identifier: Apache-2.0 */
/* Geometry programs, run for the primitives of a chunk. */
#ifndef BH_GPU_RASTER_GEOMETRY_H
#define BH_GPU_RASTER_GEOMETRY_H

#include "gpu/raster/front.h"

/* A primitive: its vertices as indices into scratch->ids, and what it is in the draw. */
struct bh_geometry_input {
	uint32_t corners[BH_GEOMETRY_CORNERS_MAX];
	uint32_t number;
};

/*
 * Takes what was made, in order: first with `corners` NULL all `count` vertices of one invocation,
 * each info->output_count times four floats, then each primitive of them.
 */
typedef void bh_geometry_sink(void *data, const float *vertices, uint32_t count,
			      const struct bh_corners *corners);

struct bh_geometry *bh_geometry_create(void);
void bh_geometry_destroy(struct bh_geometry *geometry); /* NULL is fine */

/* False when a program ran out of fuel. */
bool bh_geometry_run(const struct bh_front *front, struct bh_front_scratch *scratch,
		     const struct bh_geometry_input *primitives, uint32_t count,
		     bh_geometry_sink *sink, void *data);

/* Numbers the vertices of `count` primitives from `first` on, anew. */
void bh_geometry_inputs(const struct bh_front *front, struct bh_front_scratch *scratch,
			uint32_t first, uint32_t count, struct bh_geometry_input *inputs);

/* The same as bh_stream_run() for draws with a geometry program; counts also without targets. */
bool bh_stream_geometry(const struct bh_front *front, struct bh_front_scratch *scratch);

/* A chunk of a draw with a geometry program: an item of the job, in place of bh_front_chunk(). */
void bh_geometry_chunk(void *data, size_t item, unsigned worker);

#endif
