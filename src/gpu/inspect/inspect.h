/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking into a frame: one submission of a recording, drawn command by command and tile by tile,
 * as an HTML page that needs nothing else.
 *
 * A capture watches a GPU (struct bh_observer). Shader texts are kept from the beginning; between
 * bh_capture_start() and bh_capture_stop() every command becomes a step. What a step drew is drawn
 * at once, so that its picture, its tiles and its time are its own.
 */
#ifndef BH_GPU_INSPECT_INSPECT_H
#define BH_GPU_INSPECT_INSPECT_H

#include "base/buf.h"
#include "base/diag.h"
#include "gpu/gpu.h"

struct bh_capture;

struct bh_capture *bh_capture_create(struct bh_gpu *gpu);
void bh_capture_destroy(struct bh_capture *capture); /* NULL is fine; stops watching */

void bh_capture_start(struct bh_capture *capture);
void bh_capture_stop(struct bh_capture *capture);

struct bh_page_about {
	const char *title; /* the recording's name */
	unsigned frame;
	bool flip; /* the last row is shown first */
};

/* What was captured, as a page. */
void bh_capture_page(const struct bh_capture *capture, const struct bh_page_about *about,
		     struct bh_buf *html);

/*
 * All of the above for one frame (counted from 1; 0: the last) of a recording. False with
 * diagnostics: E2002 (no recording), E2004 (it has no such frame), or why there is no GPU.
 */
bool bh_inspect(const struct bh_gpu_config *config, const void *trace, size_t size,
		struct bh_page_about *about, struct bh_buf *html, struct bh_diags *diags);

#endif
