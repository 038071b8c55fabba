/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a running host for `board probe`: debugfs, sysfs. What cannot be read is left out. */
#include "plan/snapshot.h"

#include "base/file.h"
#include "base/map.h"
#include "base/str.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (8u << 20)

struct device {
	char *name;
	struct bh_buf clocks; /* lines of a table */
	int group;            /* -1: none */
	char mac[18];         /* "" : none */
	char *domain;
	struct device *next;
};

struct probe {
	const char *root;
	struct device *devices, **tail;
	struct bh_map by_name;
};

static struct device *device(struct probe *probe, const char *name)
{
	struct device *d = bh_map_get(&probe->by_name, name);

	if (d)
		return d;
	d = bh_alloc(sizeof(*d));
	d->name = bh_strdup(name);
	d->group = -1;
	*probe->tail = d;
	probe->tail = &d->next;
	bh_map_set(&probe->by_name, d->name, d);
	return d;
}

/* A TOML string: what comes from the kernel may hold anything. */
static void add_string(struct bh_buf *out, const char *text)
{
	bh_buf_addc(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			bh_buf_addf(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			bh_buf_addf(out, "\\u%04x", (unsigned char)*text);
		else
			bh_buf_addc(out, *text);
	}
	bh_buf_addc(out, '"');
}

/*
 * clk_summary: the clock's line has name, three counts, rate, accuracy, phase, duty, hardware
 * state, then the first consumer's device and connection; further consumers follow in lines of
 * their own that hold only these two.
 */
static void read_clock_line(struct probe *probe, char *line, uint64_t *rate)
{
	char *words[16], *save = NULL;
	size_t count = 0;

	for (char *word = strtok_r(line, " \t", &save); word && count < 16;
	     word = strtok_r(NULL, " \t", &save))
		words[count++] = word;
	if (count >= 9) {
		if (!bh_parse_u64(words[4], rate))
			*rate = 0;
	} else if (count != 2) {
		return;
	}
	const char *consumer = count == 2 ? words[0] : count >= 10 ? words[9] : NULL;
	const char *connection = count == 2 ? words[1] : count >= 11 ? words[10] : "";
	if (!consumer || !*rate || bh_str_eq(consumer, "deviceless") || !strchr(consumer, '.'))
		return;
	struct device *d = device(probe, consumer);
	if (bh_str_eq(connection, "no_connection_id") ||
	    bh_str_eq(connection, "of_clk_get_from_provider"))
		connection = "";
	struct bh_buf key = {0};
	add_string(&key, connection);
	bh_buf_adds(&key, " = ");
	/* The same clock twice under one name would be a TOML error. */
	if (!strstr(bh_buf_str(&d->clocks), bh_buf_str(&key)))
		bh_buf_addf(&d->clocks, "%s%s%llu", d->clocks.length ? ", " : "", bh_buf_str(&key),
			    (unsigned long long)*rate);
	bh_buf_finish(&key);
}

static char *read_text(const struct probe *probe, const char *format, const char *name)
{
	char *path = bh_strf("%s/%s", probe->root, format), *full, *text = NULL;
	size_t size;

	full = name ? bh_strf("%s%s", path, name) : bh_strdup(path);
	if (bh_file_read(full, FILE_MAX, &text, &size))
		text = NULL;
	free(path);
	free(full);
	return text;
}

static void read_clocks(struct probe *probe)
{
	char *text = read_text(probe, "sys/kernel/debug/clk/clk_summary", NULL), *save = NULL;
	uint64_t rate = 0;

	if (!text)
		return;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strchr(line, '-') || strstr(line, "deviceless") || strchr(line, '.'))
			read_clock_line(probe, line, &rate);
	free(text);
}

/* Calls `visit` for each entry of a folder, in the order of their names. */
static void each_entry(const struct probe *probe, const char *folder,
		       void (*visit)(struct probe *, const char *, const char *),
		       struct probe *mutable)
{
	char *path = bh_strf("%s/%s", probe->root, folder);
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.')
			visit(mutable, folder, names[i]->d_name);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	free(path);
}

static void visit_device(struct probe *probe, const char *folder, const char *name)
{
	char *path = bh_strf("%s/%s/%s/iommu_group", probe->root, folder, name);
	char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target) - 1);
	uint64_t group;

	if (length > 0) {
		target[length] = 0;
		const char *number = strrchr(target, '/');
		if (bh_parse_u64(number ? number + 1 : target, &group) && group <= INT_MAX)
			device(probe, name)->group = (int)group;
	}
	free(path);
}

static void visit_interface(struct probe *probe, const char *folder, const char *name)
{
	char *path = bh_strf("%s/%s/%s/device", probe->root, folder, name);
	char *address = bh_strf("%s/%s/address", folder, name), *mac;
	char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target) - 1);

	mac = read_text(probe, address, NULL);
	if (length > 0 && mac && strlen(mac) >= 17) {
		target[length] = 0;
		const char *base = strrchr(target, '/');
		struct device *d = device(probe, base ? base + 1 : target);
		memcpy(d->mac, mac, 17);
	}
	free(mac);
	free(address);
	free(path);
}

/* pm_genpd_summary: a domain's line begins at the margin, its devices are indented paths. */
static void read_domains(struct probe *probe)
{
	char *text = read_text(probe, "sys/kernel/debug/pm_genpd/pm_genpd_summary", NULL);
	char *save = NULL, *domain = NULL;

	if (!text)
		return;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (line[0] != ' ' && line[0] != '\t') {
			line[strcspn(line, " \t")] = 0;
			domain = line;
			continue;
		}
		char *slash = strrchr(line, '/');
		if (!slash || !domain)
			continue;
		slash[1 + strcspn(slash + 1, " \t")] = 0;
		struct device *d = device(probe, slash + 1);
		free(d->domain);
		d->domain = bh_strdup(domain);
	}
	free(text);
}

static void print(const struct probe *probe, struct bh_buf *text)
{
	char *model = read_text(probe, "proc/device-tree/model", NULL);

	bh_buf_adds(text, "snapshot = 1\n");
	if (model) {
		bh_buf_adds(text, "model = ");
		add_string(text, model);
		bh_buf_addc(text, '\n');
	}
	for (const struct device *d = probe->devices; d; d = d->next) {
		bh_buf_adds(text, "\n[device.");
		add_string(text, d->name);
		bh_buf_adds(text, "]\n");
		if (d->clocks.length)
			bh_buf_addf(text, "clocks = { %s }\n", bh_buf_str(&d->clocks));
		if (d->group >= 0)
			bh_buf_addf(text, "iommu-group = %d\n", d->group);
		if (d->domain) {
			bh_buf_adds(text, "power-domain = ");
			add_string(text, d->domain);
			bh_buf_addc(text, '\n');
		}
		if (d->mac[0]) {
			bh_buf_adds(text, "mac = ");
			add_string(text, d->mac);
			bh_buf_addc(text, '\n');
		}
	}
	free(model);
}

void bh_snapshot_probe(const char *root, struct bh_buf *text)
{
	struct probe probe = {.root = root};

	probe.tail = &probe.devices;
	bh_map_init(&probe.by_name);
	read_clocks(&probe);
	each_entry(&probe, "sys/bus/platform/devices", visit_device, &probe);
	each_entry(&probe, "sys/bus/pci/devices", visit_device, &probe);
	read_domains(&probe);
	each_entry(&probe, "sys/class/net", visit_interface, &probe);
	print(&probe, text);
	while (probe.devices) {
		struct device *d = probe.devices;

		probe.devices = d->next;
		bh_buf_finish(&d->clocks);
		free(d->name);
		free(d->domain);
		free(d);
	}
	bh_map_finish(&probe.by_name);
}
