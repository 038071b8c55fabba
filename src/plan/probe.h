/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that read a running host share. Each is a subject; probe.c prints them all. */
#ifndef BH_PLAN_PROBE_H
#define BH_PLAN_PROBE_H

#include "base/buf.h"
#include "base/map.h"

#include <stdbool.h>

struct bh_probe_device {
	char *name;
	struct bh_buf clocks; /* lines of a table, and so the next two */
	struct bh_buf domains;
	struct bh_buf pins;
	bool root;    /* the root file system lies on it */
	int group;    /* -1: none */
	char mac[18]; /* "": none */
	struct bh_probe_device *next;
};

struct bh_probe {
	const char *root;
	struct bh_probe_device *devices, **tail;
	struct bh_map by_name;
	struct bh_buf root_path; /* paths in sysfs of the disks of the root file system */
};

/* The device of this name, which is made when it is new. */
struct bh_probe_device *bh_probe_device(struct bh_probe *probe, const char *name);

/* A file below the root, to be freed; NULL when it cannot be read. */
char *bh_probe_read(const struct bh_probe *probe, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* What a link below the root points to, as it is written. */
bool bh_probe_link(const struct bh_probe *probe, char *target, size_t room, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Calls `visit` for each entry of a folder, in the order of their names. */
void bh_probe_each(struct bh_probe *probe, const char *folder,
		   void (*visit)(struct bh_probe *probe, const char *name, void *data), void *data);

/* A TOML string: what comes from the kernel may hold anything. */
void bh_probe_add_string(struct bh_buf *out, const char *text);

/* Into the devices: domains, pins, and what carries the root file system (also into root_path). */
void bh_probe_domains(struct bh_probe *probe);
void bh_probe_pins(struct bh_probe *probe);
void bh_probe_root(struct bh_probe *probe);
/* Tables of their own. */
void bh_probe_regulators(struct bh_probe *probe, struct bh_buf *text);
void bh_probe_pci(struct bh_probe *probe, struct bh_buf *text);

#endif
