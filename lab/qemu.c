/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/qemu.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Takes over the string. */
static void add_taken(struct bh_argv *argv, char *text)
{
	bh_grow((void **)&argv->items, &argv->capacity, argv->count + 2, sizeof(*argv->items));
	argv->items[argv->count++] = text;
	argv->items[argv->count] = NULL;
}

static void add(struct bh_argv *argv, const char *text)
{
	add_taken(argv, bh_strdup(text));
}

static void add_pair(struct bh_argv *argv, const char *option, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void add_pair(struct bh_argv *argv, const char *option, const char *format, ...)
{
	va_list args;

	add(argv, option);
	va_start(args, format);
	add_taken(argv, bh_vstrf(format, args));
	va_end(args);
}

void bh_argv_finish(struct bh_argv *argv)
{
	for (size_t i = 0; i < argv->count; i++)
		free(argv->items[i]);
	free(argv->items);
	memset(argv, 0, sizeof(*argv));
}

/* A file name within an option: QEMU ends it at a comma that is not doubled. */
static char *escaped(const char *path)
{
	struct bh_buf buf;

	bh_buf_init(&buf);
	for (; *path; path++) {
		bh_buf_addc(&buf, *path);
		if (*path == ',')
			bh_buf_addc(&buf, ',');
	}
	return bh_buf_take(&buf);
}

static void add_machine(struct bh_argv *argv, const struct bh_lab_options *options,
			const struct bh_lab_wires *wires, const char *dump)
{
	struct bh_buf machine;

	bh_buf_init(&machine);
	bh_buf_adds(&machine, options->board->machine);
	if (options->gic)
		bh_buf_addf(&machine, ",gic-version=%s", options->gic);
	if (wires && wires->ram >= 0)
		bh_buf_adds(&machine, ",memory-backend=ram");
	if (dump) {
		char *path = escaped(dump);
		bh_buf_addf(&machine, ",dumpdtb=%s", path);
		free(path);
	}
	add_pair(argv, "-M", "%s", bh_buf_str(&machine));
	bh_buf_finish(&machine);
	if (options->cpu)
		add_pair(argv, "-cpu", "%s", options->cpu);
	add_pair(argv, "-smp", "%u", options->cpus);
	add_pair(argv, "-m", "%" PRIu64 "M", options->memory >> 20);
	if (wires && wires->ram >= 0)
		add_pair(argv, "-object",
			 "memory-backend-file,id=ram,share=on,mem-path=/proc/self/fd/"
			 "%d,size=%" PRIu64 "M",
			 wires->ram, options->memory >> 20);
	if (options->icount)
		add_pair(argv, "-icount", "shift=0");
}

static void add_kernel(struct bh_argv *argv, const struct bh_lab_options *options,
		       const struct bh_lab_pieces *pieces, const char *tree)
{
	const struct bh_lab_board *board = options->board;
	struct bh_buf line;

	bh_buf_init(&line);
	/* A panic restarts the board at once, and -no-reboot makes that the end of QEMU. */
	bh_buf_addf(&line, "console=%s quiet panic=-1 bulkhead.name=%s", board->console,
		    options->name);
	if (board->line_device)
		bh_buf_addf(&line, " bulkhead.line=%s", board->line_device);
	if (board->modules)
		bh_buf_addf(&line, " bulkhead.modules=%s", board->modules);
	if (options->append)
		bh_buf_addf(&line, " %s", options->append);
	add_pair(argv, "-kernel", "%s/Image", pieces->kernel);
	add_pair(argv, "-initrd", "%s", pieces->initrd);
	add_pair(argv, "-append", "%s", bh_buf_str(&line));
	if (tree)
		add_pair(argv, "-dtb", "%s", tree);
	bh_buf_finish(&line);
}

static void add_wires(struct bh_argv *argv, const struct bh_lab_board *board,
		      const struct bh_lab_wires *wires)
{
	if (wires) {
		add_pair(argv, "-chardev", "socket,id=console,fd=%d", wires->console);
		add_pair(argv, "-chardev", "socket,id=line,fd=%d", wires->line);
		add_pair(argv, "-chardev", "socket,id=monitor,fd=%d,server=on,wait=off",
			 wires->monitor);
		add_pair(argv, "-qmp", "chardev:monitor");
	} else {
		add_pair(argv, "-chardev", "null,id=console");
		add_pair(argv, "-chardev", "null,id=line");
	}
	for (unsigned i = 0; i < board->serials; i++)
		add_pair(argv, "-serial", "null");
	add_pair(argv, "-serial", "chardev:console");
	if (board->line == BH_LAB_UART)
		add_pair(argv, "-serial", "chardev:line");
}

/* A -drive of the table's text, with the file at its place. */
static void add_drive(struct bh_argv *argv, const char *text, const char *file)
{
	char *path = escaped(file);
	const char *place = strstr(text, "%s");

	add_pair(argv, "-drive", "%.*s%s%s", (int)(place - text), text, path, place + 2);
	free(path);
}

static void add_disks(struct bh_argv *argv, const struct bh_lab_options *options,
		      const struct bh_lab_pieces *pieces)
{
	const struct bh_lab_board *board = options->board;

	add_drive(argv, board->disk, pieces->disk);
	if (!board->user_disk && options->disks[0]) {
		add_drive(argv, board->card, options->disks[0]);
		return;
	}
	for (unsigned i = 0; options->disks[i]; i++) {
		char *path = escaped(options->disks[i]);
		add_pair(argv, "-drive", "if=none,id=disk%u,format=raw,file=%s", i, path);
		add_pair(argv, "-device", "%s,drive=disk%u,serial=disk%u", board->user_disk, i, i);
		free(path);
	}
}

void bh_lab_qemu_argv(struct bh_argv *argv, const struct bh_lab_options *options,
		      const struct bh_lab_pieces *pieces, const char *tree,
		      const struct bh_lab_wires *wires, const char *dump)
{
	memset(argv, 0, sizeof(*argv));
	add(argv, pieces->qemu);
	add(argv, "-nodefaults");
	add(argv, "-no-user-config");
	add(argv, "-no-reboot");
	add_pair(argv, "-display", "none");
	add_pair(argv, "-name", "%s", options->name);
	add_machine(argv, options, wires, dump);
	add_kernel(argv, options, pieces, tree);
	add_wires(argv, options->board, wires);
	add_disks(argv, options, pieces);
	for (const char *const *arg = options->board->devices; *arg; arg++)
		add(argv, *arg);
	for (const char *const *arg = options->qemu_args; *arg; arg++)
		add(argv, *arg);
}
