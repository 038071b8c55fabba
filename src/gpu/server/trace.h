/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces: what a client sent, to be drawn again.
 *
 * A file is a header (BH_TRACE_MAGIC, little-endian version) and records: kind, size in bytes,
 * payload padded to 4 bytes. The pages behind a resource are recorded before they are read, as the
 * range that changed since the last time. A reader trusts nothing in it.
 */
#ifndef BH_GPU_SERVER_TRACE_H
#define BH_GPU_SERVER_TRACE_H

#include "base/buf.h"
#include "gpu/gpu.h"
#include "gpu/virgl/table.h"

#define BH_TRACE_MAGIC   "BHGPUTRC"
#define BH_TRACE_VERSION 1u

enum bh_trace_kind {
	BH_TRACE_CREATE = 1,       /* struct bh_gpu_resource_args */
	BH_TRACE_DESTROY = 2,      /* handle */
	BH_TRACE_PAGES = 3,        /* handle, size of all, offset, bytes */
	BH_TRACE_TRANSFER_IN = 4,  /* struct bh_gpu_transfer */
	BH_TRACE_TRANSFER_OUT = 5, /* the same */
	BH_TRACE_SUBMIT = 6,       /* dwords */
};

struct bh_trace_writer {
	int fd; /* the caller's */
	struct bh_buf buffer;
	struct bh_table shadows; /* what the file knows of each resource's pages */
	int error;
};

void bh_trace_writer_init(struct bh_trace_writer *writer, int fd);
/* Writes what is left; 0 or the first error of all writes. */
int bh_trace_writer_finish(struct bh_trace_writer *writer);
void bh_trace_write(struct bh_trace_writer *writer, uint32_t kind, const void *data, size_t size);
void bh_trace_write_pages(struct bh_trace_writer *writer, uint32_t handle, const void *data,
			  size_t size);

/* Drawing a trace again. */
struct bh_replay {
	struct bh_gpu *gpu;
	const uint8_t *data; /* the caller's */
	size_t size, at;
	struct bh_table made;  /* resources: any pointer */
	struct bh_table pages; /* struct bh_replay_pages */
	uint64_t page_bytes;
	unsigned frame; /* submissions so far */
};

/* False with a diagnostic (E2002) when the data is no trace. */
bool bh_replay_init(struct bh_replay *replay, struct bh_gpu *gpu, const void *data, size_t size,
		    struct bh_diags *diags);
/* The GPU is as before: the same trace, or another, can be drawn by it. */
void bh_replay_finish(struct bh_replay *replay);
/* Goes on to the end of the next submission. False at the trace's end. */
bool bh_replay_next(struct bh_replay *replay);

/* How many submissions a trace has; 0 when it is none. */
unsigned bh_trace_submissions(const void *data, size_t size);

/* The picture that the context draws to, as rows of B8G8R8X8, from bh_alloc(). NULL: none. */
uint8_t *bh_replay_picture(struct bh_replay *replay, uint32_t *width, uint32_t *height);

/* A picture's 64-bit FNV-1a hash, carried on from `hash`; 0 to begin. */
uint64_t bh_picture_hash(uint64_t hash, const uint8_t *pixels, uint32_t width, uint32_t height);

#endif
