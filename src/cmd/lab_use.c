/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead lab: the verbs that use a running board. */
#include "base/alloc.h"
#include "cmd/lab.h"

#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* Runs one of the verbs that need no more than a connection. */
static int with_board(const struct bh_args *args, int no_board,
		      int (*act)(struct bh_lab_client *client, const struct bh_args *args,
				 struct bh_diags *diags))
{
	struct bh_lab_client client;
	struct bh_diags diags;

	bh_diags_init(&diags);
	bh_lab_client_init(&client);
	int code = no_board;
	if (bh_lab_connect(&client, args->values[0], &diags))
		code = act(&client, args, &diags);
	if (diags.count)
		bh_lab_fail(&diags, &client, code);
	bh_lab_client_finish(&client);
	bh_diags_finish(&diags);
	return code;
}

int bh_lab_run_command(struct bh_lab_client *client, const struct bh_args *args, int signals,
		       struct bh_diags *diags)
{
	int status = BH_LAB_NO_BOARD;
	const char **argv = bh_alloc(args->count * sizeof(*argv));

	for (size_t i = 1; i < args->count; i++)
		argv[i - 1] = args->values[i];
	struct bh_lab_command command = {
		.argv = argv, .in = 0, .out = 1, .err = 2, .signals = signals};
	bool ok = bh_lab_exec(client, &command, &status, diags);
	free(argv);
	return ok ? status : BH_LAB_NO_BOARD;
}

static int exec_on(struct bh_lab_client *client, const struct bh_args *args, struct bh_diags *diags)
{
	return bh_lab_run_command(client, args, bh_lab_catch_signals(), diags);
}

static int run_exec(const struct bh_args *args)
{
	return with_board(args, BH_LAB_NO_BOARD, exec_on);
}

const struct bh_verb bh_verb_lab_exec = {
	.name = "exec",
	.summary = "Run a command on a board",
	.description =
		"Input, output and errors are the command's, byte for byte. Exits as the "
		"command does, with 128 and the signal's number when one ended it, or with 255 "
		"when the board fails. Ctrl-C goes to the command; a second one kills it.",
	.positionals = (const struct bh_positional[]){{.name = "BOARD"},
						      {.name = "COMMAND", .rest = true},
						      {.name = NULL}},
	.run = run_exec,
};

static int push_to(struct bh_lab_client *client, const struct bh_args *args, struct bh_diags *diags)
{
	bool ok = true;

	for (size_t i = 1; ok && i + 1 < args->count; i++)
		ok = bh_lab_push(client, args->values[i], args->values[args->count - 1], diags);
	return ok ? BH_EXIT_OK : BH_EXIT_FAILED;
}

static int run_push(const struct bh_args *args)
{
	return with_board(args, BH_EXIT_FAILED, push_to);
}

const struct bh_verb bh_verb_lab_push = {
	.name = "push",
	.summary = "Copy files to a board",
	.positionals =
		(const struct bh_positional[]){
			{.name = "BOARD"},
			{.name = "FILE", .complete = BH_COMPLETE_FILE},
			{.name = "DEST", .complete = BH_COMPLETE_FILE, .rest = true},
			{.name = NULL}},
	.run = run_push,
};

static int pull_from(struct bh_lab_client *client, const struct bh_args *args,
		     struct bh_diags *diags)
{
	return bh_lab_pull(client, args->values[1], args->values[2], diags) ? BH_EXIT_OK
									    : BH_EXIT_FAILED;
}

static int run_pull(const struct bh_args *args)
{
	return with_board(args, BH_EXIT_FAILED, pull_from);
}

const struct bh_verb bh_verb_lab_pull = {
	.name = "pull",
	.summary = "Copy a file from a board",
	.positionals =
		(const struct bh_positional[]){{.name = "BOARD"},
					       {.name = "FILE"},
					       {.name = "DEST", .complete = BH_COMPLETE_FILE},
					       {.name = NULL}},
	.run = run_pull,
};

static int console_of(struct bh_lab_client *client, const struct bh_args *args,
		      struct bh_diags *diags)
{
	struct termios before, raw;
	bool terminal = !tcgetattr(0, &before);

	(void)args;
	if (terminal) {
		fprintf(stderr, "console of %s; Ctrl-] leaves it\n", client->name);
		raw = before;
		cfmakeraw(&raw);
		tcsetattr(0, TCSANOW, &raw);
	}
	bool ok = bh_lab_console(client, 0, 1, diags);
	if (terminal) {
		tcsetattr(0, TCSANOW, &before);
		fprintf(stderr, "\n");
	}
	return ok ? BH_EXIT_OK : BH_EXIT_FAILED;
}

static int run_console(const struct bh_args *args)
{
	return with_board(args, BH_EXIT_FAILED, console_of);
}

const struct bh_verb bh_verb_lab_console = {
	.name = "console",
	.summary = "Attach to a board's console; Ctrl-] leaves it",
	.positionals = (const struct bh_positional[]){{.name = "BOARD"}, {.name = NULL}},
	.run = run_console,
};
