/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/board.h"

#include "base/file.h"
#include "base/str.h"
#include "config/partition.h"
#include "machine/quiesce.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INCLUDES_MAX 16

/* The files that make up one board while it is read, the most general first. */
struct reader {
	struct bh_board *board;
	struct bh_diags *diags;
	const char *seen[INCLUDES_MAX];
	size_t seen_count;
	bool ok;
};

static const char *const never_names[BH_NEVER_COUNT] = {
	[BH_NEVER_CORE] = "core",       [BH_NEVER_CONSOLE] = "console",
	[BH_NEVER_STORAGE] = "storage", [BH_NEVER_FIRMWARE] = "firmware",
	[BH_NEVER_DRAM] = "dram",
};

static const char *const actions[] = {
	[BH_ACTION_COPY] = "copy",       [BH_ACTION_SUBSTITUTE] = "substitute",
	[BH_ACTION_MEDIATE] = "mediate", [BH_ACTION_HOLD] = "hold",
	[BH_ACTION_DROP] = "drop",       [BH_ACTION_REFUSE] = "refuse",
};

const char *bh_never_text(enum bh_never why)
{
	switch (why) {
	case BH_NEVER_CORE:
		return "the CPUs' own machinery (interrupts, timers, IOMMU)";
	case BH_NEVER_CONSOLE:
		return "the host's console";
	case BH_NEVER_STORAGE:
		return "the host's root storage";
	case BH_NEVER_FIRMWARE:
		return "the channel to the board's firmware";
	case BH_NEVER_DRAM:
		return "the DRAM controller";
	case BH_NEVER_KEPT:
		return "kept for the host by the configuration";
	default:
		return "";
	}
}

static void bad(struct reader *r, struct bh_span span, const char *what, const char *cause)
{
	struct bh_diag *diag = bh_error(r->diags, "E0587", "board data: %s", what);

	bh_diag_at(diag, span);
	bh_diag_cause(diag, "%s", cause);
	bh_diag_hint(diag, "boards/README.md lists what a board's data file may say");
	r->ok = false;
}

/* A string, or NULL with an error. */
static const char *text_of(struct reader *r, const struct bh_toml_value *value, const char *what)
{
	if (value && value->kind == BH_TOML_STRING &&
	    strlen(value->string.text) == value->string.length)
		return value->string.text;
	if (value)
		bad(r, value->span, what, "a string is wanted");
	return NULL;
}

static const char *get_text(struct reader *r, const struct bh_toml_value *table, const char *key,
			    bool required)
{
	const struct bh_toml_value *value = bh_toml_get(table, key);

	if (!value && required)
		bad(r, table->span, key, "this key is missing");
	return text_of(r, value, key);
}

/* Calls `add` for each string of a list (or for the single string). */
static void each_text(struct reader *r, const struct bh_toml_value *value, const char *what,
		      void (*add)(struct reader *, const char *, int), int data)
{
	if (!value)
		return;
	if (value->kind != BH_TOML_ARRAY) {
		const char *text = text_of(r, value, what);
		if (text)
			add(r, text, data);
		return;
	}
	for (size_t i = 0; i < value->array->count; i++) {
		const char *text = text_of(r, value->array->items[i], what);
		if (text)
			add(r, text, data);
	}
}

/* One more item at the end of a list that lives in the arena. */
static void *append(struct bh_arena *arena, void *items, size_t *count, size_t size)
{
	void **list = items;

	if (!(*count & (*count - 1))) { /* full at powers of two */
		void *bigger = bh_arena_alloc(arena, (*count ? *count * 2 : 1) * size);
		if (*count)
			memcpy(bigger, *list, *count * size);
		*list = bigger;
	}
	return (char *)*list + (*count)++ * size;
}

static void add_never_compatible(struct reader *r, const char *text, int why)
{
	struct bh_board *b = r->board;
	struct bh_board_never *n = append(&b->arena, &b->never, &b->never_count, sizeof(*n));

	*n = (struct bh_board_never){.compatible = text, .why = (enum bh_never)why};
}

static void add_never_device(struct reader *r, const char *text, int why)
{
	struct bh_board *b = r->board;
	struct bh_board_never *n = append(&b->arena, &b->never, &b->never_count, sizeof(*n));

	*n = (struct bh_board_never){.device = text, .why = (enum bh_never)why};
}

static void add_spare(struct reader *r, const char *text, int data)
{
	struct bh_board *b = r->board;
	const char **item =
		append(&b->arena, &b->spare_mailboxes, &b->spare_mailbox_count, sizeof(*item));

	(void)data;
	*item = text;
}

static void add_single_domain(struct reader *r, const char *text, int data)
{
	struct bh_board *b = r->board;
	const char **item =
		append(&b->arena, &b->single_domain, &b->single_domain_count, sizeof(*item));

	(void)data;
	*item = text;
}

static void read_never(struct reader *r, const struct bh_toml_value *table)
{
	if (table->kind != BH_TOML_TABLE) {
		bad(r, table->span, "never", "a table is wanted");
		return;
	}
	for (size_t i = 0; i < table->table->count; i++) {
		const struct bh_toml_entry *entry = &table->table->entries[i];
		int why = 0;

		for (int w = 1; w < BH_NEVER_COUNT; w++)
			if (never_names[w] && bh_str_eq(entry->key, never_names[w]))
				why = w;
		if (why)
			each_text(r, entry->value, entry->key, add_never_compatible, why);
		else
			bad(r, entry->key_span, "never", "unknown kind");
	}
}

static void read_policy(struct reader *r, const struct bh_toml_value *table)
{
	struct bh_board *b = r->board;
	const char *action = get_text(r, table, "action", true);
	struct bh_board_policy policy = {
		.compatible = get_text(r, table, "compatible", false),
		.property = get_text(r, table, "property", true),
		.entry = get_text(r, table, "entry", false),
		.action = -1,
		.reason = get_text(r, table, "reason", true),
	};

	for (size_t i = 0; action && i < sizeof(actions) / sizeof(actions[0]); i++)
		if (bh_str_eq(action, actions[i]))
			policy.action = (int)i;
	if (action && policy.action < 0)
		bad(r, table->span, "action",
		    "copy, substitute, mediate, hold, drop or refuse is wanted");
	if (!policy.compatible)
		policy.compatible = "*";
	if (policy.property && policy.reason && policy.action >= 0)
		*(struct bh_board_policy *)append(&b->arena, &b->policies, &b->policy_count,
						  sizeof(policy)) = policy;
}

static void read_hidden(struct reader *r, const struct bh_toml_value *table)
{
	struct bh_board *b = r->board;
	const struct bh_toml_value *breaks = bh_toml_get(table, "breaks");
	struct bh_board_hidden hidden = {
		.compatible = get_text(r, table, "compatible", true),
		.supplier = get_text(r, table, "supplier", true),
		.breaks = breaks && breaks->kind == BH_TOML_BOOLEAN && breaks->boolean,
		.reason = get_text(r, table, "reason", true),
	};

	if (hidden.compatible && hidden.supplier && hidden.reason)
		*(struct bh_board_hidden *)append(&b->arena, &b->hidden, &b->hidden_count,
						  sizeof(hidden)) = hidden;
}

static void read_late(struct reader *r, const struct bh_toml_value *table)
{
	struct bh_board *b = r->board;
	struct bh_board_late late = {
		.compatible = get_text(r, table, "compatible", true),
		.property = get_text(r, table, "property", true),
		.reason = get_text(r, table, "reason", true),
	};

	if (late.compatible && late.property && late.reason)
		*(struct bh_board_late *)append(&b->arena, &b->late, &b->late_count, sizeof(late)) =
			late;
}

static void read_quiesce(struct reader *r, const struct bh_toml_value *table)
{
	struct bh_board *b = r->board;
	const struct bh_toml_value *list = bh_toml_get(table, "steps");
	struct bh_board_quiesce quiesce = {
		.compatible = get_text(r, table, "compatible", true),
		.reason = get_text(r, table, "reason", true),
	};
	size_t count = list && list->kind == BH_TOML_ARRAY ? list->array->count : 0;

	if (!count || count > BH_QUIESCE_STEPS_MAX) {
		bad(r, list ? list->span : table->span, "steps", "a list of 1 to 16 is wanted");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const char *step = text_of(r, list->array->items[i], "steps");

		if (!step)
			return;
		if (!bh_quiesce_step_ok(step)) {
			bad(r, list->array->items[i]->span, "steps",
			    "\"write REGION OFFSET MASK VALUE\" or \"wait ...\" is wanted");
			return;
		}
		quiesce.steps = quiesce.steps
					? bh_arena_strf(&b->arena, "%s; %s", quiesce.steps, step)
					: step;
	}
	if (quiesce.compatible && quiesce.reason)
		*(struct bh_board_quiesce *)append(&b->arena, &b->quiesce, &b->quiesce_count,
						   sizeof(quiesce)) = quiesce;
}

static void each_table(struct reader *r, const struct bh_toml_value *value, const char *what,
		       void (*read)(struct reader *, const struct bh_toml_value *))
{
	if (value->kind != BH_TOML_ARRAY) {
		bad(r, value->span, what, "an array of tables is wanted");
		return;
	}
	for (size_t i = 0; i < value->array->count; i++) {
		if (value->array->items[i]->kind == BH_TOML_TABLE)
			read(r, value->array->items[i]);
		else
			bad(r, value->array->items[i]->span, what, "a table is wanted");
	}
}

static void read_window(struct reader *r, const struct bh_toml_value *table, const char *what,
			struct bh_range *window)
{
	const char *base = NULL, *size = NULL;
	uint64_t b, s;

	if (table->kind == BH_TOML_TABLE) {
		base = get_text(r, table, "base", true);
		size = get_text(r, table, "size", true);
	} else {
		bad(r, table->span, what, "a table { base, size } is wanted");
	}
	if (!base || !size)
		return;
	if (!bh_parse_u64(base, &b) || !bh_parse_size(size, &s) || !bh_range_make(b, s, window))
		bad(r, table->span, what, "base is a number in a string, size as in \"512M\"");
}

static void read_file(struct reader *r, const char *name, const char *text, size_t size);

static const struct bh_board_file *built_in(const char *name)
{
	for (const struct bh_board_file *file = bh_board_files; file->name; file++)
		if (bh_str_eq(file->name, name))
			return file;
	return NULL;
}

static void include(struct reader *r, const char *name, int data)
{
	const struct bh_board_file *file = built_in(name);

	(void)data;
	if (!file) {
		bh_error(r->diags, "E0586", "board data: there is no built-in file \"%s\"", name);
		r->ok = false;
		return;
	}
	for (size_t i = 0; i < r->seen_count; i++)
		if (bh_str_eq(r->seen[i], name))
			return;
	if (r->seen_count < INCLUDES_MAX) {
		r->seen[r->seen_count++] = name;
		read_file(r, file->name, file->text, strlen(file->text));
	}
}

static void read_key(struct reader *r, const struct bh_toml_entry *entry)
{
	struct bh_board *b = r->board;
	const struct bh_toml_value *value = entry->value;
	const char *key = entry->key, *text;

	if (bh_str_eq(key, "name")) {
		if ((text = text_of(r, value, key)))
			b->name = text;
	} else if (bh_str_eq(key, "gic")) {
		if (value->kind == BH_TOML_INTEGER && (value->integer == 2 || value->integer == 3))
			b->gic = (int)value->integer;
		else
			bad(r, value->span, key, "2 or 3 is wanted");
	} else if (bh_str_eq(key, "ram")) {
		read_window(r, value, key, &b->ram);
	} else if (bh_str_eq(key, "direct")) {
		read_window(r, value, key, &b->direct);
	} else if (bh_str_eq(key, "console")) {
		each_text(r, value, key, add_never_device, BH_NEVER_CONSOLE);
	} else if (bh_str_eq(key, "storage")) {
		each_text(r, value, key, add_never_device, BH_NEVER_STORAGE);
	} else if (bh_str_eq(key, "firmware")) {
		each_text(r, value, key, add_never_device, BH_NEVER_FIRMWARE);
	} else if (bh_str_eq(key, "never")) {
		read_never(r, value);
	} else if (bh_str_eq(key, "spare-mailboxes")) {
		each_text(r, value, key, add_spare, 0);
	} else if (bh_str_eq(key, "single-domain-iommus")) {
		each_text(r, value, key, add_single_domain, 0);
	} else if (bh_str_eq(key, "policy")) {
		each_table(r, value, key, read_policy);
	} else if (bh_str_eq(key, "hidden")) {
		each_table(r, value, key, read_hidden);
	} else if (bh_str_eq(key, "late")) {
		each_table(r, value, key, read_late);
	} else if (bh_str_eq(key, "quiesce")) {
		each_table(r, value, key, read_quiesce);
	} else if (!bh_str_eq(key, "compatible") && !bh_str_eq(key, "include")) {
		bad(r, entry->key_span, key, "unknown key");
	}
}

static void read_file(struct reader *r, const char *name, const char *text, size_t size)
{
	struct bh_arena *arena = &r->board->arena;
	struct bh_toml toml;

	if (bh_toml_parse(&toml, arena, bh_arena_strdup(arena, name), text, size, r->diags)) {
		r->ok = false;
	} else {
		each_text(r, bh_toml_get(toml.root, "include"), "include", include, 0);
		for (size_t i = 0; i < toml.root->table->count; i++)
			read_key(r, &toml.root->table->entries[i]);
	}
	bh_toml_finish(&toml);
}

/*
 * The compatible a file claims is looked for in its text: "compatible = [...]" holds quoted
 * strings, so a quoted match within the line decides without reading every file.
 */
static bool claims(const struct bh_board_file *file, const char *compatible)
{
	const char *line = strstr(file->text, "\ncompatible = [");
	size_t length = strlen(compatible);

	if (!line)
		return false;
	const char *end = strchr(line + 1, ']');
	for (const char *at = line; (at = strchr(at, '"')) && (!end || at < end);) {
		const char *close = strchr(++at, '"');
		if (!close)
			return false;
		if ((size_t)(close - at) == length && !memcmp(at, compatible, length))
			return true;
		at = close + 1;
	}
	return false;
}

static const struct bh_board_file *by_compatible(const struct bh_dt *tree)
{
	const struct bh_dt_prop *prop = bh_dt_get(tree->root, "compatible");

	/* The root's list goes from board to SoC: the first hit is the most specific. */
	for (uint32_t i = 0; i < bh_dt_string_count(prop); i++)
		for (const struct bh_board_file *file = bh_board_files; file->name; file++)
			if (claims(file, bh_dt_string_at(prop, i)))
				return file;
	return NULL;
}

static void read_path(struct reader *r, const char *path)
{
	char *text;
	size_t size;
	int error = bh_file_read(path, BH_TOML_SIZE_MAX, &text, &size);

	if (error) {
		bh_diag_hint(
			bh_error(r->diags, "E0586", "board data %s: %s", path, strerror(-error)),
			"`name` in [board] is a built-in file or a path to one");
		r->ok = false;
		return;
	}
	r->board->file = bh_arena_strdup(&r->board->arena, path);
	read_file(r, path, text, size);
	free(text);
}

bool bh_board_read(struct bh_board *board, const struct bh_dt *tree, const char *name,
		   struct bh_diags *diags)
{
	const struct bh_board_file *file = NULL;
	struct reader r = {.board = board, .diags = diags, .ok = true};

	memset(board, 0, sizeof(*board));
	bh_arena_init(&board->arena);
	board->name = bh_dt_string(tree->root, "model");
	if (!board->name)
		board->name = "unnamed board";
	board->name = bh_arena_strdup(&board->arena, board->name);
	include(&r, "any", 0);
	if (name && (strchr(name, '/') || bh_str_ends(name, ".toml"))) {
		read_path(&r, name);
	} else {
		file = name ? built_in(name) : by_compatible(tree);
		if (file) {
			board->file = file->name;
			include(&r, file->name, 0);
		} else if (name) {
			include(&r, name, 0); /* says that it is missing */
		}
	}
	/* The last layer read is the most specific: policies are searched from there. */
	for (size_t i = 0, j = board->policy_count; i + 1 < j; i++) {
		struct bh_board_policy swap = board->policies[i];
		board->policies[i] = board->policies[--j];
		board->policies[j] = swap;
	}
	return r.ok;
}

void bh_board_finish(struct bh_board *board)
{
	bh_arena_finish(&board->arena);
	memset(board, 0, sizeof(*board));
}

bool bh_board_matches(const struct bh_dt_node *node, const char *pattern)
{
	if (bh_str_eq(pattern, "*"))
		return true;
	const struct bh_dt_prop *prop = bh_dt_get(node, "compatible");
	for (uint32_t i = 0, n = bh_dt_string_count(prop); i < n; i++)
		if (bh_dt_rule_matches(pattern, bh_dt_string_at(prop, i)))
			return true;
	return false;
}

/* By name, or by number as in "#1". */
static bool is_entry(const char *wanted, const char *name, uint32_t index)
{
	uint64_t number;

	if (wanted[0] == '#')
		return bh_parse_u64(wanted + 1, &number) && number == index;
	return bh_str_eq(wanted, name);
}

const struct bh_board_policy *bh_board_policy(const struct bh_board *board,
					      const struct bh_dt_node *node, const char *property,
					      const char *entry, uint32_t index)
{
	for (size_t i = 0; i < board->policy_count; i++) {
		const struct bh_board_policy *policy = &board->policies[i];

		if (policy->entry && !is_entry(policy->entry, entry, index))
			continue;
		if (bh_dt_rule_matches(policy->property, property) &&
		    bh_board_matches(node, policy->compatible))
			return policy;
	}
	return NULL;
}

const struct bh_board_quiesce *bh_board_quiesce(const struct bh_board *board,
						const struct bh_dt_node *node)
{
	/* From the last layer read on: it is the most specific. */
	for (size_t i = board->quiesce_count; i-- > 0;)
		if (bh_board_matches(node, board->quiesce[i].compatible))
			return &board->quiesce[i];
	return NULL;
}
