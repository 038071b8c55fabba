/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead lab: emulated boards. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "cmd/report.h"
#include "cmd/verb.h"
#include "lab/client.h"
#include "lab/rundir.h"
#include "lab/tree.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

/* What exec and run return when it was not the command that failed: as ssh does. */
#define EXIT_NO_BOARD 255

#define LOG_LIMIT (128u << 20)

#define BOARDS "virt imx8mp-evk"

/* --- what the verbs share --- */

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

/* What a board says is not trusted to be text. Written in one piece, so that nothing mixes into it.
 */
static void print_visible(FILE *out, const char *text, size_t length)
{
	struct bh_buf buf;

	bh_buf_init(&buf);
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];
		if (byte == '\r')
			continue;
		bool control = (byte < ' ' && byte != '\n' && byte != '\t') || byte == 0x7f;
		bh_buf_addc(&buf, control ? '?' : (char)byte);
	}
	fwrite(bh_buf_str(&buf), 1, buf.length, out);
	bh_buf_finish(&buf);
}

/* Says what went wrong, after the end of the console where that tells why. Returns `code`. */
static int fail(struct bh_diags *diags, const struct bh_lab_client *client, int code)
{
	if (client && client->tail.length) {
		char *text = bh_strf("--- the end of the console of %s ---\n%s%s---\n",
				     client->name, bh_buf_str(&client->tail),
				     bh_str_ends(bh_buf_str(&client->tail), "\n") ? "" : "\n");
		print_visible(stderr, text, strlen(text));
		free(text);
	}
	bh_print_diags(diags);
	return code;
}

static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
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
		fail(&diags, &client, code);
	bh_lab_client_finish(&client);
	bh_diags_finish(&diags);
	return code;
}

/* The command after the board's name, run with our own standard streams. */
static int run_command(struct bh_lab_client *client, const struct bh_args *args, int signals,
		       struct bh_diags *diags)
{
	int status = EXIT_NO_BOARD;
	const char **argv = bh_alloc(args->count * sizeof(*argv));

	for (size_t i = 1; i < args->count; i++)
		argv[i - 1] = args->values[i];
	struct bh_lab_command command = {
		.argv = argv, .in = 0, .out = 1, .err = 2, .signals = signals};
	bool ok = bh_lab_exec(client, &command, &status, diags);
	free(argv);
	return ok ? status : EXIT_NO_BOARD;
}

/* --- up, run --- */

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
		code = fail(&diags, NULL, BH_EXIT_USAGE);
	} else if (!start_board(&client, &options, catch_signals(), &seconds, &diags)) {
		code = fail(&diags, &client, BH_EXIT_FAILED);
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

static const struct bh_verb verb_up = {
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
	int code = EXIT_NO_BOARD, signals = -1;
	char *name = bh_strf("%.20s-%d", args->values[0], (int)getpid());

	bh_diags_init(&diags);
	bh_lab_client_init(&client);
	bool ok = read_options(args, &options, &diags);
	if (ok) {
		if (!bh_arg(args, "name", NULL))
			options.name = name;
		signals = catch_signals();
		ok = start_board(&client, &options, signals, &seconds, &diags);
		if (ok) {
			code = run_command(&client, args, signals, &diags);
			/* The board lives as long as our connection; its end is waited for. */
			bh_lab_down(options.name, NULL);
		}
	} else {
		code = BH_EXIT_USAGE;
	}
	if (diags.count)
		fail(&diags, &client, code);
	free_options(&options);
	bh_lab_client_finish(&client);
	bh_diags_finish(&diags);
	free(name);
	return code;
}

static const struct bh_verb verb_run = {
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

/* --- exec, push, pull, console, log --- */

static int exec_on(struct bh_lab_client *client, const struct bh_args *args, struct bh_diags *diags)
{
	return run_command(client, args, catch_signals(), diags);
}

static int run_exec(const struct bh_args *args)
{
	return with_board(args, EXIT_NO_BOARD, exec_on);
}

static const struct bh_verb verb_exec = {
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

static const struct bh_verb verb_push = {
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

static const struct bh_verb verb_pull = {
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

static const struct bh_verb verb_console = {
	.name = "console",
	.summary = "Attach to a board's console; Ctrl-] leaves it",
	.positionals = (const struct bh_positional[]){{.name = "BOARD"}, {.name = NULL}},
	.run = run_console,
};

static int run_log(const struct bh_args *args)
{
	struct bh_rundir dir;
	struct bh_diags diags;
	char *text = NULL;
	size_t size = 0;
	int code = BH_EXIT_OK;

	bh_diags_init(&diags);
	bool there = bh_lab_name_valid(args->values[0]) &&
		     bh_rundir_open(&dir, args->values[0]) != BH_RUNDIR_NONE;
	char *path = there ? bh_rundir_file(&dir, "console") : NULL;
	if (!there || bh_file_read(path, LOG_LIMIT, &text, &size)) {
		bh_diag_hint(bh_error(&diags, "E0703", "no board named %s is running, or ran last",
				      args->values[0]),
			     "`bulkhead lab status` shows what runs");
		code = fail(&diags, NULL, BH_EXIT_FAILED);
	} else if (isatty(1)) {
		print_visible(stdout, text, size);
	} else {
		fwrite(text, 1, size, stdout);
	}
	free(text);
	free(path);
	if (there)
		bh_rundir_finish(&dir);
	bh_diags_finish(&diags);
	return code;
}

static const struct bh_verb verb_log = {
	.name = "log",
	.summary = "Print what a board's console said",
	.positionals = (const struct bh_positional[]){{.name = "BOARD"}, {.name = NULL}},
	.run = run_log,
};

/* --- status, down, list, tree --- */

/* The value of a "key=value" line, as text that the caller frees; "" when there is none. */
static char *field(const char *text, const char *key)
{
	size_t length = strlen(key);

	for (const char *at = text; *at; at += strcspn(at, "\n") + (at[strcspn(at, "\n")] != 0)) {
		if (!strncmp(at, key, length) && at[length] == '=')
			return bh_strndup(at + length + 1, strcspn(at, "\n") - length - 1);
	}
	return bh_strdup("");
}

static json_t *describe(const char *name, const struct bh_rundir *dir, const char *text)
{
	char *board = field(text, "board"), *state = field(text, "state");
	char *ready = field(text, "ready_ms"), *up = field(text, "up_ms");
	char *cpus = field(text, "cpus"), *memory = field(text, "memory");
	char *monitor = bh_rundir_file(dir, "monitor"), *console = bh_rundir_file(dir, "console");
	char *qemu = field(text, "qemu"), *supervisor = field(text, "supervisor");
	json_t *object = json_pack(
		"{ss ss ss sf sf sI sI sI sI ss ss}", "name", name, "board", board, "state", state,
		"boot_seconds", strtod(ready, NULL) / 1000, "up_seconds", strtod(up, NULL) / 1000,
		"cpus", (json_int_t)strtoll(cpus, NULL, 10), "memory",
		(json_int_t)strtoll(memory, NULL, 10), "qemu", (json_int_t)strtoll(qemu, NULL, 10),
		"supervisor", (json_int_t)strtoll(supervisor, NULL, 10), "monitor", monitor,
		"console", console);
	char *all[] = {board, state, ready, up, cpus, memory, monitor, console, qemu, supervisor};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		free(all[i]);
	return object;
}

static json_t *describe_dead(const char *name, struct bh_diags *why)
{
	const char *reason = why->count ? why->items[0].message : "";

	return json_pack("{ss ss ss}", "name", name, "state", "down", "reason", reason);
}

static json_t *describe_board(const char *name)
{
	struct bh_lab_client client;
	struct bh_rundir dir;
	struct bh_diags diags;
	char *text = NULL;
	json_t *object;

	bh_diags_init(&diags);
	bh_lab_client_init(&client);
	bh_rundir_open(&dir, name);
	if (bh_lab_connect(&client, name, &diags))
		text = bh_lab_status(&client, &diags);
	object = text ? describe(name, &dir, text) : describe_dead(name, &diags);
	free(text);
	bh_rundir_finish(&dir);
	bh_lab_client_finish(&client);
	bh_diags_finish(&diags);
	return object;
}

static void print_status(const json_t *boards)
{
	size_t i;
	json_t *b;

	if (!json_array_size(boards)) {
		fprintf(stderr, "no board is running\n");
		return;
	}
	json_array_foreach(boards, i, b)
	{
		const char *name = json_string_value(json_object_get(b, "name"));
		const char *state = json_string_value(json_object_get(b, "state"));
		const char *reason = json_string_value(json_object_get(b, "reason"));
		if (reason)
			printf("%-16s %-8s %s\n", name, state, reason);
		else
			printf("%-16s %-8s %s, up %.0f s, booted in %.1f s\n", name, state,
			       json_string_value(json_object_get(b, "board")),
			       json_real_value(json_object_get(b, "up_seconds")),
			       json_real_value(json_object_get(b, "boot_seconds")));
	}
}

static void free_names(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static int run_status(const struct bh_args *args)
{
	size_t count;
	char **names = bh_rundir_names(&count);
	json_t *boards = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(boards, describe_board(names[i]));
	free_names(names, count);
	if (args->json) {
		bh_print_json("bulkhead.lab.status/1", json_pack("{so}", "boards", boards));
	} else {
		print_status(boards);
		json_decref(boards);
	}
	return BH_EXIT_OK;
}

static const struct bh_verb verb_status = {
	.name = "status",
	.summary = "Show the boards that run, and those that crashed",
	.json = true,
	.run = run_status,
};

static int run_down(const struct bh_args *args)
{
	struct bh_diags diags;
	size_t count = 0;
	char **names = NULL;
	bool all = bh_switch(args, "all");
	int code = BH_EXIT_OK;

	bh_diags_init(&diags);
	if (args->count) {
		bh_lab_down(args->values[0], &diags);
	} else {
		names = bh_rundir_names(&count);
		if (!all && count != 1)
			bh_diag_hint(bh_error(&diags, "E0703",
					      count ? "several boards are running"
						    : "no board is running"),
				     "name one, or use --all");
		for (size_t i = 0; !diags.errors && i < count; i++)
			bh_lab_down(names[i], NULL);
	}
	free_names(names, count);
	if (diags.errors)
		code = fail(&diags, NULL, BH_EXIT_FAILED);
	bh_diags_finish(&diags);
	return code;
}

static const struct bh_verb verb_down = {
	.name = "down",
	.summary = "Stop a board",
	.options = (const struct bh_option[]){{.name = "all", .help = "Stop every board"},
					      {.name = NULL}},
	.positionals =
		(const struct bh_positional[]){{.name = "BOARD", .optional = true}, {.name = NULL}},
	.run = run_down,
};

static int run_list(const struct bh_args *args)
{
	json_t *boards = json_array();

	for (const struct bh_lab_board *b = bh_lab_boards; b->name; b++) {
		if (args->json)
			json_array_append_new(boards, json_pack("{ss ss}", "name", b->name,
								"summary", b->summary));
		else
			printf("%-12s %s\n", b->name, b->summary);
	}
	if (args->json)
		bh_print_json("bulkhead.lab.list/1", json_pack("{sO}", "boards", boards));
	json_decref(boards);
	return BH_EXIT_OK;
}

static const struct bh_verb verb_list = {
	.name = "list",
	.summary = "List the boards there are",
	.json = true,
	.run = run_list,
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
		code = fail(&diags, NULL, BH_EXIT_USAGE);
	} else {
		bool ok = bh_lab_pieces_get(&pieces, &diags) &&
			  bh_lab_tree_write(&options, &pieces, args->values[1], true, &needed,
					    &diags);
		bh_lab_pieces_finish(&pieces);
		if (!ok)
			code = fail(&diags, NULL, BH_EXIT_FAILED);
	}
	free_options(&options);
	bh_diags_finish(&diags);
	return code;
}

static const struct bh_verb verb_tree = {
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

static const struct bh_verb *const verbs[] = {
	&verb_up,  &verb_run,    &verb_exec, &verb_push, &verb_pull, &verb_console,
	&verb_log, &verb_status, &verb_down, &verb_list, &verb_tree, NULL,
};

const struct bh_verb bh_verb_lab = {
	.name = "lab",
	.summary = "Emulated boards with nested KVM",
	.verbs = verbs,
};
