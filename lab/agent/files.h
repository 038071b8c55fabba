/* SPDX-License-Identifier: Apache-2.0 */
/* `agent put` and `agent get`: the board's end of copying a file. Both return an exit code. */
#ifndef BH_LAB_AGENT_FILES_H
#define BH_LAB_AGENT_FILES_H

/* Writes stdin to `path` (or into it, under `name`, when it is a folder), which appears only when
 * all `size` bytes were written. */
int agent_put(const char *mode, const char *size, const char *name, const char *path);

/* Writes "MODE SIZE\n" in octal and decimal, and the file, to stdout. */
int agent_get(const char *path);

#endif
