/* SPDX-License-Identifier: Apache-2.0 */
/* events: what happened to VMs since the host booted, and what goes on happening. */
#include "host/events.h"
#include "cmd/report.h"
#include "cmd/verb.h"
#include "host/run.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct reader {
	const char *vm; /* NULL: all */
	bool json;
	struct bh_buf line; /* what came of a line so far */
};

/* One object a line, so that a program can read as they come. */
static void print_json(const struct bh_event *event)
{
	time_t seconds = (time_t)(event->time_ms / 1000);
	char time[40];
	struct tm parts;

	gmtime_r(&seconds, &parts);
	strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%SZ", &parts);
	json_t *json =
		json_pack("{sssfsssssssI}", "schema", "bulkhead.event/1", "uptime",
			  (double)event->uptime_ms / 1000, "time", time, "vm", event->vm, "event",
			  bh_event_name(event->kind), "time-ms", (json_int_t)event->time_ms);
	if (*event->text)
		json_object_set_new(json, "text", json_string(event->text));
	json_dumpf(json, stdout, JSON_REAL_PRECISION(12));
	putchar('\n');
	json_decref(json);
}

static void print(const struct reader *reader, const char *line)
{
	struct bh_event event;

	if (!bh_event_parse(&event, line) || (reader->vm && strcmp(reader->vm, event.vm) != 0))
		return;
	if (reader->json)
		print_json(&event);
	else
		printf("%10.3f  %-12s %-10s %s\n", (double)event.uptime_ms / 1000,
		       *event.vm ? event.vm : "-", bh_event_name(event.kind), event.text);
}

/* Prints the whole lines that a file has from where it was read last. */
static void read_on(struct reader *reader, int file)
{
	char data[65536];
	ssize_t got;

	while ((got = read(file, data, sizeof(data))) > 0) {
		for (ssize_t i = 0; i < got; i++) {
			if (data[i] != '\n') {
				if (reader->line.length < 1024)
					bh_buf_addc(&reader->line, data[i]);
				continue;
			}
			print(reader, bh_buf_str(&reader->line));
			bh_buf_clear(&reader->line);
		}
	}
	fflush(stdout);
}

static bool is_same(int file, const char *path)
{
	struct stat ours, there;

	return !fstat(file, &ours) && !stat(path, &there) && ours.st_ino == there.st_ino;
}

/* A file that is full gets another name: it is read to its end, then the new one from its start. */
static void follow(struct reader *reader, const char *run, const char *path, int file)
{
	char changes[4096];
	int notify = inotify_init1(IN_CLOEXEC);

	if (notify < 0 || inotify_add_watch(notify, run, IN_MODIFY | IN_CREATE | IN_MOVED_FROM) < 0)
		goto out;
	do {
		if (file >= 0)
			read_on(reader, file);
		if (file < 0 || !is_same(file, path)) {
			int next = open(path, O_RDONLY | O_CLOEXEC);
			if (next >= 0 && file >= 0) {
				read_on(reader, file);
				close(file);
			}
			if (next >= 0) {
				file = next;
				read_on(reader, file);
			}
		}
	} while (!ferror(stdout) && read(notify, changes, sizeof(changes)) > 0);
out:
	if (notify >= 0)
		close(notify);
	if (file >= 0)
		close(file);
}

/* The newer file, or -1; -1 in *before: there is no older one. */
static int open_both(const char *path, const char *old, int *before)
{
	for (;;) {
		int file = open(path, O_RDONLY | O_CLOEXEC);

		if (file >= 0)
			flock(file, LOCK_SH);
		*before = open(old, O_RDONLY | O_CLOEXEC);
		if (file < 0)
			return file;
		if (is_same(file, path)) {
			flock(file, LOCK_UN);
			return file;
		}
		/* It was full in between. */
		close(file);
		if (*before >= 0)
			close(*before);
	}
}

static int run_events(const struct bh_args *args)
{
	struct reader reader = {.vm = args->count ? args->values[0] : NULL, .json = args->json};
	char *run = bh_run_path(), *path = bh_events_path(run), *old = bh_events_old_path(run);
	bool follows = bh_switch(args, "follow");
	int before, file;

	/* Who writes holds the newer one while both change: they are opened as of one moment. */
	file = open_both(path, old, &before);
	if (before >= 0) {
		read_on(&reader, before);
		close(before);
	}
	if (file >= 0)
		read_on(&reader, file);
	if (follows)
		follow(&reader, run, path, file);
	else if (file >= 0)
		close(file);
	bh_buf_finish(&reader.line);
	free(old);
	free(path);
	free(run);
	return BH_EXIT_OK;
}

const struct bh_verb bh_verb_events = {
	.name = "events",
	.summary = "Show what happened to VMs: starts, ends and why, restarts, refusals, faults",
	.description = "Prints one line an event: seconds since the host booted, the VM, what "
		       "happened. With "
		       "*--json* each line is an object. Events are kept in the run directory, "
		       "which a boot "
		       "empties; of very many, the last few thousand.\n\n"
		       "*started* its monitor answers; *ready* the guest says so, or nobody waits "
		       "for its word; "
		       "*late* it did not in time; *rebooted* the guest began anew by itself; "
		       "*ended* and why; "
		       "*restarted* by its policy; *gave-up* the policy leaves it down; *stopped* "
		       "by a person; "
		       "*paused*, *resumed*; *refused* SCMI calls; *fault* a device reached for "
		       "memory that is "
		       "not the VM's; *balloon*; *usb* a device was plugged in that a rule of the "
		       "VM names.",
	.options =
		(const struct bh_option[]){
			{.name = "follow", .letter = 'f', .help = "Go on as they happen"},
			{.name = NULL}},
	.positionals =
		(const struct bh_positional[]){{.name = "VM", .optional = true}, {.name = NULL}},
	.json = true,
	.run = run_events,
};
