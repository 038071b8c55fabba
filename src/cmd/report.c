/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/report.h"

#include "base/alloc.h"
#include "base/file.h"

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

/* The text of one line (from 1), without its end; false when the file has none such. */
static bool source_line(const char *file, uint32_t line, struct bh_buf *out)
{
	char *data;
	size_t size;

	if (bh_file_read(file, SOURCE_LIMIT, &data, &size))
		return false;
	const char *at = data, *end = data + size;
	while (--line && at < end) {
		const char *next = memchr(at, '\n', (size_t)(end - at));
		at = next ? next + 1 : end;
	}
	bool found = !line && at < end;
	if (found) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		bh_buf_add(out, at, (size_t)((stop ? stop : end) - at));
	}
	free(data);
	return found;
}

/* Printable ASCII and UTF-8 as it is, tabs as one space, all else as '?': a file cannot move the
 * terminal's cursor. */
static void add_visible(struct bh_buf *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];
		if (byte == '\t')
			bh_buf_addc(out, ' ');
		else if (byte == '\r' && i + 1 == length)
			break;
		else
			bh_buf_addc(out, byte < ' ' || byte == 0x7f ? '?' : (char)byte);
	}
}

/* How many columns the first `bytes` bytes take: one a character, not one a byte. */
static size_t columns(const char *text, size_t bytes)
{
	size_t count = 0;

	for (size_t i = 0; i < bytes; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

static void render_source(struct bh_buf *out, const struct bh_diag *diag, const struct paint *paint)
{
	const struct bh_span *span = &diag->span;
	struct bh_buf line = {0};
	int width = snprintf(NULL, 0, "%" PRIu32, span->line);

	bh_buf_addf(out, "%*s%s-->%s %s", width, "", paint->frame, paint->off, span->file);
	if (span->line)
		bh_buf_addf(out, ":%" PRIu32 ":%" PRIu32, span->line, span->column);
	bh_buf_addc(out, '\n');
	if (span->line && source_line(span->file, span->line, &line)) {
		size_t before = span->column ? span->column - 1 : 0;
		if (before > line.length)
			before = line.length;
		size_t length = span->length;
		if (length > line.length - before)
			length = line.length - before;
		size_t carets = columns(bh_buf_str(&line) + before, length);

		bh_buf_addf(out, "%*s %s|%s\n", width, "", paint->frame, paint->off);
		bh_buf_addf(out, "%s%" PRIu32 " |%s ", paint->frame, span->line, paint->off);
		add_visible(out, bh_buf_str(&line), line.length);
		bh_buf_addf(out, "\n%*s %s|%s %*s%s", width, "", paint->frame, paint->off,
			    (int)columns(bh_buf_str(&line), before), "", paint->level[diag->level]);
		for (size_t i = 0; i < (carets ? carets : 1); i++)
			bh_buf_addc(out, '^');
		if (diag->label)
			bh_buf_addf(out, " %s", diag->label);
		bh_buf_addf(out, "%s\n", paint->off);
	}
	bh_buf_finish(&line);
}

static void render_extra(struct bh_buf *out, const char *name, const char *text,
			 const struct paint *paint)
{
	if (text)
		bh_buf_addf(out, "  %s=%s %s%s:%s %s\n", paint->frame, paint->off, paint->strong,
			    name, paint->off, text);
}

static void render_one(struct bh_buf *out, const struct bh_diag *diag, const struct paint *paint)
{
	bh_buf_addf(out, "%s%s[%s]%s%s: %s%s\n", paint->level[diag->level],
		    bh_level_name(diag->level), diag->code, paint->off, paint->strong,
		    diag->message, paint->off);
	if (diag->span.file)
		render_source(out, diag, paint);
	if (diag->node && diag->property)
		bh_buf_addf(out, "  %s-->%s %s:%s\n", paint->frame, paint->off, diag->node,
			    diag->property);
	else if (diag->node)
		bh_buf_addf(out, "  %s-->%s %s\n", paint->frame, paint->off, diag->node);
	render_extra(out, "cause", diag->cause, paint);
	render_extra(out, "help", diag->hint, paint);
}

void bh_render_diags(struct bh_buf *out, const struct bh_diags *diags, bool colour)
{
	for (size_t i = 0; i < diags->count; i++)
		render_one(out, &diags->items[i], colour ? &colours : &plain);
	if (diags->dropped)
		bh_buf_addf(out, "and %zu more\n", diags->dropped);
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
	/* json_string() refuses what is not UTF-8; a file name may be anything. */
	if (text) {
		json_t *value = json_string(text);
		json_object_set_new(object, key, value ? value : json_string("(not UTF-8)"));
	}
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
	else if (!progress->last || strcmp(progress->last, text))
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
