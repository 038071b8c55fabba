/* SPDX-License-Identifier: Apache-2.0 */
/* Files and folders. Every function returns 0 or a negative errno. */
#ifndef BH_BASE_FILE_H
#define BH_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Reads a whole file of at most `limit` bytes (-EFBIG beyond). *data is allocated, followed by a
 * NUL that *size does not count. Works on files whose size the kernel does not know (/proc, pipes).
 */
int bh_file_read(const char *path, size_t limit, char **data, size_t *size);
int bh_file_read_fd(int fd, size_t limit, char **data, size_t *size);

/* Replaces the file in one step: readers see the old content or the new, also after a crash. */
int bh_file_write(const char *path, const void *data, size_t size, mode_t mode);

/* Like write(), but all of it, whatever interrupts. */
int bh_write_all(int fd, const void *data, size_t size);

/* Fills `data`, or -ENODATA when the file ends before. */
int bh_read_all(int fd, void *data, size_t size);

int bh_make_dirs(const char *path, mode_t mode);
int bh_remove_tree(const char *path); /* does not follow links; 0 when it is not there */
bool bh_path_exists(const char *path);

#endif
