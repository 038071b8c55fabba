/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's kernel as this folder uses it: files of /sys, and modules. Tests put a folder and
 * functions of their own in place.
 */
#ifndef BH_HOST_SYS_H
#define BH_HOST_SYS_H

#include "base/buf.h"

#include <stdbool.h>

struct bh_sys {
	const char *root; /* in front of every path; "" for this machine */
	int (*write)(struct bh_sys *sys, const char *path, const char *text);
	int (*load)(struct bh_sys *sys, const char *module); /* a name or an alias */
	int (*unload)(struct bh_sys *sys, const char *module);
};

void bh_sys_init(struct bh_sys *sys); /* this machine */

/* All return 0 or a negative errno. Paths begin with "/sys". */
int bh_sys_write(struct bh_sys *sys, const char *text, const char *path, ...)
	__attribute__((format(printf, 3, 4)));
/* The file's text without the newline at its end. */
int bh_sys_read(struct bh_sys *sys, struct bh_buf *text, const char *path, ...)
	__attribute__((format(printf, 3, 4)));
/* The last part of what a link points to; NULL when it is no link. The caller frees it. */
char *bh_sys_link(struct bh_sys *sys, const char *path, ...) __attribute__((format(printf, 2, 3)));
/* All of it. */
char *bh_sys_target(struct bh_sys *sys, const char *path, ...)
	__attribute__((format(printf, 2, 3)));
bool bh_sys_has(struct bh_sys *sys, const char *path, ...) __attribute__((format(printf, 2, 3)));

/* The names in a folder, sorted. Free the items and the list. */
struct bh_names {
	char **items;
	size_t count, capacity;
};
int bh_sys_list(struct bh_sys *sys, struct bh_names *names, const char *path, ...)
	__attribute__((format(printf, 3, 4)));
void bh_names_finish(struct bh_names *names);
void bh_names_add(struct bh_names *names, const char *name); /* at the end */
bool bh_names_have(const struct bh_names *names, const char *name);

#endif
