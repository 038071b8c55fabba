/* SPDX-License-Identifier: Apache-2.0 */
/* A group's way through fused code: what fuse.c and fuse_samples.c share. */
#ifndef BH_GPU_SHADER_FUSE_H
#define BH_GPU_SHADER_FUSE_H

#include "gpu/shader/fuse_pixel.h"

struct bh_fuse {
	struct bh_emit *e;
	const struct bh_fused_key *key;
	struct bh_emit_pixels pixels;
	LLVMValueRef planes;
	LLVMValueRef record;         /* of a packet's triangle */
	LLVMValueRef dx, dy, z, oow; /* of the group; dx and dy from the tile's first pixel */
	LLVMValueRef level, level_w; /* whether w is the same for all pixels, and what it is */
	LLVMValueRef centroid[2];    /* as dx and dy; NULL: no input is there */
	LLVMValueRef centroid_w;
	LLVMBasicBlockRef next; /* goes on with the next group */
	bool discards;          /* the program, or what follows it, may end a pixel */
	bool early;             /* tests come before it, as that cannot change what is tested */
};

/* Nothing of the group is left: on to the next. Returns `live`. */
LLVMValueRef bh_fuse_leave_if_none(struct bh_fuse *f, LLVMValueRef live);
/* The program and the test of its alpha. */
LLVMValueRef bh_fuse_run_program(struct bh_fuse *f, LLVMValueRef live);
/* The depth there, counted as dx and dy are. */
LLVMValueRef bh_fuse_depth_at(struct bh_fuse *f, LLVMValueRef dx, LLVMValueRef dy);
/* To what there is of depth. */
LLVMValueRef bh_fuse_clamp_depth(struct bh_fuse *f, LLVMValueRef z);
/* Pixels, or samples, that passed. */
void bh_fuse_count(struct bh_fuse *f, LLVMValueRef live);

/* A group of pixels with several samples: the program once, all else for each of them. */
void bh_fuse_samples(struct bh_fuse *f, LLVMValueRef at, LLVMValueRef live);

#endif
