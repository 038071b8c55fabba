/* SPDX-License-Identifier: Apache-2.0 */
#include "host/events.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "host/rundir.h"
#include "machine/control.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A line is never longer: numbers, kind, VM, text. */
#define LINE_MAX_BYTES (BH_EVENT_TEXT_MAX + 128)

static const char *const names[BH_EVENT_KINDS] = {
	[BH_EVENT_STARTED] = "started", [BH_EVENT_READY] = "ready",
	[BH_EVENT_LATE] = "late",       [BH_EVENT_REBOOTED] = "rebooted",
	[BH_EVENT_ENDED] = "ended",     [BH_EVENT_RESTARTED] = "restarted",
	[BH_EVENT_GAVE_UP] = "gave-up", [BH_EVENT_STOPPED] = "stopped",
	[BH_EVENT_PAUSED] = "paused",   [BH_EVENT_RESUMED] = "resumed",
	[BH_EVENT_REFUSED] = "refused", [BH_EVENT_FAULT] = "fault",
	[BH_EVENT_BALLOON] = "balloon", [BH_EVENT_SERVER] = "server",
	[BH_EVENT_USB] = "usb",
};

const char *bh_event_name(enum bh_event_kind kind)
{
	return names[kind];
}

char *bh_events_path(const char *run)
{
	return bh_strf("%s/events", run);
}

char *bh_events_old_path(const char *run)
{
	return bh_strf("%s/events.old", run);
}

static uint64_t milliseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void bh_event_write(const struct bh_event *event, struct bh_buf *line)
{
	bh_buf_addf(line, "%" PRIu64 " %" PRIu64 " %s %s %s\n", event->uptime_ms, event->time_ms,
		    names[event->kind], *event->vm ? event->vm : "-", event->text);
}

/* Text may come from devices and guests: whatever could move a cursor or end a line is not kept. */
static void make_visible(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || (unsigned char)*text >= 0x7f)
			*text = '?';
	}
}

/* The file is full: what is to be kept of it goes to the older ones. Whoever dies in between leaves
 * events that are there twice. */
static int make_room(const char *path, const char *old)
{
	enum { LIMIT = 4 * BH_EVENTS_FILE_MAX };
	char *before = NULL, *now = NULL;
	size_t before_size = 0, size = 0;
	struct bh_buf all, kept;

	bh_buf_init(&all);
	bh_buf_init(&kept);
	int error = bh_file_read(path, LIMIT, &now, &size);
	if (!error && !bh_file_read(old, LIMIT, &before, &before_size))
		bh_buf_add(&all, before, before_size);
	if (!error) {
		bh_buf_add(&all, now, size);
		bh_events_trim(bh_buf_str(&all), all.length, BH_EVENTS_FILE_MAX + LINE_MAX_BYTES,
			       &kept);
		error = bh_file_write(old, bh_buf_str(&kept), kept.length, 0600);
	}
	/* Better the whole of this file than one that grows. */
	if ((error ? rename(path, old) : unlink(path)) != 0)
		error = -errno;
	else
		error = 0;
	free(now);
	free(before);
	bh_buf_finish(&kept);
	bh_buf_finish(&all);
	return error;
}

/* The file, locked, with room for one more line. A descriptor or a negative errno. */
static int open_locked(const char *path, const char *old)
{
	for (;;) {
		int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		struct stat ours, there;

		if (fd < 0)
			return -errno;
		/* Whoever had the lock before may have moved the file away. */
		if (flock(fd, LOCK_EX) || fstat(fd, &ours) || stat(path, &there) ||
		    ours.st_ino != there.st_ino) {
			close(fd);
			continue;
		}
		if (ours.st_size < (off_t)BH_EVENTS_FILE_MAX || make_room(path, old))
			return fd;
		close(fd);
	}
}

int bh_event_add(const char *run, enum bh_event_kind kind, const char *vm, const char *format, ...)
{
	struct bh_event event = {.kind = kind,
				 .uptime_ms = milliseconds(CLOCK_BOOTTIME),
				 .time_ms = milliseconds(CLOCK_REALTIME)};
	char *path = bh_events_path(run), *old = bh_events_old_path(run);
	struct bh_buf line;
	va_list args;

	snprintf(event.vm, sizeof(event.vm), "%s", vm ? vm : "");
	va_start(args, format);
	vsnprintf(event.text, sizeof(event.text), format, args);
	va_end(args);
	make_visible(event.text);
	bh_buf_init(&line);
	bh_event_write(&event, &line);
	int fd = open_locked(path, old);
	int error = fd < 0 ? fd : bh_write_all(fd, line.data, line.length);
	if (fd >= 0)
		close(fd);
	bh_buf_finish(&line);
	free(old);
	free(path);
	return error;
}

/* The next word; the rest begins after the space behind it. */
static bool take_word(const char **rest, char *word, size_t room)
{
	size_t length = strcspn(*rest, " ");

	if (!length || length >= room || !(*rest)[length])
		return false;
	memcpy(word, *rest, length);
	word[length] = '\0';
	*rest += length + 1;
	return true;
}

static bool take_number(const char **rest, uint64_t *value)
{
	char word[24];

	return take_word(rest, word, sizeof(word)) && bh_parse_u64(word, value);
}

bool bh_event_parse(struct bh_event *event, const char *line)
{
	char kind[16];

	*event = (struct bh_event){.kind = BH_EVENT_KINDS};
	if (!take_number(&line, &event->uptime_ms) || !take_number(&line, &event->time_ms) ||
	    !take_word(&line, kind, sizeof(kind)) ||
	    !take_word(&line, event->vm, sizeof(event->vm)) || strlen(line) > BH_EVENT_TEXT_MAX)
		return false;
	for (enum bh_event_kind k = 0; k < BH_EVENT_KINDS; k++) {
		if (!strcmp(names[k], kind))
			event->kind = k;
	}
	if (event->kind == BH_EVENT_KINDS)
		return false;
	if (!strcmp(event->vm, "-"))
		event->vm[0] = '\0';
	else if (!bh_vm_name_ok(event->vm))
		return false;
	memcpy(event->text, line, strlen(line) + 1);
	make_visible(event->text);
	return true;
}

void bh_event_why(int status, char *text, size_t room)
{
	static const char *const words[] = {
		[BH_VMM_OFF] = "the guest switched itself off",
		[BH_VMM_FAILED] = "the monitor could not go on",
		[BH_VMM_USAGE] = "the monitor refused its manifest",
		[BH_VMM_RESET] = "the guest asked to be started again",
		[BH_VMM_CRASHED] = "the guest crashed",
		[BH_VMM_STOPPED] = "stopped",
		[BH_VMM_REFUSED] = "the monitor made a system call that is refused to it",
		[BH_VMM_WATCHDOG] = "the guest fed its watchdog no more",
	};

	if (status >= 128)
		snprintf(text, room, "killed by signal %d", status - 128);
	else if (status >= 0 && (size_t)status < sizeof(words) / sizeof(words[0]))
		snprintf(text, room, "%s", words[status]);
	else
		snprintf(text, room, "exit code %d", status);
}
