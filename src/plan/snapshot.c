/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/snapshot.h"

#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAPSHOT_MAX (4u << 20)

static const struct bh_toml_value *table_of(const struct bh_snapshot *snapshot, const char *key)
{
	const struct bh_toml_value *value = bh_toml_get(snapshot->toml.root, key);

	return value && value->kind == BH_TOML_TABLE ? value : NULL;
}

/* A member of a member: NULL when either is not there. */
static const struct bh_toml_value *member(const struct bh_toml_value *table, const char *name,
					  const char *key)
{
	const struct bh_toml_value *value = table ? bh_toml_get(table, name) : NULL;

	return value && value->kind == BH_TOML_TABLE ? bh_toml_get(value, key) : NULL;
}

/* Without a NUL in it. */
static const char *text_in(const struct bh_toml_value *value)
{
	return value && value->kind == BH_TOML_STRING &&
			       strlen(value->string.text) == value->string.length
		       ? value->string.text
		       : NULL;
}

bool bh_snapshot_parse(struct bh_snapshot *snapshot, const char *name, const char *text,
		       size_t size, struct bh_diags *diags)
{
	const struct bh_toml_value *format;

	memset(snapshot, 0, sizeof(*snapshot));
	bh_arena_init(&snapshot->arena);
	name = bh_arena_strdup(&snapshot->arena, name);
	if (bh_toml_parse(&snapshot->toml, &snapshot->arena, name, text, size, diags))
		return false;
	format = bh_toml_get(snapshot->toml.root, "snapshot");
	if (!format || format->kind != BH_TOML_INTEGER || format->integer != 1) {
		struct bh_diag *diag = bh_error(diags, "E0589", "%s is no host snapshot", name);

		bh_diag_cause(diag, "a snapshot begins with `snapshot = 1`");
		bh_diag_hint(diag, "make one on the board: bulkhead board probe > snapshot.toml");
		return false;
	}
	snapshot->devices = table_of(snapshot, "device");
	snapshot->regulators = table_of(snapshot, "regulator");
	snapshot->functions = table_of(snapshot, "pci");
	snapshot->usb = table_of(snapshot, "usb");
	return true;
}

bool bh_snapshot_load(struct bh_snapshot *snapshot, const char *path, struct bh_diags *diags)
{
	char *text;
	size_t size;
	int error = bh_file_read(path, SNAPSHOT_MAX, &text, &size);
	bool ok;

	memset(snapshot, 0, sizeof(*snapshot));
	if (error) {
		bh_diag_hint(
			bh_error(diags, "E0589", "host snapshot %s: %s", path, strerror(-error)),
			"make one on the board: bulkhead board probe > snapshot.toml");
		return false;
	}
	ok = bh_snapshot_parse(snapshot, path, text, size, diags);
	free(text);
	return ok;
}

void bh_snapshot_finish(struct bh_snapshot *snapshot)
{
	bh_toml_finish(&snapshot->toml);
	bh_arena_finish(&snapshot->arena);
	memset(snapshot, 0, sizeof(*snapshot));
}

static const struct bh_toml_value *of_device(const struct bh_snapshot *snapshot, const char *device,
					     const char *key)
{
	return member(snapshot->devices, device, key);
}

const char *bh_snapshot_domain(const struct bh_snapshot *snapshot, const char *device,
			       uint32_t index)
{
	const struct bh_toml_value *domains = of_device(snapshot, device, "power-domains");
	char key[16];

	snprintf(key, sizeof(key), "%u", index);
	return domains && domains->kind == BH_TOML_TABLE ? text_in(bh_toml_get(domains, key))
							 : NULL;
}

bool bh_snapshot_is_root(const struct bh_snapshot *snapshot, const char *device)
{
	const struct bh_toml_value *value = of_device(snapshot, device, "root");

	return value && value->kind == BH_TOML_BOOLEAN && value->boolean;
}

bool bh_snapshot_voltage(const struct bh_snapshot *snapshot, const char *path, uint32_t *microvolt)
{
	const struct bh_toml_value *value = member(snapshot->regulators, path, "microvolts");

	if (!value || value->kind != BH_TOML_INTEGER || value->integer <= 0 ||
	    value->integer > UINT32_MAX)
		return false;
	*microvolt = (uint32_t)value->integer;
	return true;
}

const char *bh_snapshot_pin(const struct bh_snapshot *snapshot, const char *device, size_t n)
{
	const struct bh_toml_value *pins = of_device(snapshot, device, "pins");

	return pins && pins->kind == BH_TOML_ARRAY && n < pins->array->count
		       ? text_in(pins->array->items[n])
		       : NULL;
}

bool bh_snapshot_rate(const struct bh_snapshot *snapshot, const char *device, const char *clock,
		      uint64_t *rate)
{
	const struct bh_toml_value *clocks = of_device(snapshot, device, "clocks");
	const struct bh_toml_value *value = clocks && clocks->kind == BH_TOML_TABLE
						    ? bh_toml_get(clocks, clock ? clock : "")
						    : NULL;

	if (!value || value->kind != BH_TOML_INTEGER || value->integer <= 0)
		return false;
	*rate = (uint64_t)value->integer;
	return true;
}

bool bh_snapshot_group(const struct bh_snapshot *snapshot, const char *device, uint32_t *group)
{
	const struct bh_toml_value *value = of_device(snapshot, device, "iommu-group");

	if (!value || value->kind != BH_TOML_INTEGER || value->integer < 0 ||
	    value->integer > UINT32_MAX)
		return false;
	*group = (uint32_t)value->integer;
	return true;
}

bool bh_snapshot_mac(const struct bh_snapshot *snapshot, const char *device, uint8_t mac[6])
{
	const struct bh_toml_value *value = of_device(snapshot, device, "mac");
	int length = 0;

	return value && value->kind == BH_TOML_STRING &&
	       sscanf(value->string.text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1],
		      &mac[2], &mac[3], &mac[4], &mac[5], &length) == 6 &&
	       (size_t)length == value->string.length;
}
