/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened to VMs, in the order in which it did: RUN/events, one line an event. Launchers and
 * verbs add to it. It is bounded: when it is full it goes to RUN/events.old, and a new one begins.
 * What has no room there any more are the oldest events of the VMs that have the most.
 */
#ifndef BH_HOST_EVENTS_H
#define BH_HOST_EVENTS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define BH_EVENTS_FILE_MAX (256u << 10) /* bytes; twice as much is kept */
#define BH_EVENT_TEXT_MAX  200

enum bh_event_kind {
	BH_EVENT_STARTED,   /* its VMM answers */
	BH_EVENT_READY,     /* the guest said so, or nobody waits for its word */
	BH_EVENT_LATE,      /* it did not become ready in time */
	BH_EVENT_REBOOTED,  /* the guest began anew, in the same VMM */
	BH_EVENT_ENDED,     /* text: why */
	BH_EVENT_RESTARTED, /* the policy starts it again; text: which time */
	BH_EVENT_GAVE_UP,   /* the policy leaves it down */
	BH_EVENT_STOPPED,   /* by a person or by systemd */
	BH_EVENT_PAUSED,
	BH_EVENT_RESUMED,
	BH_EVENT_REFUSED, /* text: how many SCMI calls */
	BH_EVENT_FAULT,   /* a device reached for memory that is not the VM's; text: which */
	BH_EVENT_BALLOON, /* text: what the guest is to have, or has */
	BH_EVENT_SERVER,  /* a process that serves one of its devices is gone, or back; text: which
			   */
	BH_EVENT_USB,     /* a device was plugged in that a rule of the VM names */
	BH_EVENT_KINDS,
};
const char *bh_event_name(enum bh_event_kind kind);

struct bh_event {
	enum bh_event_kind kind;
	uint64_t uptime_ms; /* since the host's boot */
	uint64_t time_ms;   /* since 1970 */
	char vm[64];        /* "" when it is no VM's */
	char text[BH_EVENT_TEXT_MAX + 1];
};

/* Adds one, now. 0 or a negative errno, which few have a use for. */
int bh_event_add(const char *run, enum bh_event_kind kind, const char *vm, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* One line of the file, without its end. False when it is none. */
bool bh_event_parse(struct bh_event *event, const char *line);
void bh_event_write(const struct bh_event *event, struct bh_buf *line);

/* Of lines of events, the newest: at most `limit` bytes, of which each VM has an equal share and
 * what others leave of theirs. */
void bh_events_trim(const char *text, size_t size, size_t limit, struct bh_buf *kept);

/* Where the events of a run directory lie; the caller frees both. */
char *bh_events_path(const char *run);
char *bh_events_old_path(const char *run);

/* How a VMM ended, in words: "the guest switched itself off", "killed by signal 9". */
void bh_event_why(int status, char *text, size_t room);

#endif
