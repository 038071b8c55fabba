/* SPDX-License-Identifier: Apache-2.0 */
#define LANES 8
#include "gpu/raster/tile.inc"
#include "gpu/raster/triangle.inc"

const struct bh_kernels bh_kernels8 = {
	.lanes = LANES,
	.draw_tile = draw_tile,
	.fetch_floats = fetch_floats,
	.finish_vertices = finish_vertices,
	.place_vertices = place_vertices,
	.set_up_triangles = set_up_triangles,
	.store_vertices = store_vertices,
};
