/* SPDX-License-Identifier: Apache-2.0 */
/* The page's own files, built in by tools/embed.c. */
#ifndef BH_GPU_INSPECT_PAGE_H
#define BH_GPU_INSPECT_PAGE_H

struct bh_page_file {
	const char *name; /* "page", "style", "script" */
	const char *text;
};

extern const struct bh_page_file bh_page_files[];

#endif
