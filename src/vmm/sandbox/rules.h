/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls that are left to a VMM's threads once the guest runs: one table a kind of
 * thread, one row a rule. What no row allows ends the VMM.
 */
#ifndef BH_VMM_SANDBOX_RULES_H
#define BH_VMM_SANDBOX_RULES_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

enum bh_thread {
	BH_THREAD_LOOP, /* the main thread: events, control socket, consoles, network */
	BH_THREAD_VCPU,
	BH_THREAD_DISK, /* a queue of a disk */
	BH_THREADS,
};

/* Parts of a VM that need more than a VM without them. */
enum {
	BH_HAS_TAP = 1 << 0,
	BH_HAS_VHOST_NET = 1 << 1,
	BH_HAS_VSOCK = 1 << 2,
	BH_HAS_VFIO = 1 << 3,
	BH_HAS_CONTROLS = 1 << 4, /* SCMI upon bulkhead.ko */
	BH_HAS_PCI = 1 << 5,
	BH_HAS_VHOST_USER = 1 << 6,
	BH_HAS_VFIO_PCI = 1 << 7,
	BH_HAS_BALLOON = 1 << 8,
	BH_HAS_NET_PAIRS = 1 << 9, /* of a network's queues, by vhost */
	BH_HAS_NET_LOOP = 1 << 10, /* a network whose packets the event loop moves */
	BH_HAS_ALL = (1 << 11) - 1,
};

/* An argument's low half, masked, must have this value. */
struct bh_rule {
	const char *name; /* "ioctl KVM_RUN" */
	int call;
	int argument; /* -1: all arguments are allowed */
	uint32_t mask, value;
	unsigned needs; /* BH_HAS_...: any of these; 0: every VM */
	const char *why;
};

struct bh_rules {
	const char *thread; /* what such threads are called in messages */
	const struct bh_rule *rules;
	size_t count;
};

extern const struct bh_rules bh_rules[BH_THREADS];

/* Instructions of a program: at most six a rule, and a few around them. */
#define BH_FILTER_MAX (6 * 128 + 8)

/* No rule is left out. */
#define BH_FILTER_WHOLE SIZE_MAX

/* Prints the program of the rules that a VM with these parts needs, without rule number `without`.
 * Returns its length. */
size_t bh_filter_print(const struct bh_rules *rules, unsigned has, size_t without,
		       struct sock_filter program[BH_FILTER_MAX]);

/* How many rules a VM with these parts gets for a kind of thread. */
size_t bh_rules_count(const struct bh_rules *rules, unsigned has);

/* "openat", or NULL for calls that have no place in our table of names. */
const char *bh_call_name(int call);

#endif
