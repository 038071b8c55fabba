/* SPDX-License-Identifier: Apache-2.0 */
/* The filter of one thread, and what is said of a call that it refuses. */
#include "vmm/sandbox/sandbox.h"

#include "machine/control.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

/* A signal's handler is given nothing but the signal: what it must know lies with the thread. */
static _Thread_local struct {
	const struct bh_sandbox *sandbox;
	const char *kind;
	char name[16];
	bool telling;
} self;

/* Adds text to a line; nothing here takes a lock or memory. */
static size_t add(char *line, size_t at, size_t room, const char *text)
{
	size_t length = strlen(text);

	if (length > room - at)
		length = room - at;
	memcpy(line + at, text, length);
	return at + length;
}

static const char *to_text(char text[24], unsigned long number, unsigned base)
{
	char *at = text + 23;

	*at = '\0';
	do {
		*--at = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	return at;
}

/* "net: error: thread vcpu0 (vcpu): refused: system call ioctl, request 0xae80" */
static void tell(int call, unsigned long argument)
{
	const char *name = bh_call_name(call);
	char line[256], number[24];
	size_t room = sizeof(line) - 1;
	size_t at = add(line, 0, room, self.sandbox->log->name);

	at = add(line, at, room, ": error: thread ");
	at = add(line, at, room, self.name);
	at = add(line, at, room, " (");
	at = add(line, at, room, self.kind);
	at = add(line, at, room, "): refused: system call ");
	at = add(line, at, room, name ? name : to_text(number, (unsigned)call, 10));
	if (call == SYS_ioctl) {
		at = add(line, at, room, ", request 0x");
		at = add(line, at, room, to_text(number, argument, 16));
	}
	line[at++] = '\n';
	(void)!write(self.sandbox->log->fd, line, at);
}

static unsigned long second_argument(const ucontext_t *context)
{
#ifdef __aarch64__
	return context->uc_mcontext.regs[1];
#else
	return (unsigned long)context->uc_mcontext.gregs[REG_RSI];
#endif
}

static void on_refused(int number, siginfo_t *info, void *context)
{
	(void)number;
	/* Not even the line could be written. */
	if (self.telling || !self.sandbox)
		__builtin_trap();
	self.telling = true;
	tell(info->si_syscall, second_argument(context));
	self.telling = false;
	if (self.sandbox->refused)
		self.sandbox->refused();
	self.telling = true;
	/* Not libc's, which may be one that has more to do. */
	syscall(SYS_exit_group, BH_VMM_REFUSED);
}

/* Of the whole process; the first thread comes first. */
static bool handle_refusals(void)
{
	/* A refused call in the handler must reach the handler again, which then knows. */
	struct sigaction action = {.sa_sigaction = on_refused, .sa_flags = SA_SIGINFO | SA_NODEFER};

	return sigaction(SIGSYS, &action, NULL) == 0;
}

void bh_sandbox_expect(struct bh_sandbox *sandbox)
{
	if (sandbox && sandbox->on)
		atomic_fetch_add(&sandbox->awaited, 1);
}

static bool load(const struct bh_sandbox *sandbox, enum bh_thread kind)
{
	struct sock_filter program[BH_FILTER_MAX];
	struct sock_fprog loaded = {.filter = program};
	size_t without =
		sandbox->weakened && sandbox->weak == kind ? sandbox->without : BH_FILTER_WHOLE;

	loaded.len =
		(unsigned short)bh_filter_print(&bh_rules[kind], sandbox->has, without, program);
	/* FLAG_LOG: the host's audit log has refused calls too. */
	return handle_refusals() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &loaded) == 0;
}

void bh_sandbox_thread(struct bh_sandbox *sandbox, enum bh_thread kind)
{
	if (!sandbox || !sandbox->on)
		return;
	self.sandbox = sandbox;
	self.kind = bh_rules[kind].thread;
	prctl(PR_GET_NAME, self.name);
	if (!load(sandbox, kind)) {
		bh_log(sandbox->log, BH_LOG_ERROR, "thread %s cannot be confined: %s", self.name,
		       strerror(errno));
		_exit(BH_VMM_FAILED);
	}
	atomic_fetch_add(&sandbox->inside, 1);
}

void bh_sandbox_wait(const struct bh_sandbox *sandbox)
{
	while (sandbox->on && atomic_load(&sandbox->inside) < atomic_load(&sandbox->awaited))
		sched_yield();
}
