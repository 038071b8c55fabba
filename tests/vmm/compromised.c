/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VMM that turns against its host once it is confined. Linked in place of bh_sandbox_thread(),
 * which is bh_sandbox_confine() here, and otherwise the VMM as it is. What it does depends on
 * $BULKHEAD_TEST:
 *
 *   attempts            each kind of thread makes every attempt (attempts.c) and goes on
 *   attempts-unfiltered the same without filters of system calls: what is left must hold alone
 *   count               which rules were used, one line each at the end
 *   without KIND N      the rule is missing
 */
#include "vmm/attempts.h"
#include "vmm/sandbox/sandbox.h"

#include "base/str.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

void bh_sandbox_confine(struct bh_sandbox *sandbox, enum bh_thread kind);

static _Thread_local jmp_buf after_refusal;

static void refused(void)
{
	longjmp(after_refusal, 1);
}

static void make_attempt(const struct bh_sandbox *sandbox, enum bh_thread kind,
			 const struct attempt *a)
{
	if (setjmp(after_refusal)) {
		bh_log(sandbox->log, BH_LOG_INFO, "attempt %s by %s: refused", a->name,
		       bh_rules[kind].thread);
		return;
	}
	bool failed = a->act() < 0;
	bh_log(sandbox->log, BH_LOG_INFO, "attempt %s by %s: %s", a->name, bh_rules[kind].thread,
	       failed ? "failed" : "SUCCEEDED");
}

static void make_attempts(const struct bh_sandbox *sandbox, enum bh_thread kind, bool filtered)
{
	for (const struct attempt *a = attempts; a->name; a++) {
		if (filtered || a->alone)
			make_attempt(sandbox, kind, a);
	}
}

/* Rules are counted by a thread that the kernel asks about each call, and that allows all. */
static struct counter {
	const struct bh_sandbox *sandbox;
	enum bh_thread kind;
	int listener;
	unsigned long used[128];
} counters[32];
static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static unsigned counter_count;

static const struct bh_rule *matching(const struct counter *counter,
				      const struct seccomp_data *data, size_t *index)
{
	const struct bh_rules *rules = &bh_rules[counter->kind];

	for (size_t i = 0; i < rules->count; i++) {
		const struct bh_rule *rule = &rules->rules[i];

		*index = i;
		if (rule->call == data->nr &&
		    (rule->argument < 0 ||
		     ((uint32_t)data->args[rule->argument] & rule->mask) == rule->value))
			return rule;
	}
	return NULL;
}

static void print_counts(const struct bh_sandbox *sandbox)
{
	for (enum bh_thread kind = 0; kind < BH_THREADS; kind++) {
		for (size_t i = 0; i < bh_rules[kind].count; i++) {
			const struct bh_rule *rule = &bh_rules[kind].rules[i];
			unsigned long used = 0;

			for (unsigned c = 0; c < counter_count; c++)
				used += counters[c].kind == kind ? counters[c].used[i] : 0;
			bh_log(sandbox->log, BH_LOG_INFO, "rule %s %s: %s %lu",
			       bh_rules[kind].thread, rule->name,
			       rule->needs && !(rule->needs & sandbox->has) ? "not for this VM"
			       : used                                       ? "used"
									    : "UNUSED",
			       used);
		}
	}
}

static void *count_calls(void *argument)
{
	struct counter *counter = argument;

	for (;;) {
		struct seccomp_notif asked = {0};
		struct seccomp_notif_resp answer = {0};
		size_t index;

		if (ioctl(counter->listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0) {
			if (errno == EINTR || errno == ENOENT)
				continue;
			return NULL;
		}
		if (matching(counter, &asked.data, &index))
			counter->used[index]++;
		if (asked.data.nr == SYS_exit_group)
			print_counts(counter->sandbox);
		answer.id = asked.id;
		answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		(void)ioctl(counter->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

/* The thread that counts must exist before its subject is confined, and wait for the listener. */
static void *start_counting(void *argument)
{
	struct counter *counter = argument;

	while (__atomic_load_n(&counter->listener, __ATOMIC_ACQUIRE) < 0)
		sched_yield();
	return count_calls(counter);
}

static void confine_and_count(struct bh_sandbox *sandbox, enum bh_thread kind)
{
	struct sock_filter program[BH_FILTER_MAX];
	struct sock_fprog loaded = {.filter = program};
	struct counter *counter;
	pthread_t thread;

	pthread_mutex_lock(&counting);
	counter = &counters[counter_count++];
	pthread_mutex_unlock(&counting);
	*counter = (struct counter){.sandbox = sandbox, .kind = kind, .listener = -1};
	if (pthread_create(&thread, NULL, start_counting, counter))
		abort();
	loaded.len = (unsigned short)bh_filter_print(&bh_rules[kind], sandbox->has, BH_FILTER_WHOLE,
						     program);
	for (size_t i = 1; i < loaded.len; i++) {
		/* A signal may end before the listener is known. */
		if (program[i].code == (BPF_RET | BPF_K) && program[i].k == SECCOMP_RET_ALLOW &&
		    program[i - 1].k != SYS_rt_sigreturn)
			program[i].k = SECCOMP_RET_USER_NOTIF;
	}
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	atomic_fetch_add(&sandbox->inside, 1);
	int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				    SECCOMP_FILTER_FLAG_NEW_LISTENER, &loaded);
	__atomic_store_n(&counter->listener, listener, __ATOMIC_RELEASE);
}

static void leave_out(struct bh_sandbox *sandbox, const char *which)
{
	char thread[16];
	unsigned number;

	if (sscanf(which, "%15s %u", thread, &number) != 2)
		abort();
	for (enum bh_thread kind = 0; kind < BH_THREADS; kind++) {
		if (strcmp(bh_rules[kind].thread, thread) != 0)
			continue;
		sandbox->weak = kind;
		sandbox->without = number;
		sandbox->weakened = true;
	}
}

void bh_sandbox_thread(struct bh_sandbox *sandbox, enum bh_thread kind)
{
	const char *test = getenv("BULKHEAD_TEST");

	if (!sandbox || !sandbox->on)
		return;
	if (!test)
		test = "";
	if (!strcmp(test, "count")) {
		confine_and_count(sandbox, kind);
		return;
	}
	if (bh_str_starts(test, "without "))
		leave_out(sandbox, test + strlen("without "));
	bool unfiltered = !strcmp(test, "attempts-unfiltered");
	if (!unfiltered) {
		sandbox->refused = bh_str_starts(test, "attempts") ? refused : NULL;
		bh_sandbox_confine(sandbox, kind);
	}
	if (bh_str_starts(test, "attempts"))
		make_attempts(sandbox, kind, !unfiltered);
	if (unfiltered)
		atomic_fetch_add(&sandbox->inside, 1);
}
