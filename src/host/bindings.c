/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of bound devices: made as one, remembered in a file. */
#include "base/alloc.h"
#include "base/str.h"
#include "host/bind.h"

#include <stdlib.h>
#include <string.h>

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
	    (strcmp(words[1], "platform") != 0 && strcmp(words[1], "amba") != 0) ||
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
