/* SPDX-License-Identifier: Apache-2.0 */
#define LANES 4
#include "gpu/raster/tile.inc"
#include "gpu/raster/vertex.inc"

const struct bh_kernels bh_kernels4 = {
	.lanes = LANES, .draw_tile = draw_tile, .finish_vertices = finish_vertices};
