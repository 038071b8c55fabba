/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/console.h"

#include "base/alloc.h"
#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char panic_text[] = "Kernel panic - not syncing";

static int open_log(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

void bh_console_init(struct bh_console *console, const char *path)
{
	memset(console, 0, sizeof(*console));
	console->path = bh_strdup(path);
	console->fd = open_log(path);
	bh_buf_init(&console->kept);
}

void bh_console_finish(struct bh_console *console)
{
	if (console->fd >= 0)
		close(console->fd);
	free(console->path);
	bh_buf_finish(&console->kept);
}

static void start_new_file(struct bh_console *console)
{
	char *old = bh_strf("%s.old", console->path);

	rename(console->path, old);
	free(old);
	close(console->fd);
	console->fd = open_log(console->path);
	console->written = 0;
}

static void look_for_panic(struct bh_console *console, size_t added)
{
	size_t look = added + sizeof(panic_text);

	if (look > console->kept.length)
		look = console->kept.length;
	if (memmem(console->kept.data + console->kept.length - look, look, panic_text,
		   sizeof(panic_text) - 1))
		console->panicked = true;
}

void bh_console_add(struct bh_console *console, const char *data, size_t size)
{
	if (console->fd >= 0) {
		bh_write_all(console->fd, data, size);
		console->written += size;
		if (console->written > BH_CONSOLE_FILE_MAX)
			start_new_file(console);
	}
	bh_buf_add(&console->kept, data, size);
	look_for_panic(console, size);
	if (console->kept.length > 2 * BH_CONSOLE_KEPT)
		bh_buf_drop(&console->kept, console->kept.length - BH_CONSOLE_KEPT);
}

const char *bh_console_end(const struct bh_console *console, unsigned lines)
{
	const char *text = bh_buf_str(&console->kept);
	const char *panic = strstr(text, panic_text);

	if (!panic)
		return bh_console_tail(text, console->kept.length, lines);
	while (panic > text && panic[-1] != '\n')
		panic--;
	return panic;
}

const char *bh_console_tail(const char *text, size_t length, unsigned lines)
{
	const char *at = text + length;

	if (at > text && at[-1] == '\n')
		at--;
	while (at > text && (at[-1] != '\n' || --lines))
		at--;
	return at;
}
