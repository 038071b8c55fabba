/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/inspect/page.h"

#include "gpu/inspect/private.h"
#include "gpu/server/trace.h"

#include <stdlib.h>
#include <string.h>

static const char *file_text(const char *name)
{
	for (const struct bh_page_file *file = bh_page_files; file->name; file++) {
		if (!strcmp(file->name, name))
			return file->text;
	}
	return "";
}

/* JSON inside of a script element: nothing in a string may end the element. */
static void add_json(struct bh_buf *html, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(7));

	for (const char *at = text; at && *at; at++) {
		if (*at == '<')
			bh_buf_adds(html, "\\u003c");
		else
			bh_buf_addc(html, *at);
	}
	free(text);
}

static json_t *frame_json(const struct bh_capture *capture, const struct bh_page_about *about)
{
	return json_pack("{s:s,s:i,s:b,s:b,s:s,s:i,s:O,s:O,s:O,s:O}", "title", about->title,
			 "frame", (int)about->frame, "flip", about->flip, "cut", capture->cut,
			 "backEnd", capture->gpu->back_end, "tile", BH_TILE, "steps",
			 capture->steps, "targets", capture->target_list, "shaders",
			 capture->shader_list, "fused", capture->variant_list);
}

/* page.html with its three marks replaced. */
void bh_capture_page(const struct bh_capture *capture, const struct bh_page_about *about,
		     struct bh_buf *html)
{
	static const char *const marks[] = {"@STYLE@", "@FRAME@", "@SCRIPT@"};
	json_t *frame = frame_json(capture, about);
	const char *at = file_text("page");

	for (unsigned i = 0; i < 3; i++) {
		const char *mark = strstr(at, marks[i]);

		if (!mark)
			break;
		bh_buf_add(html, at, (size_t)(mark - at));
		if (i == 1)
			add_json(html, frame);
		else
			bh_buf_adds(html, file_text(i == 0 ? "style" : "script"));
		at = mark + strlen(marks[i]);
	}
	bh_buf_adds(html, at);
	json_decref(frame);
}

/* Draws up to the frame before, then watches. False when there is no such frame. */
static bool watch(struct bh_replay *replay, struct bh_capture *capture, unsigned frame)
{
	while (replay->frame + 1 < frame) {
		if (!bh_replay_next(replay))
			return false;
	}
	bh_capture_start(capture);
	if (!bh_replay_next(replay))
		return false;
	bh_capture_stop(capture);
	return true;
}

bool bh_inspect(const struct bh_gpu_config *config, const void *trace, size_t size,
		struct bh_page_about *about, struct bh_buf *html, struct bh_diags *diags)
{
	struct bh_gpu *gpu = bh_gpu_create(config, diags);
	struct bh_capture *capture;
	struct bh_replay replay;
	unsigned frames;
	bool found = false;

	if (!gpu)
		return false;
	if (!bh_replay_init(&replay, gpu, trace, size, diags)) {
		bh_gpu_destroy(gpu);
		return false;
	}
	frames = bh_trace_submissions(trace, size);
	if (!about->frame)
		about->frame = frames;
	capture = bh_capture_create(gpu);
	found = about->frame && watch(&replay, capture, about->frame);
	if (found)
		bh_capture_page(capture, about, html);
	else
		bh_diag_hint(
			bh_error(diags, "E2004", "the recording has no frame %u", about->frame),
			"it has %u", frames);
	bh_capture_destroy(capture);
	bh_replay_finish(&replay);
	bh_gpu_destroy(gpu);
	return found;
}
