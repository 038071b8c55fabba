/* SPDX-License-Identifier: Apache-2.0 */
#include "base/diag.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bh_diags_init(struct bh_diags *diags)
{
	*diags = (struct bh_diags){0};
}

static void diag_finish(struct bh_diag *diag)
{
	free(diag->message);
	free(diag->label);
	free(diag->cause);
	free(diag->hint);
	free(diag->node);
	free(diag->property);
}

void bh_diags_finish(struct bh_diags *diags)
{
	for (size_t i = 0; i < diags->count; i++)
		diag_finish(&diags->items[i]);
	free(diags->items);
	*diags = (struct bh_diags){0};
}

struct bh_diag *bh_report(struct bh_diags *diags, enum bh_level level, const char *code,
			  const char *format, ...)
{
	va_list args;

	if (!diags)
		return NULL;
	diags->errors += level == BH_ERROR;
	diags->warnings += level == BH_WARNING;
	if (diags->count >= BH_DIAGS_MAX) {
		diags->dropped++;
		return NULL;
	}
	bh_grow((void **)&diags->items, &diags->capacity, diags->count + 1, sizeof(*diags->items));

	struct bh_diag *diag = &diags->items[diags->count++];
	*diag = (struct bh_diag){.level = level};
	size_t length = strlen(code);
	assert(length < sizeof(diag->code));
	memcpy(diag->code, code, length);
	va_start(args, format);
	diag->message = bh_vstrf(format, args);
	va_end(args);
	return diag;
}

void bh_diag_at(struct bh_diag *diag, struct bh_span span)
{
	if (diag)
		diag->span = span;
}

void bh_diag_node(struct bh_diag *diag, const char *path, const char *property)
{
	if (!diag)
		return;
	free(diag->node);
	free(diag->property);
	diag->node = path ? bh_strdup(path) : NULL;
	diag->property = property ? bh_strdup(property) : NULL;
}

#define SETTER(field)                                                       \
	void bh_diag_##field(struct bh_diag *diag, const char *format, ...) \
	{                                                                   \
		va_list args;                                               \
		if (!diag)                                                  \
			return;                                             \
		va_start(args, format);                                     \
		free(diag->field);                                          \
		diag->field = bh_vstrf(format, args);                       \
		va_end(args);                                               \
	}

SETTER(label)
SETTER(cause)
SETTER(hint)

const char *bh_level_name(enum bh_level level)
{
	static const char *const names[] = {"note", "warning", "error"};
	return names[level];
}
