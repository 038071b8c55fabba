/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs of the command line. verbs.c holds the one table; parsing, help, completion, man pages
 * and the `--json` rule are all made from it.
 */
#ifndef BH_CMD_VERB_H
#define BH_CMD_VERB_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>

/* What a verb returns, and the program with it. */
enum bh_exit {
	BH_EXIT_OK = 0,
	BH_EXIT_FAILED = 1,
	BH_EXIT_USAGE = 2,   /* bad command line or configuration */
	BH_EXIT_REFUSED = 3, /* by policy: the user can allow it in the configuration */
	BH_EXIT_CHANGES = 4, /* nothing is wrong; there is something to apply */
};

/* What a shell may offer for an argument. */
enum bh_complete { BH_COMPLETE_NONE, BH_COMPLETE_FILE, BH_COMPLETE_DIRECTORY, BH_COMPLETE_WORDS };

struct bh_option {
	const char *name;     /* long, without dashes; NULL ends the table */
	const char *argument; /* what stands for its value in help ("FILE"); NULL: a switch */
	const char *help;     /* one line, no full stop */
	const char *words;    /* for BH_COMPLETE_WORDS: "bash zsh fish" */
	enum bh_complete complete;
	char letter;  /* short, or 0 */
	bool repeats; /* may be given more than once */
};

struct bh_positional {
	const char *name; /* "BOARD"; NULL ends the table */
	enum bh_complete complete;
	const char *words;
	bool optional;
	bool rest; /* takes all that follows, also what looks like options: "-- CMD" */
};

struct bh_args;

struct bh_verb {
	const char *name;
	const char *summary;     /* one line, no full stop */
	const char *description; /* for the man page: paragraphs in scdoc's syntax; may be NULL */
	const struct bh_option *options;
	const struct bh_positional *positionals;
	const struct bh_verb *const *verbs; /* sub-verbs, ends with NULL; then `run` may be NULL */
	bool json;                          /* takes --json */
	int (*run)(const struct bh_args *args);
};

extern const struct bh_verb *const bh_verbs[]; /* ends with NULL */

/* A parsed command line. */
struct bh_args {
	const struct bh_verb *verb;
	const char *path; /* "bulkhead lab up" */
	bool json;
	size_t option_count;
	const struct bh_given {
		const struct bh_option *option;
		const char *value; /* NULL for a switch */
	} * given;
	size_t count; /* positionals */
	const char *const *values;
};

/* The last value given, or `otherwise`. */
const char *bh_arg(const struct bh_args *args, const char *name, const char *otherwise);
bool bh_switch(const struct bh_args *args, const char *name);

/* Reads argv (without the program's name) against the table; messages go to stderr. */
int bh_cmd_main(int argc, char **argv);

/* The verbs' files. Each declares its verb here and is listed in verbs.c. */
extern const struct bh_verb bh_verb_config;
extern const struct bh_verb bh_verb_doctor;
extern const struct bh_verb bh_verb_gpu;
extern const struct bh_verb bh_verb_lab;
extern const struct bh_verb bh_verb_version;
extern const struct bh_verb bh_verb_board;
extern const struct bh_verb bh_verb_device;
extern const struct bh_verb bh_verb_dt;
extern const struct bh_verb bh_verb_plan;
extern const struct bh_verb bh_verb_apply;
extern const struct bh_verb bh_verb_start;
extern const struct bh_verb bh_verb_stop;
extern const struct bh_verb bh_verb_restart;
extern const struct bh_verb bh_verb_pause;
extern const struct bh_verb bh_verb_resume;
extern const struct bh_verb bh_verb_status;
extern const struct bh_verb bh_verb_top;
extern const struct bh_verb bh_verb_events;
extern const struct bh_verb bh_verb_balloon;
extern const struct bh_verb bh_verb_console;
extern const struct bh_verb bh_verb_log;
extern const struct bh_verb bh_verb_show;
extern const struct bh_verb bh_verb_explain;
extern const struct bh_verb bh_verb_completion;

#endif
