/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead lab: emulated boards. Here is the table of its verbs, and those that look at what runs
 * and end it. */
#include "cmd/lab.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "cmd/report.h"
#include "lab/rundir.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define LOG_LIMIT (128u << 20)

void bh_lab_print_visible(FILE *out, const char *text, size_t length)
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

int bh_lab_fail(struct bh_diags *diags, const struct bh_lab_client *client, int code)
{
	if (client && client->tail.length) {
		char *text = bh_strf("--- the end of the console of %s ---\n%s%s---\n",
				     client->name, bh_buf_str(&client->tail),
				     bh_str_ends(bh_buf_str(&client->tail), "\n") ? "" : "\n");
		bh_lab_print_visible(stderr, text, strlen(text));
		free(text);
	}
	bh_print_diags(diags);
	return code;
}

int bh_lab_catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

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
		code = bh_lab_fail(&diags, NULL, BH_EXIT_FAILED);
	} else if (isatty(1)) {
		bh_lab_print_visible(stdout, text, size);
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
		code = bh_lab_fail(&diags, NULL, BH_EXIT_FAILED);
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

static const struct bh_verb *const verbs[] = {
	&bh_verb_lab_up,   &bh_verb_lab_run,     &bh_verb_lab_exec, &bh_verb_lab_push,
	&bh_verb_lab_pull, &bh_verb_lab_console, &verb_log,         &verb_status,
	&verb_down,        &verb_list,           &bh_verb_lab_dtb,  NULL,
};

const struct bh_verb bh_verb_lab = {
	.name = "lab",
	.summary = "Emulated boards with nested KVM",
	.verbs = verbs,
};
