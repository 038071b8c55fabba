/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a running host for `board probe`: debugfs, sysfs. What cannot be read is left out. */
#include "plan/probe.h"

#include "plan/snapshot.h"

#include "base/file.h"
#include "base/str.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (8u << 20)

struct bh_probe_device *bh_probe_device(struct bh_probe *probe, const char *name)
{
	struct bh_probe_device *d = bh_map_get(&probe->by_name, name);

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

void bh_probe_add_string(struct bh_buf *out, const char *text)
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
static void read_clock_line(struct bh_probe *probe, char *line, uint64_t *rate)
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
	struct bh_probe_device *d = bh_probe_device(probe, consumer);
	if (bh_str_eq(connection, "no_connection_id") ||
	    bh_str_eq(connection, "of_clk_get_from_provider"))
		connection = "";
	struct bh_buf key = {0};
	bh_probe_add_string(&key, connection);
	bh_buf_adds(&key, " = ");
	/* The same clock twice under one name would be a TOML error. */
	if (!strstr(bh_buf_str(&d->clocks), bh_buf_str(&key)))
		bh_buf_addf(&d->clocks, "%s%s%llu", d->clocks.length ? ", " : "", bh_buf_str(&key),
			    (unsigned long long)*rate);
	bh_buf_finish(&key);
}

static char *path_of(const struct bh_probe *probe, const char *format, va_list args)
{
	char *name = bh_vstrf(format, args), *path = bh_strf("%s/%s", probe->root, name);

	free(name);
	return path;
}

char *bh_probe_read(const struct bh_probe *probe, const char *format, ...)
{
	char *path, *text;
	va_list args;
	size_t size;

	va_start(args, format);
	path = path_of(probe, format, args);
	va_end(args);
	if (bh_file_read(path, FILE_MAX, &text, &size))
		text = NULL;
	free(path);
	return text;
}

bool bh_probe_link(const struct bh_probe *probe, char *target, size_t room, const char *format, ...)
{
	ssize_t length;
	va_list args;
	char *path;

	va_start(args, format);
	path = path_of(probe, format, args);
	va_end(args);
	length = readlink(path, target, room - 1);
	if (length > 0)
		target[length] = 0;
	free(path);
	return length > 0;
}

static void read_clocks(struct bh_probe *probe)
{
	char *text = bh_probe_read(probe, "sys/kernel/debug/clk/clk_summary"), *save = NULL;
	uint64_t rate = 0;

	if (!text)
		return;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strchr(line, '-') || strstr(line, "deviceless") || strchr(line, '.'))
			read_clock_line(probe, line, &rate);
	free(text);
}

void bh_probe_each(struct bh_probe *probe, const char *folder,
		   void (*visit)(struct bh_probe *probe, const char *name, void *data), void *data)
{
	char *path = bh_strf("%s/%s", probe->root, folder);
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.')
			visit(probe, names[i]->d_name, data);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	free(path);
}

static void visit_platform(struct bh_probe *probe, const char *name, void *data)
{
	char target[PATH_MAX];
	const char *number;
	uint64_t group;

	(void)data;
	if (!bh_probe_link(probe, target, sizeof(target), "sys/bus/platform/devices/%s/iommu_group",
			   name))
		return;
	number = strrchr(target, '/');
	if (bh_parse_u64(number ? number + 1 : target, &group) && group <= INT_MAX)
		bh_probe_device(probe, name)->group = (int)group;
}

static void visit_interface(struct bh_probe *probe, const char *name, void *data)
{
	char *mac = bh_probe_read(probe, "sys/class/net/%s/address", name);
	char target[PATH_MAX];

	(void)data;
	if (mac && strlen(mac) >= 17 &&
	    bh_probe_link(probe, target, sizeof(target), "sys/class/net/%s/device", name)) {
		const char *base = strrchr(target, '/');

		memcpy(bh_probe_device(probe, base ? base + 1 : target)->mac, mac, 17);
	}
	free(mac);
}

static void print(const struct bh_probe *probe, struct bh_buf *text)
{
	char *model = bh_probe_read(probe, "proc/device-tree/model");

	bh_buf_adds(text, "snapshot = 1\n");
	if (model) {
		bh_buf_adds(text, "model = ");
		bh_probe_add_string(text, model);
		bh_buf_addc(text, '\n');
	}
	for (const struct bh_probe_device *d = probe->devices; d; d = d->next) {
		bh_buf_adds(text, "\n[device.");
		bh_probe_add_string(text, d->name);
		bh_buf_adds(text, "]\n");
		if (d->clocks.length)
			bh_buf_addf(text, "clocks = { %s }\n", bh_buf_str(&d->clocks));
		if (d->group >= 0)
			bh_buf_addf(text, "iommu-group = %d\n", d->group);
		if (d->domains.length)
			bh_buf_addf(text, "power-domains = { %s }\n", bh_buf_str(&d->domains));
		if (d->root)
			bh_buf_adds(text, "root = true\n");
		if (d->pins.length)
			bh_buf_addf(text, "pins = [%s]\n", bh_buf_str(&d->pins));
		if (d->mac[0]) {
			bh_buf_adds(text, "mac = ");
			bh_probe_add_string(text, d->mac);
			bh_buf_addc(text, '\n');
		}
	}
	free(model);
}

static void start(struct bh_probe *probe, const char *root)
{
	*probe = (struct bh_probe){.root = root};
	probe->tail = &probe->devices;
	bh_map_init(&probe->by_name);
}

static void finish(struct bh_probe *probe)
{
	while (probe->devices) {
		struct bh_probe_device *d = probe->devices;

		probe->devices = d->next;
		bh_buf_finish(&d->clocks);
		bh_buf_finish(&d->domains);
		bh_buf_finish(&d->pins);
		free(d->name);
		free(d);
	}
	bh_buf_finish(&probe->root_path);
	bh_map_finish(&probe->by_name);
}

void bh_snapshot_probe(const char *root, struct bh_buf *text)
{
	struct bh_probe probe;

	start(&probe, root);
	read_clocks(&probe);
	bh_probe_each(&probe, "sys/bus/platform/devices", visit_platform, NULL);
	bh_probe_domains(&probe);
	bh_probe_pins(&probe);
	bh_probe_root(&probe);
	bh_probe_each(&probe, "sys/class/net", visit_interface, NULL);
	print(&probe, text);
	bh_probe_regulators(&probe, text);
	bh_probe_pci(&probe, text);
	finish(&probe);
}

void bh_snapshot_probe_pci(const char *root, struct bh_buf *text)
{
	struct bh_probe probe;

	start(&probe, root);
	bh_probe_root(&probe);
	bh_buf_adds(text, "snapshot = 1\n");
	bh_probe_pci(&probe, text);
	finish(&probe);
}
