/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead lab: the verbs that boot a board, and their options. */
#include "base/alloc.h"
#include "base/str.h"
#include "cmd/lab.h"
#include "cmd/report.h"
#include "lab/tree.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOARDS "virt imx8mp-evk"

static const char *const *values_of(const struct bh_args *args, const char *option)
{
	const char **values = bh_alloc((args->option_count + 1) * sizeof(*values));
	size_t count = 0;

	for (size_t i = 0; i < args->option_count; i++) {
		if (!strcmp(args->given[i].option->name, option))
			values[count++] = args->given[i].value;
	}
	return values;
}

static bool read_numbers(const struct bh_args *args, struct bh_lab_options *options,
			 struct bh_diags *diags)
{
	const char *cpus = bh_arg(args, "cpus", NULL), *memory = bh_arg(args, "memory", NULL);
	uint64_t count = 0;

	if (cpus && (!bh_parse_u64(cpus, &count) || !count || count > 1024)) {
		bh_diag_hint(
			bh_error(diags, "E0711", "--cpus %s: this is not a number of CPUs", cpus),
			"write a number, such as --cpus 2");
		return false;
	}
	if (memory && (!bh_parse_size(memory, &options->memory) || !options->memory)) {
		bh_diag_hint(bh_error(diags, "E0711", "--memory %s: this is not a size", memory),
			     "write a size, such as --memory 2G");
		return false;
	}
	options->cpus = (unsigned)count;
	return true;
}

static const struct bh_lab_board *board_named(const char *name, struct bh_diags *diags)
{
	const struct bh_lab_board *board = bh_lab_board(name);
	const char *names[16];
	size_t count = 0;

	if (board)
		return board;
	for (const struct bh_lab_board *b = bh_lab_boards; b->name && count < 16; b++)
		names[count++] = b->name;
	const char *near = bh_suggest(name, names, count);
	struct bh_diag *diag = bh_error(diags, "E0701", "there is no board %s", name);
	if (near)
		bh_diag_hint(diag, "did you mean %s?", near);
	else
		bh_diag_hint(diag, "`bulkhead lab list` shows the boards");
	return NULL;
}

static bool read_options(const struct bh_args *args, struct bh_lab_options *options,
			 struct bh_diags *diags)
{
	*options = (struct bh_lab_options){
		.board = board_named(args->values[0], diags),
		.name = bh_arg(args, "name", NULL),
		.cpu = bh_arg(args, "cpu", NULL),
		.gic = bh_arg(args, "gic", NULL),
		.icount = bh_switch(args, "icount"),
		.tree = bh_arg(args, "dtb", NULL),
		.append = bh_arg(args, "append", NULL),
		.overlays = values_of(args, "overlay"),
		.disks = values_of(args, "disk"),
		.qemu_args = values_of(args, "qemu-arg"),
	};
	return options->board && read_numbers(args, options, diags) &&
	       bh_lab_options_complete(options, diags);
}

static void free_options(struct bh_lab_options *options)
{
	free((void *)options->overlays);
	free((void *)options->disks);
	free((void *)options->qemu_args);
}

/* Fetches, boots, waits. Interrupted: what was started is down again when this returns false. */
static bool start_board(struct bh_lab_client *client, const struct bh_lab_options *options,
			int signals, double *seconds, struct bh_diags *diags)
{
	struct bh_lab_pieces pieces;
	struct bh_progress progress;
	bool ok = false;

	if (bh_lab_pieces_get(&pieces, diags)) {
		bh_progress_start(&progress);
		bh_progress_say(&progress, "booting %s (about ten seconds)", options->name);
		client->cancel = signals;
		ok = bh_lab_up(client, options, &pieces, seconds, diags);
		client->cancel = -1;
		bh_progress_end(&progress);
		if (!ok && diags->errors && !strcmp(diags->items[0].code, "E0716"))
			bh_lab_down(options->name, NULL);
	}
	bh_lab_pieces_finish(&pieces);
	return ok;
}

#define BOARD_OPTIONS                                                                             \
	{.name = "cpus", .argument = "N", .help = "Number of CPUs"},                              \
		{.name = "memory", .argument = "SIZE", .help = "Memory, such as 2G"},             \
		{.name = "cpu", .argument = "MODEL", .help = "CPU model, as QEMU calls it"},      \
		{.name = "gic",                                                                   \
		 .argument = "VERSION",                                                           \
		 .help = "Version of the interrupt controller",                                   \
		 .complete = BH_COMPLETE_WORDS,                                                   \
		 .words = "2 3"},                                                                 \
		{.name = "dtb",                                                                   \
		 .argument = "FILE",                                                              \
		 .help = "Device tree to boot with, instead of the board's",                      \
		 .complete = BH_COMPLETE_FILE},                                                   \
		{.name = "overlay",                                                               \
		 .argument = "FILE",                                                              \
		 .help = "Overlay to apply to the device tree",                                   \
		 .complete = BH_COMPLETE_FILE,                                                    \
		 .repeats = true},                                                                \
		{.name = "disk",                                                                  \
		 .argument = "FILE",                                                              \
		 .help = "Raw image to plug in as a disk",                                        \
		 .complete = BH_COMPLETE_FILE,                                                    \
		 .repeats = true},                                                                \
		{.name = "append",                                                                \
		 .argument = "TEXT",                                                              \
		 .help = "More for the kernel's command line"},                                   \
		{.name = "icount",                                                                \
		 .help = "Count instructions: a nanosecond of the board is one instruction"},     \
		{.name = "qemu-arg",                                                              \
		 .argument = "ARG",                                                               \
		 .help = "One more argument for QEMU",                                            \
		 .repeats = true},                                                                \
	{                                                                                         \
		.name = "name", .argument = "NAME", .help = "Name of this instance [the board's]" \
	}

static const struct bh_option board_options[] = {BOARD_OPTIONS, {.name = NULL}};

static int run_up(const struct bh_args *args)
{
	struct bh_lab_options options;
	struct bh_lab_client client;
	struct bh_diags diags;
	double seconds;
	int code = BH_EXIT_OK;

	bh_diags_init(&diags);
	bh_lab_client_init(&client);
	if (!read_options(args, &options, &diags)) {
		code = bh_lab_fail(&diags, NULL, BH_EXIT_USAGE);
	} else if (!start_board(&client, &options, bh_lab_catch_signals(), &seconds, &diags)) {
		code = bh_lab_fail(&diags, &client, BH_EXIT_FAILED);
	} else {
		bh_lab_detach(&client);
		if (args->json)
			bh_print_json("bulkhead.lab.up/1",
				      json_pack("{ss ss sf}", "name", options.name, "board",
						options.board->name, "seconds", seconds));
		else
			fprintf(stderr, "%s is ready after %.1f s\n", options.name, seconds);
	}
	free_options(&options);
	bh_lab_client_finish(&client);
	bh_diags_finish(&diags);
	return code;
}

const struct bh_verb bh_verb_lab_up = {
	.name = "up",
	.summary = "Boot a board and wait until it is ready",
	.description =
		"The first time this fetches QEMU, a kernel and what else boards are made of "
		"into the cache, which takes a minute.",
	.options = board_options,
	.positionals =
		(const struct bh_positional[]){
			{.name = "BOARD", .complete = BH_COMPLETE_WORDS, .words = BOARDS},
			{.name = NULL}},
	.json = true,
	.run = run_up,
};

static int run_run(const struct bh_args *args)
{
	struct bh_lab_options options;
	struct bh_lab_client client;
	struct bh_diags diags;
	double seconds;
	int code = BH_LAB_NO_BOARD, signals = -1;
	char *name = bh_strf("%.20s-%d", args->values[0], (int)getpid());

	bh_diags_init(&diags);
	bh_lab_client_init(&client);
	bool ok = read_options(args, &options, &diags);
	if (ok) {
		if (!bh_arg(args, "name", NULL))
			options.name = name;
		signals = bh_lab_catch_signals();
		ok = start_board(&client, &options, signals, &seconds, &diags);
		if (ok) {
			code = bh_lab_run_command(&client, args, signals, &diags);
			/* The board lives as long as our connection; its end is waited for. */
			bh_lab_down(options.name, NULL);
		}
	} else {
		code = BH_EXIT_USAGE;
	}
	if (diags.count)
		bh_lab_fail(&diags, &client, code);
	free_options(&options);
	bh_lab_client_finish(&client);
	bh_diags_finish(&diags);
	free(name);
	return code;
}

const struct bh_verb bh_verb_lab_run = {
	.name = "run",
	.summary = "Boot a board, run a command on it, stop it",
	.description = "Exits as the command does, or with 255 when the board fails.",
	.options = board_options,
	.positionals =
		(const struct bh_positional[]){
			{.name = "BOARD", .complete = BH_COMPLETE_WORDS, .words = BOARDS},
			{.name = "COMMAND", .rest = true},
			{.name = NULL}},
	.run = run_run,
};

static int run_tree(const struct bh_args *args)
{
	struct bh_lab_options options;
	struct bh_lab_pieces pieces;
	struct bh_diags diags;
	bool needed;
	int code = BH_EXIT_OK;

	bh_diags_init(&diags);
	if (!read_options(args, &options, &diags)) {
		code = bh_lab_fail(&diags, NULL, BH_EXIT_USAGE);
	} else {
		bool ok = bh_lab_pieces_get(&pieces, &diags) &&
			  bh_lab_tree_write(&options, &pieces, args->values[1], true, &needed,
					    &diags);
		bh_lab_pieces_finish(&pieces);
		if (!ok)
			code = bh_lab_fail(&diags, NULL, BH_EXIT_FAILED);
	}
	free_options(&options);
	bh_diags_finish(&diags);
	return code;
}

const struct bh_verb bh_verb_lab_dtb = {
	.name = "dtb",
	.summary = "Write the device tree that a board would boot with",
	.options = board_options,
	.positionals =
		(const struct bh_positional[]){
			{.name = "BOARD", .complete = BH_COMPLETE_WORDS, .words = BOARDS},
			{.name = "FILE", .complete = BH_COMPLETE_FILE},
			{.name = NULL}},
	.run = run_tree,
};
