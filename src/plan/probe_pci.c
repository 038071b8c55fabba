/* SPDX-License-Identifier: Apache-2.0 */
/* PCI functions, as sysfs has them. */
#include "plan/probe.h"

#include "base/alloc.h"
#include "base/str.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLAG_IO       0x100ull
#define FLAG_PREFETCH 0x2000ull
#define FLAG_WIDE     0x100000ull

static void add_number(struct bh_probe *probe, struct bh_buf *text, const char *name,
		       const char *key)
{
	char *value = bh_probe_read(probe, "sys/bus/pci/devices/%s/%s", name, key);
	uint64_t number;

	if (value) {
		value[strcspn(value, "\n")] = 0;
		if (bh_parse_u64(value, &number) && number <= 0xffffff)
			bh_buf_addf(text, "%s = 0x%0*" PRIx64 "\n", key,
				    bh_str_eq(key, "class") ? 6 : 4, number);
	}
	free(value);
}

/* The last part of what a link of the function leads to. */
static bool last_part(struct bh_probe *probe, const char *name, const char *link, char *part,
		      size_t room)
{
	char target[PATH_MAX];
	const char *slash;

	if (!bh_probe_link(probe, target, sizeof(target), "sys/bus/pci/devices/%s/%s", name, link))
		return false;
	slash = strrchr(target, '/');
	snprintf(part, room, "%s", slash ? slash + 1 : target);
	return true;
}

/* "start end flags" a line: six BARs, the ROM, then a bridge's windows. */
static void add_bars(struct bh_probe *probe, struct bh_buf *text, const char *name)
{
	char *lines = bh_probe_read(probe, "sys/bus/pci/devices/%s/resource", name), *save = NULL;
	struct bh_buf bars = {0};
	int index = 0;

	for (char *line = lines ? strtok_r(lines, "\n", &save) : NULL; line && index < 6;
	     line = strtok_r(NULL, "\n", &save), index++) {
		uint64_t start, end, flags;

		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNx64, &start, &end, &flags) != 3 ||
		    !flags || end <= start || end == UINT64_MAX)
			continue;
		bh_buf_addf(&bars, "%s{ index = %d, size = 0x%" PRIx64 "%s%s%s }",
			    bars.length ? ", " : "", index, end - start + 1,
			    flags & FLAG_IO ? ", io = true" : "",
			    flags & FLAG_WIDE ? ", wide = true" : "",
			    flags & FLAG_PREFETCH ? ", prefetch = true" : "");
	}
	if (bars.length)
		bh_buf_addf(text, "bars = [%s]\n", bh_buf_str(&bars));
	bh_buf_finish(&bars);
	free(lines);
}

/* "start end kind" a line. */
static void add_reserved(struct bh_probe *probe, struct bh_buf *text, uint64_t group)
{
	char *lines =
		bh_probe_read(probe, "sys/kernel/iommu_groups/%" PRIu64 "/reserved_regions", group);
	char *save = NULL;
	struct bh_buf list = {0};
	int count = 0;

	for (char *line = lines ? strtok_r(lines, "\n", &save) : NULL; line && count < 8;
	     line = strtok_r(NULL, "\n", &save)) {
		uint64_t start, end;

		if (sscanf(line, "%" SCNx64 " %" SCNx64, &start, &end) != 2 || end <= start ||
		    end > INT64_MAX)
			continue;
		bh_buf_addf(&list, "%s{ base = 0x%" PRIx64 ", size = 0x%" PRIx64 " }",
			    count++ ? ", " : "", start, end - start + 1);
	}
	if (count)
		bh_buf_addf(text, "reserved = [%s]\n", bh_buf_str(&list));
	bh_buf_finish(&list);
	free(lines);
}

/* ".../devices/platform/4010000000.pcie/pci0000:00/0000:00:02.0": what stands before "/pci". */
static bool bridge_of(const char *path, char *bridge, size_t room)
{
	const char *end = strstr(path, "/pci"), *begin = end;

	while (begin && begin > path && begin[-1] != '/')
		begin--;
	if (!begin || begin == end)
		return false;
	snprintf(bridge, room, "%.*s", (int)(end - begin), begin);
	return strchr(bridge, '.') != NULL;
}

static void visit_function(struct bh_probe *probe, const char *name, void *data)
{
	struct bh_buf *text = data;
	char part[PATH_MAX], path[PATH_MAX];
	uint64_t group;

	/* Domains beyond 16 bits are made by controllers for what is behind them: not for us. */
	if (strlen(name) != strlen("0000:00:00.0"))
		return;
	bh_buf_adds(text, "\n[pci.");
	bh_probe_add_string(text, name);
	bh_buf_adds(text, "]\n");
	add_number(probe, text, name, "class");
	add_number(probe, text, name, "vendor");
	add_number(probe, text, name, "device");
	if (last_part(probe, name, "driver", part, sizeof(part))) {
		bh_buf_adds(text, "driver = ");
		bh_probe_add_string(text, part);
		bh_buf_addc(text, '\n');
	}
	if (bh_probe_link(probe, path, sizeof(path), "sys/bus/pci/devices/%s", name) &&
	    bridge_of(path, part, sizeof(part))) {
		bh_buf_adds(text, "bridge = ");
		bh_probe_add_string(text, part);
		bh_buf_addc(text, '\n');
	}
	if (last_part(probe, name, "iommu_group", part, sizeof(part)) &&
	    bh_parse_u64(part, &group) && group < UINT32_MAX) {
		bh_buf_addf(text, "iommu-group = %" PRIu64 "\n", group);
		add_reserved(probe, text, group);
	}
	add_bars(probe, text, name);
	snprintf(part, sizeof(part), "/%s/", name);
	if (strstr(bh_buf_str(&probe->root_path), part))
		bh_buf_adds(text, "root = true\n");
}

void bh_probe_pci(struct bh_probe *probe, struct bh_buf *text)
{
	bh_probe_each(probe, "sys/bus/pci/devices", visit_function, text);
}
