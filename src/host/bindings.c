/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of bound devices: made as one, remembered in a file. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "host/bind.h"
#include "host/run.h"

#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT (1u << 20)

static struct bh_binding *add(struct bh_bindings *bindings)
{
	bh_grow((void **)&bindings->items, &bindings->capacity, bindings->count + 1,
		sizeof(*bindings->items));
	memset(&bindings->items[bindings->count], 0, sizeof(*bindings->items));
	return &bindings->items[bindings->count];
}

bool bh_bind_all(struct bh_sys *sys, const struct bh_bind_request *requests, size_t count,
		 struct bh_bindings *bindings, struct bh_diags *diags)
{
	*bindings = (struct bh_bindings){NULL, 0, 0};
	for (size_t i = 0; i < count; i++) {
		if (bh_bind(sys, &requests[i], add(bindings), diags)) {
			bindings->count++;
			continue;
		}
		while (bindings->count) {
			struct bh_binding *last = &bindings->items[bindings->count - 1];
			if (!last->kept)
				bh_unbind(sys, last, diags);
			bh_binding_finish(last);
			bindings->count--;
		}
		bh_bindings_finish(bindings);
		return false;
	}
	return true;
}

void bh_bindings_finish(struct bh_bindings *bindings)
{
	for (size_t i = 0; i < bindings->count; i++)
		bh_binding_finish(&bindings->items[i]);
	free(bindings->items);
	*bindings = (struct bh_bindings){NULL, 0, 0};
}

/* Names of devices, drivers and modules have no white space; "-" stands for none. */
void bh_bindings_write(const struct bh_bindings *bindings, struct bh_buf *text)
{
	for (size_t i = 0; i < bindings->count; i++) {
		const struct bh_binding *b = &bindings->items[i];
		bh_buf_addf(text, "%s %s %s %s\n", b->device, b->bus, b->driver ? b->driver : "-",
			    b->module ? b->module : "-");
	}
}

static char *word_or_null(const char *word)
{
	return strcmp(word, "-") != 0 ? bh_strdup(word) : NULL;
}

static bool read_line(struct bh_bindings *bindings, char *line)
{
	char *words[5], *rest = line;
	size_t count = 0;

	while (count < 5 && (words[count] = strsep(&rest, " ")) && *words[count])
		count++;
	/* It becomes part of paths. */
	if (count != 4 || strchr(line, '/') || line[0] == '.' ||
	    (strcmp(words[1], "platform") != 0 && strcmp(words[1], "amba") != 0 &&
	     strcmp(words[1], "pci") != 0) ||
	    strchr(words[2], '/') || strchr(words[3], '/'))
		return false;
	*add(bindings) = (struct bh_binding){
		.device = bh_strdup(words[0]),
		.bus = bh_strdup(words[1]),
		.driver = word_or_null(words[2]),
		.module = word_or_null(words[3]),
	};
	bindings->count++;
	return true;
}

void bh_bindings_read(struct bh_bindings *bindings, const char *text)
{
	char *copy = bh_strdup(text), *rest = copy, *line;

	*bindings = (struct bh_bindings){NULL, 0, 0};
	while ((line = strsep(&rest, "\n")) && *line && read_line(bindings, line))
		continue;
	free(copy);
}

void bh_bindings_load(const char *run, struct bh_bindings *bindings)
{
	char *path = bh_strf("%s/devices", run), *text;
	size_t size;

	*bindings = (struct bh_bindings){NULL, 0, 0};
	if (!bh_file_read(path, FILE_LIMIT, &text, &size)) {
		bh_bindings_read(bindings, text);
		free(text);
	}
	free(path);
}

bool bh_bindings_save(const char *run, const struct bh_bindings *bindings, struct bh_diags *diags)
{
	char *path = bh_strf("%s/devices", run);
	struct bh_buf text;

	bh_buf_init(&text);
	bh_bindings_write(bindings, &text);
	int error = bh_make_dirs(run, 0700);
	if (!error)
		error = bh_file_write(path, bh_buf_str(&text), text.length, 0600);
	if (error)
		bh_run_report(path, error, diags);
	bh_buf_finish(&text);
	free(path);
	return !error;
}

struct bh_binding *bh_bindings_find(const struct bh_bindings *bindings, const char *device)
{
	for (size_t i = 0; i < bindings->count; i++) {
		if (!strcmp(bindings->items[i].device, device))
			return &bindings->items[i];
	}
	return NULL;
}

void bh_bindings_put(struct bh_bindings *bindings, struct bh_binding *binding)
{
	struct bh_binding *place = bh_bindings_find(bindings, binding->device);

	if (place) {
		/* Where it came from first is where it belongs. */
		if (place->driver && !binding->driver) {
			bh_binding_finish(binding);
			return;
		}
		bh_binding_finish(place);
	} else {
		place = add(bindings);
		bindings->count++;
	}
	*place = *binding;
}

void bh_bindings_drop(struct bh_bindings *bindings, struct bh_binding *binding)
{
	size_t index = (size_t)(binding - bindings->items);

	bh_binding_finish(binding);
	memmove(binding, binding + 1, (--bindings->count - index) * sizeof(*binding));
}
