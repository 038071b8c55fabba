/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/report.h"

#include "base/alloc.h"
#include "base/file.h"
#include "cmd/width.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOURCE_LIMIT (16u << 20)

struct paint {
	const char *level[3], *strong, *frame, *off;
};

static const struct paint colours = {
	.level = {"\033[1;32m", "\033[1;33m", "\033[1;31m"},
	.strong = "\033[1m",
	.frame = "\033[1;34m",
	.off = "\033[0m",
};
static const struct paint plain = {.level = {"", "", ""}, .strong = "", .frame = "", .off = ""};

bool bh_wants_colour(FILE *stream)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return !(no && *no) && isatty(fileno(stream)) && !(term && !strcmp(term, "dumb"));
}

/* The file that was shown last: many diagnostics are usually about one. */
struct source {
	char *name, *data;
	size_t size;
};

static void source_finish(struct source *source)
{
	free(source->name);
	free(source->data);
	*source = (struct source){0};
}

static bool source_open(struct source *source, const char *name)
{
	if (source->name && !strcmp(source->name, name))
		return source->data;
	source_finish(source);
	source->name = bh_strdup(name);
	if (bh_file_read(name, SOURCE_LIMIT, &source->data, &source->size))
		source->data = NULL;
	return source->data;
}

/* The text of one line (from 1), without its end; false when the file has none such. */
static bool source_line(struct source *source, const char *file, uint32_t line, const char **text,
			size_t *length)
{
	if (!source_open(source, file))
		return false;
	const char *at = source->data, *end = at + source->size;
	/* An editor does not count a byte order mark. */
	if (source->size >= 3 && !memcmp(at, "\xef\xbb\xbf", 3))
		at += 3;
	while (--line && at < end) {
		const char *next = memchr(at, '\n', (size_t)(end - at));
		at = next ? next + 1 : end;
	}
	if (line || at >= end)
		return false;
	const char *stop = memchr(at, '\n', (size_t)(end - at));
	if (!stop)
		stop = end;
	*text = at;
	*length = (size_t)(stop - at) - (stop > at && stop[-1] == '\r');
	return true;
}

/* Bytes that a part of a line may take: longer ones are shown around what is meant. */
#define LINE_MAX_SHOWN 160
#define LINE_BEFORE    60

static bool continues_character(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

static void render_line(struct bh_buf *out, const struct bh_diag *diag, const char *line,
			size_t length, const struct paint *paint)
{
	const struct bh_span *span = &diag->span;
	int width = snprintf(NULL, 0, "%" PRIu32, span->line);
	size_t mark = span->column ? span->column - 1 : 0;
	size_t from = 0, to = length;

	if (mark > length)
		mark = length;
	size_t marked = span->length < length - mark ? span->length : length - mark;
	if (length > LINE_MAX_SHOWN) {
		from = mark > LINE_BEFORE ? mark - LINE_BEFORE : 0;
		while (from && continues_character(line[from]))
			from--;
		if (to - from > LINE_MAX_SHOWN)
			to = from + LINE_MAX_SHOWN;
		while (to < length && continues_character(line[to]))
			to++;
		if (marked > to - mark)
			marked = to - mark;
	}
	const char *cut_before = from ? "..." : "";
	bh_buf_addf(out, "%*s %s|%s\n", width, "", paint->frame, paint->off);
	bh_buf_addf(out, "%s%" PRIu32 " |%s %s", paint->frame, span->line, paint->off, cut_before);
	bh_add_visible(out, line + from, to - from);
	bh_buf_adds(out, to < length ? "..." : "");
	bh_buf_addf(out, "\n%*s %s|%s %*s%s", width, "", paint->frame, paint->off,
		    (int)(bh_columns(line + from, mark - from) + strlen(cut_before)), "",
		    paint->level[diag->level]);
	size_t carets = bh_columns(line + mark, marked);
	for (size_t i = 0; i < (carets ? carets : 1); i++)
		bh_buf_addc(out, '^');
	if (diag->label) {
		bh_buf_addc(out, ' ');
		bh_add_visible(out, diag->label, strlen(diag->label));
	}
	bh_buf_addf(out, "%s\n", paint->off);
}

static void render_source(struct bh_buf *out, const struct bh_diag *diag, struct source *source,
			  const struct paint *paint)
{
	const struct bh_span *span = &diag->span;
	const char *line;
	size_t length;

	bh_buf_addf(out, "%*s%s-->%s ", snprintf(NULL, 0, "%" PRIu32, span->line), "", paint->frame,
		    paint->off);
	bh_add_visible(out, span->file, strlen(span->file));
	if (span->line)
		bh_buf_addf(out, ":%" PRIu32 ":%" PRIu32, span->line, span->column);
	bh_buf_addc(out, '\n');
	if (span->line && source_line(source, span->file, span->line, &line, &length))
		render_line(out, diag, line, length, paint);
}

static void render_extra(struct bh_buf *out, const char *name, const char *text,
			 const struct paint *paint)
{
	if (!text)
		return;
	bh_buf_addf(out, "  %s=%s %s%s:%s ", paint->frame, paint->off, paint->strong, name,
		    paint->off);
	bh_add_visible(out, text, strlen(text));
	bh_buf_addc(out, '\n');
}

static void render_one(struct bh_buf *out, const struct bh_diag *diag, struct source *source,
		       const struct paint *paint)
{
	bh_buf_addf(out, "%s%s[%s]%s%s: ", paint->level[diag->level], bh_level_name(diag->level),
		    diag->code, paint->off, paint->strong);
	bh_add_visible(out, diag->message, strlen(diag->message));
	bh_buf_addf(out, "%s\n", paint->off);
	if (diag->span.file)
		render_source(out, diag, source, paint);
	if (diag->node) {
		bh_buf_addf(out, "  %s-->%s ", paint->frame, paint->off);
		bh_add_visible(out, diag->node, strlen(diag->node));
		if (diag->property) {
			bh_buf_addc(out, ':');
			bh_add_visible(out, diag->property, strlen(diag->property));
		}
		bh_buf_addc(out, '\n');
	}
	render_extra(out, "cause", diag->cause, paint);
	render_extra(out, "help", diag->hint, paint);
}

void bh_render_diags(struct bh_buf *out, const struct bh_diags *diags, bool colour)
{
	struct source source = {0};

	for (size_t i = 0; i < diags->count; i++)
		render_one(out, &diags->items[i], &source, colour ? &colours : &plain);
	if (diags->dropped)
		bh_buf_addf(out, "and %zu more\n", diags->dropped);
	source_finish(&source);
}

void bh_print_diags(const struct bh_diags *diags)
{
	struct bh_buf text = {0};

	bh_render_diags(&text, diags, bh_wants_colour(stderr));
	fflush(stdout);
	fwrite(bh_buf_str(&text), 1, text.length, stderr);
	bh_buf_finish(&text);
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (!text)
		return;
	json_t *value = json_string(text);
	if (!value) {
		/* Not UTF-8: a file name may be anything, and a message may have been cut. */
		struct bh_buf visible = {0};
		bh_add_visible(&visible, text, strlen(text));
		value = json_string(bh_buf_str(&visible));
		bh_buf_finish(&visible);
	}
	json_object_set_new(object, key, value ? value : json_string("?"));
}

json_t *bh_diags_json(const struct bh_diags *diags)
{
	json_t *array = json_array();

	for (size_t i = 0; i < diags->count; i++) {
		const struct bh_diag *diag = &diags->items[i];
		json_t *object = json_object();

		set_text(object, "level", bh_level_name(diag->level));
		set_text(object, "code", diag->code);
		set_text(object, "message", diag->message);
		set_text(object, "label", diag->label);
		set_text(object, "cause", diag->cause);
		set_text(object, "help", diag->hint);
		set_text(object, "node", diag->node);
		set_text(object, "property", diag->property);
		if (diag->span.file) {
			set_text(object, "file", diag->span.file);
			json_object_set_new(object, "line", json_integer(diag->span.line));
			json_object_set_new(object, "column", json_integer(diag->span.column));
			json_object_set_new(object, "length", json_integer(diag->span.length));
		}
		json_array_append_new(array, object);
	}
	return array;
}

void bh_print_json(const char *schema, json_t *object)
{
	json_t *whole = json_pack("{ss}", "schema", schema);

	json_object_update(whole, object);
	json_dumpf(whole, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(object);
	json_decref(whole);
}

void bh_progress_start(struct bh_progress *progress)
{
	*progress = (struct bh_progress){.stream = stderr, .terminal = isatty(STDERR_FILENO)};
}

void bh_progress_say(struct bh_progress *progress, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = bh_vstrf(format, args);
	va_end(args);
	if (progress->terminal)
		fprintf(progress->stream, "\r\033[K%s", text);
	else if (!progress->last || strcmp(progress->last, text) != 0)
		fprintf(progress->stream, "%s\n", text);
	fflush(progress->stream);
	free(progress->last);
	progress->last = text;
}

void bh_progress_end(struct bh_progress *progress)
{
	if (progress->terminal && progress->last)
		fputs("\r\033[K", progress->stream);
	free(progress->last);
	progress->last = NULL;
}
