/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a partition: the file, its drop-ins, the schema, the checks. */
#include "config/partition.h"

#include "base/file.h"
#include "base/str.h"
#include "config/check.h"
#include "config/schema.h"
#include "config/toml.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Lays `over` on `value`: where both say something, `over` does. A table does not replace a plain
 * value, nor the other way round: `restart = "always"` would silently be lost to a drop-in that
 * only wants to change restart.delay.
 */
static void merge(struct bh_toml *toml, struct bh_toml_value *value,
		  const struct bh_toml_value *over, struct bh_diags *diags)
{
	for (size_t i = 0; i < over->table->count; i++) {
		const struct bh_toml_entry *entry = &over->table->entries[i];
		struct bh_toml_entry *found = bh_toml_find(value, entry->key, entry->key_length);

		if (!found) {
			bh_toml_add(toml, value, *entry);
			continue;
		}
		bool was_table = found->value->kind == BH_TOML_TABLE;
		bool is_table = entry->value->kind == BH_TOML_TABLE;
		if (was_table && is_table) {
			merge(toml, found->value, entry->value, diags);
		} else if (was_table == is_table) {
			*found = *entry;
		} else {
			struct bh_diag *diag =
				bh_error(diags, "E0231", "the drop-in makes %s of %s",
					 bh_toml_kind_name(entry->value->kind),
					 bh_toml_kind_name(found->value->kind));
			bh_diag_at(diag, entry->key_span);
			bh_diag_hint(diag, "write \"%.60s\" in the same way in both files",
				     entry->key);
			bh_diag_at(bh_report(diags, BH_NOTE, "E0231", "it was first written here"),
				   found->key_span);
		}
	}
}

static int cannot_read(const char *path, int error, struct bh_diags *diags)
{
	struct bh_diag *diag =
		bh_error(diags, "E0230", "cannot read %s: %s", path, strerror(-error));

	if (error == -ENOENT)
		bh_diag_hint(diag,
			     "give the file's name, or run in the folder that has bulkhead.toml");
	else if (error == -EFBIG)
		bh_diag_hint(diag, "a configuration has at most %u MiB", BH_TOML_SIZE_MAX >> 20);
	else if (error == -EISDIR)
		bh_diag_hint(diag, "name a file, not a folder");
	else
		bh_diag_hint(diag, "check the file's permissions");
	return error;
}

/* Reads one file over what was read before. */
static int read_over(struct bh_partition *p, struct bh_toml *toml, const char *name,
		     const char *text, size_t size, struct bh_diags *diags)
{
	struct bh_toml own;
	size_t room = p->files.count + 1;
	const char **files = bh_arena_alloc(&p->arena, room * sizeof(*files));

	if (p->files.count)
		memcpy(files, p->files.items, p->files.count * sizeof(*files));
	p->files.items = files;
	files[p->files.count++] = name;
	int error = bh_toml_parse(&own, &p->arena, name, text, size, diags);
	if (!error)
		merge(toml, toml->root, own.root, diags);
	/* The merged tree shares the tables: their indices go with it. */
	for (struct bh_toml_table **last = &own.indexed;; last = &(*last)->next_indexed) {
		if (!*last) {
			*last = toml->indexed;
			break;
		}
	}
	toml->indexed = own.indexed;
	return error;
}

static int read_file(struct bh_partition *p, struct bh_toml *toml, const char *path,
		     struct bh_diags *diags)
{
	char *text;
	size_t size;
	int error = bh_file_read(path, BH_TOML_SIZE_MAX, &text, &size);

	if (error)
		return cannot_read(path, error, diags);
	error = read_over(p, toml, bh_arena_strdup(&p->arena, path), text, size, diags);
	free(text);
	return error;
}

/* By bytes, whatever the locale: the order must be the same everywhere. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_drop_in(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && bh_str_ends(entry->d_name, ".toml");
}

static int read_drop_ins(struct bh_partition *p, struct bh_toml *toml, const char *path,
			 struct bh_diags *diags)
{
	size_t stem = strlen(path) - (bh_str_ends(path, ".toml") ? 5 : 0);
	char *folder = bh_arena_strf(&p->arena, "%.*s.d", (int)stem, path);
	struct dirent **entries;
	int count = scandir(folder, &entries, is_drop_in, by_name);
	int error = 0;

	if (count < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : cannot_read(folder, -errno, diags);
	for (int i = 0; i < count; i++) {
		if (!error)
			error = read_file(
				p, toml,
				bh_arena_strf(&p->arena, "%s/%s", folder, entries[i]->d_name),
				diags);
		free(entries[i]);
	}
	free(entries);
	return error;
}

/* What follows from other values, so that nobody has to work it out again. */
static void imply(struct bh_partition *p)
{
	for (size_t i = 0; i < p->vms.count; i++) {
		struct bh_config_vm *vm = &p->vms.items[i];
		if (!bh_given(vm->vsock.span) && vm->vsock_cid.value)
			vm->vsock = (struct bh_config_flag){true, vm->vsock_cid.span};
		if (!bh_given(vm->vsock.span) && vm->ready.value == BH_READY_VSOCK)
			vm->vsock = (struct bh_config_flag){true, vm->ready.span};
		if (!bh_given(vm->gpu.enabled.span) && bh_given(vm->gpu.name.span))
			vm->gpu.enabled = (struct bh_config_flag){true, vm->gpu.name.span};
	}
}

static void begin(struct bh_partition *p, struct bh_toml *toml)
{
	*p = (struct bh_partition){0};
	bh_arena_init(&p->arena);
	*toml = (struct bh_toml){.arena = &p->arena};
	toml->root = bh_toml_new(toml, BH_TOML_TABLE, (struct bh_span){0});
}

/* `before`: the number of errors before anything was read. */
static int finish(struct bh_partition *p, struct bh_toml *toml, size_t before,
		  struct bh_diags *diags)
{
	toml->root->span = (struct bh_span){p->files.items[0], 1, 1, 1};
	bh_schema_fill(&bh_schema_root, toml->root, p, &p->arena, diags);
	if (diags->errors == before) {
		bh_partition_check(p, diags);
		imply(p);
	}
	return diags->errors == before ? 0 : -EINVAL;
}

int bh_partition_read(struct bh_partition *p, const char *path, struct bh_diags *diags)
{
	struct bh_toml toml;
	size_t before = diags->errors;

	begin(p, &toml);
	int error = read_file(p, &toml, path, diags);
	if (!error)
		error = read_drop_ins(p, &toml, path, diags);
	if (!error)
		error = finish(p, &toml, before, diags);
	bh_toml_finish(&toml);
	return error;
}

int bh_partition_parse(struct bh_partition *p, const char *name, const char *text, size_t size,
		       struct bh_diags *diags)
{
	struct bh_toml toml;
	size_t before = diags->errors;

	begin(p, &toml);
	int error = read_over(p, &toml, name, text, size, diags);
	if (!error)
		error = finish(p, &toml, before, diags);
	bh_toml_finish(&toml);
	return error;
}

void bh_partition_finish(struct bh_partition *p)
{
	bh_arena_finish(&p->arena);
	*p = (struct bh_partition){0};
}

const struct bh_config_vm *bh_partition_vm(const struct bh_partition *p, const char *name)
{
	for (size_t i = 0; i < p->vms.count; i++) {
		if (!strcmp(p->vms.items[i].name.value, name))
			return &p->vms.items[i];
	}
	return NULL;
}

const struct bh_config_net *bh_partition_net(const struct bh_partition *p, const char *name)
{
	for (size_t i = 0; i < p->nets.count; i++) {
		if (!strcmp(p->nets.items[i].name.value, name))
			return &p->nets.items[i];
	}
	return NULL;
}
