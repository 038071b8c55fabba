/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/pci.h"

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Classes by their first bytes; the longest match is first. */
static const struct {
	uint32_t value, mask;
	const char *name;
} classes[] = {
	{0x010802, 0xffffff, "nvme"},      {0x0c0300, 0xffff00, "usb"},
	{0x010600, 0xffff00, "sata"},      {0x028000, 0xffff00, "wifi"},
	{0x020000, 0xff0000, "ethernet"},  {0x010000, 0xff0000, "storage"},
	{0x030000, 0xff0000, "display"},   {0x040000, 0xff0000, "audio"},
	{0x060000, 0xff0000, "bridge"},    {0x070000, 0xff0000, "serial"},
	{0x0b0000, 0xff0000, "processor"}, {0x120000, 0xff0000, "accelerator"},
};

const char *bh_pci_class_name(const struct bh_pci_function *function)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if ((function->class & classes[i].mask) == classes[i].value)
			return classes[i].name;
	return "other";
}

bool bh_pci_is_bridge(const struct bh_pci_function *function)
{
	return function->class >> 16 == 0x06;
}

bool bh_pci_is_usb(const struct bh_pci_function *function)
{
	return function->class >> 8 == 0x0c03;
}

static bool parse_address(const char *text, uint32_t *domain, uint32_t *bus, uint32_t *slot,
			  uint32_t *number)
{
	int length = 0;

	*domain = 0;
	if (sscanf(text, "%4x:%2x:%2x.%1x%n", domain, bus, slot, number, &length) != 4) {
		*domain = 0;
		if (sscanf(text, "%2x:%2x.%1x%n", bus, slot, number, &length) != 3)
			return false;
	}
	return !text[length] && *slot < 32 && *number < 8;
}

/* "usb" or "usb#1": the class, and which of its functions. */
static bool parse_class(const char *text, size_t *length, uint64_t *number)
{
	*length = strcspn(text, "#");
	*number = UINT64_MAX;
	if (text[*length] && !bh_parse_u64(text + *length + 1, number))
		return false;
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strlen(classes[i].name) == *length && !memcmp(classes[i].name, text, *length))
			return true;
	return false;
}

bool bh_pci_is_name(const char *name)
{
	uint32_t numbers[4];
	uint64_t which;
	size_t length;

	return parse_address(name, &numbers[0], &numbers[1], &numbers[2], &numbers[3]) ||
	       parse_class(name, &length, &which);
}

static const struct bh_pci_function *absent(const struct bh_pci *pci, const char *name,
					    const struct bh_span *span, struct bh_diags *diags)
{
	struct bh_diag *diag = bh_error(diags, "E0571", "there is no PCI function \"%s\"", name);
	const char **names = bh_alloc((pci->count + 1) * sizeof(*names));
	const char *near;

	for (size_t i = 0; i < pci->count; i++)
		names[i] = pci->functions[i].address;
	near = bh_suggest(name, names, pci->count);
	free(names);
	if (span)
		bh_diag_at(diag, *span);
	if (!pci->count)
		bh_diag_hint(
			diag,
			"the tree knows none: plan on the board, or with `snapshot` in [board]");
	else if (near)
		bh_diag_hint(diag, "did you mean \"%s\"?", near);
	else
		bh_diag_hint(diag, "`bulkhead device list` shows them");
	return NULL;
}

const struct bh_pci_function *bh_pci_find(const struct bh_pci *pci, const char *name,
					  const struct bh_span *span, struct bh_diags *diags)
{
	uint32_t domain, bus, slot, number;
	const struct bh_pci_function *found = NULL;
	uint64_t which, seen = 0;
	size_t length;

	if (parse_address(name, &domain, &bus, &slot, &number)) {
		for (size_t i = 0; i < pci->count; i++) {
			const struct bh_pci_function *f = &pci->functions[i];

			if (f->domain == domain && f->bus == bus && f->slot == slot &&
			    f->number == number)
				return f;
		}
		return absent(pci, name, span, diags);
	}
	if (!parse_class(name, &length, &which))
		return absent(pci, name, span, diags);
	for (size_t i = 0; i < pci->count; i++) {
		const char *class = bh_pci_class_name(&pci->functions[i]);

		if (strlen(class) != length || memcmp(class, name, length) != 0)
			continue;
		if (which == UINT64_MAX ? !seen : seen == which)
			found = &pci->functions[i];
		seen++;
	}
	if (!found)
		return absent(pci, name, span, diags);
	if (which == UINT64_MAX && seen > 1) {
		struct bh_diag *diag = bh_error(diags, "E0572", "%llu PCI functions are \"%s\"",
						(unsigned long long)seen, name);

		if (span)
			bh_diag_at(diag, *span);
		bh_diag_hint(diag, "name one by its address, such as \"%s\", or by \"%s#0\"",
			     found->address, name);
		return NULL;
	}
	return found;
}

struct reader {
	struct bh_pci *pci;
	struct bh_diags *diags;
	const char *address;
	bool ok;
};

static void bad(struct reader *r, struct bh_span span, const char *what)
{
	struct bh_diag *diag =
		bh_error(r->diags, "E0589", "PCI function \"%s\": %s", r->address, what);

	bh_diag_at(diag, span);
	bh_diag_hint(diag, "make the snapshot anew on the board: bulkhead board probe");
	r->ok = false;
}

/* An integer up to `most`; 0 when it is not there. */
static uint64_t number_of(struct reader *r, const struct bh_toml_value *table, const char *key,
			  uint64_t most)
{
	const struct bh_toml_value *value = bh_toml_get(table, key);

	if (!value)
		return 0;
	if (value->kind == BH_TOML_INTEGER && value->integer >= 0 &&
	    (uint64_t)value->integer <= most)
		return (uint64_t)value->integer;
	bad(r, value->span, "a number is wrong");
	return 0;
}

static const char *text_of(struct reader *r, const struct bh_toml_value *table, const char *key)
{
	const struct bh_toml_value *value = bh_toml_get(table, key);

	if (!value)
		return NULL;
	if (value->kind == BH_TOML_STRING && strlen(value->string.text) == value->string.length)
		return value->string.text;
	bad(r, value->span, "a text is wrong");
	return NULL;
}

static bool flag_of(struct reader *r, const struct bh_toml_value *table, const char *key)
{
	const struct bh_toml_value *value = bh_toml_get(table, key);

	if (value && value->kind != BH_TOML_BOOLEAN)
		bad(r, value->span, "true or false is wanted");
	return value && value->kind == BH_TOML_BOOLEAN && value->boolean;
}

/* The tables of a list. */
static size_t each(struct reader *r, const struct bh_toml_value *table, const char *key,
		   size_t most, const struct bh_toml_value **items)
{
	const struct bh_toml_value *list = bh_toml_get(table, key);
	size_t count = 0;

	if (!list)
		return 0;
	if (list->kind != BH_TOML_ARRAY || list->array->count > most) {
		bad(r, list->span, "a list is wrong, or too long");
		return 0;
	}
	for (size_t i = 0; i < list->array->count; i++) {
		if (list->array->items[i]->kind == BH_TOML_TABLE)
			items[count++] = list->array->items[i];
		else
			bad(r, list->array->items[i]->span, "a table is wanted");
	}
	return count;
}

/* BARs are powers of two; what hardware says otherwise takes as much room. */
static uint64_t room_of(uint64_t size)
{
	uint64_t room = 1;

	while (room < size)
		room *= 2;
	return size ? room : 0;
}

static void read_function(struct reader *r, const struct bh_toml_value *table,
			  struct bh_pci_function *f)
{
	const struct bh_toml_value *items[BH_PCI_RESERVED];
	size_t count;

	f->class = (uint32_t)number_of(r, table, "class", 0xffffff);
	f->vendor = (uint16_t)number_of(r, table, "vendor", 0xffff);
	f->device = (uint16_t)number_of(r, table, "device", 0xffff);
	f->driver = text_of(r, table, "driver");
	f->bridge = text_of(r, table, "bridge");
	f->has_group = bh_toml_get(table, "iommu-group") != NULL;
	f->group = (uint32_t)number_of(r, table, "iommu-group", UINT32_MAX - 1);
	f->root = flag_of(r, table, "root");
	count = each(r, table, "bars", BH_PCI_BARS, items);
	for (size_t i = 0; i < count; i++) {
		uint64_t index = number_of(r, items[i], "index", BH_PCI_BARS - 1);
		uint64_t size = number_of(r, items[i], "size", 1ull << 48);

		f->bars[index] = (struct bh_pci_bar){.size = room_of(size),
						     .io = flag_of(r, items[i], "io"),
						     .wide = flag_of(r, items[i], "wide"),
						     .prefetch = flag_of(r, items[i], "prefetch")};
	}
	count = each(r, table, "reserved", BH_PCI_RESERVED, items);
	for (size_t i = 0; i < count; i++) {
		uint64_t base = number_of(r, items[i], "base", INT64_MAX);
		uint64_t size = number_of(r, items[i], "size", INT64_MAX);

		if (bh_range_make(base, size, &f->reserved[f->reserved_count]) && size)
			f->reserved_count++;
		else
			bad(r, items[i]->span, "a range is wrong");
	}
}

static int by_address(const void *a, const void *b)
{
	const struct bh_pci_function *x = a, *y = b;
	uint64_t left = (uint64_t)x->domain << 16 | x->bus << 8 | x->slot << 3 | x->number;
	uint64_t right = (uint64_t)y->domain << 16 | y->bus << 8 | y->slot << 3 | y->number;

	return left < right ? -1 : left > right;
}

bool bh_pci_read(struct bh_pci *pci, const struct bh_snapshot *snapshot, struct bh_diags *diags)
{
	const struct bh_toml_value *table = snapshot->functions;
	struct reader r = {.pci = pci, .diags = diags, .ok = true};

	memset(pci, 0, sizeof(*pci));
	bh_arena_init(&pci->arena);
	if (!table)
		return true;
	if (table->table->count > BH_PCI_MAX) {
		r.address = "*";
		bad(&r, table->span, "there are more than 1024");
		return false;
	}
	pci->functions =
		bh_arena_alloc(&pci->arena, (table->table->count + 1) * sizeof(*pci->functions));
	for (size_t i = 0; i < table->table->count; i++) {
		const struct bh_toml_entry *entry = &table->table->entries[i];
		struct bh_pci_function *f = &pci->functions[pci->count];

		r.address = entry->key;
		f->address = entry->key;
		if (strlen(entry->key) != strlen("0000:00:00.0") ||
		    !parse_address(entry->key, &f->domain, &f->bus, &f->slot, &f->number) ||
		    entry->value->kind != BH_TOML_TABLE) {
			bad(&r, entry->key_span,
			    "it is called by its address, as in \"0000:00:02.0\"");
			continue;
		}
		read_function(&r, entry->value, f);
		pci->count++;
	}
	qsort(pci->functions, pci->count, sizeof(*pci->functions), by_address);
	return r.ok;
}

void bh_pci_finish(struct bh_pci *pci)
{
	bh_arena_finish(&pci->arena);
	memset(pci, 0, sizeof(*pci));
}
