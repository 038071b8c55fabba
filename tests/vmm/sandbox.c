/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a thread of the VMM can still do. Each attempt is made by a process of its own that has
 * confined itself as the VMM does: a refused call must end it, with a line in its log.
 */
#include "vmm/sandbox/sandbox.h"
#include "test.h"
#include "vmm/virtio/kinds.h"

#include "machine/control.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/attempts.h"

enum { RETURNED = 77 };

struct outcome {
	int status; /* as a shell has it */
	char log[512];
};

/* Runs `act` in a process that is confined like a thread of this kind. */
static struct outcome confined(struct bh_sandbox *sandbox, enum bh_thread kind,
			       void (*act)(const void *what), const void *what)
{
	struct outcome outcome = {0};
	int log[2], raw;

	assert_int_equal(pipe(log), 0);
	pid_t pid = fork();
	if (!pid) {
		struct bh_log to = {.fd = log[1], .level = BH_LOG_INFO, .name = "vm"};
		sandbox->log = &to;
		sandbox->on = true;
		prctl(PR_SET_NAME, "tester");
		bh_sandbox_thread(sandbox, kind);
		act(what);
		syscall(SYS_exit_group, RETURNED);
	}
	close(log[1]);
	ssize_t got = read(log[0], outcome.log, sizeof(outcome.log) - 1);
	outcome.log[got > 0 ? got : 0] = '\0';
	close(log[0]);
	assert_int_equal(waitpid(pid, &raw, 0), pid);
	outcome.status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
	return outcome;
}

static void attempt(const void *what)
{
	((const struct attempt *)what)->act();
}

static void every_attempt_ends_every_kind_of_thread_and_is_logged(void **state)
{
	(void)state;
	for (enum bh_thread kind = 0; kind < BH_THREADS; kind++) {
		for (const struct attempt *a = attempts; a->name; a++) {
			struct bh_sandbox sandbox = {.has = BH_HAS_ALL & ~a->part};
			struct outcome outcome = confined(&sandbox, kind, attempt, a);
			char want[128];

			snprintf(want, sizeof(want),
				 "vm: error: thread tester (%s): refused: ", bh_rules[kind].thread);
			if (outcome.status != BH_VMM_REFUSED ||
			    strncmp(outcome.log, want, strlen(want)) ||
			    !strstr(outcome.log, a->call))
				fail_msg("%s by %s: status %d, log \"%s\"", a->name,
					 bh_rules[kind].thread, outcome.status, outcome.log);
		}
	}
}

/* A call that the rule allows, with arguments that make it fail at once. */
static void use(const void *what)
{
	const struct bh_rule *rule = what;
	long arguments[6] = {-1, -1, -1, -1, -1, -1};

	switch (rule->call) {
	case SYS_exit_group:
		arguments[0] = RETURNED;
		break;
	case SYS_futex:
	case SYS_clock_gettime:
	case SYS_brk:
		arguments[0] = arguments[1] = 0;
		break;
	case SYS_rt_sigreturn:
		return;
	}
	if (rule->argument >= 0)
		arguments[rule->argument] = (int)rule->value;
	syscall(rule->call, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
		arguments[5]);
}

static bool is_kept(const struct bh_rule *rule)
{
	/* What confined() itself needs to tell how it went, and what ends in a crash. */
	return rule->call == SYS_exit_group || rule->call == SYS_write ||
	       rule->call == SYS_rt_sigreturn;
}

static void each_rule_allows_its_call_and_no_other_rule_does(void **state)
{
	(void)state;
	for (enum bh_thread kind = 0; kind < BH_THREADS; kind++) {
		for (size_t i = 0; i < bh_rules[kind].count; i++) {
			const struct bh_rule *rule = &bh_rules[kind].rules[i];
			struct bh_sandbox whole = {.has = BH_HAS_ALL};
			struct bh_sandbox less = {
				.has = BH_HAS_ALL, .weakened = true, .weak = kind, .without = i};

			if (is_kept(rule))
				continue;
			if (confined(&whole, kind, use, rule).status != RETURNED)
				fail_msg("%s is refused to %s", rule->name, bh_rules[kind].thread);
			if (confined(&less, kind, use, rule).status != BH_VMM_REFUSED)
				fail_msg("without its rule, %s is still allowed to %s", rule->name,
					 bh_rules[kind].thread);
		}
	}
}

static void a_vm_without_a_part_has_none_of_its_rules(void **state)
{
	(void)state;
	for (enum bh_thread kind = 0; kind < BH_THREADS; kind++) {
		for (size_t i = 0; i < bh_rules[kind].count; i++) {
			const struct bh_rule *rule = &bh_rules[kind].rules[i];
			struct bh_sandbox bare = {.has = 0};

			if (!is_kept(rule) && rule->needs)
				assert_int_equal(confined(&bare, kind, use, rule).status,
						 BH_VMM_REFUSED);
		}
	}
}

static void start_network(const void *device)
{
	struct bh_virtio *network = *(struct bh_virtio *const *)device;

	bh_virtio_set_status(network, BH_VIRTIO_ACKNOWLEDGE | BH_VIRTIO_DRIVER);
	network->accepted = BH_VIRTIO_F_VERSION_1;
	bh_virtio_set_status(network, 11);
	bh_virtio_set_status(network, 15);
	if (network->status != 15)
		syscall(SYS_exit_group, 1);
	bh_virtio_set_status(network, 0);
}

/* The loop moves its packets: the driver makes it listen, and no more. */
static void a_guest_may_start_and_stop_a_network(void **state)
{
	struct bh_manifest *manifest = calloc(1, sizeof(*manifest));
	struct bh_log log = {.fd = -1, .name = "test"};
	struct bh_sandbox sandbox = {0};
	struct bh_diags diags;
	struct bh_loop loop;
	struct bh_ram ram = {0};
	const struct bh_virtio_host host = {.ram = &ram, .loop = &loop, .log = &log};
	char name[16];
	int ends[2];

	(void)state;
	bh_diags_init(&diags);
	assert_int_equal(bh_loop_init(&loop), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	snprintf(name, sizeof(name), "fd:%d", ends[0]);
	manifest->virtio_count = 1;
	manifest->virtio[0] = (struct bh_manifest_virtio){
		.kind = BH_VIRTIO_NET, .name = "net0", .host = name, .backend = BH_NET_SOCKET};
	struct bh_virtio *device = bh_virtio_create(&manifest->virtio[0], &host, NULL, &diags);
	assert_non_null(device);
	sandbox.has = bh_sandbox_parts(manifest);
	struct outcome outcome = confined(&sandbox, BH_THREAD_VCPU, start_network, &device);
	if (outcome.status != RETURNED)
		fail_msg("status %d, log \"%s\"", outcome.status, outcome.log);
	device->ops->destroy(device);
	bh_loop_finish(&loop);
	close(ends[0]);
	close(ends[1]);
	free(manifest);
}

static void a_confined_process_has_no_files_and_no_capabilities(void **state)
{
	int raw;

	(void)state;
	pid_t pid = fork();
	if (!pid) {
		struct bh_sandbox sandbox = {.on = true};
		struct bh_diags diags;
		struct rlimit core;
		uint32_t header[2] = {0x20080522, 0}, capabilities[6];
		int failed = 0;

		bh_diags_init(&diags);
		failed |= !bh_sandbox_process(&sandbox, &diags) << 0;
		failed |= (syscall(SYS_capget, header, capabilities) || capabilities[0] ||
			   capabilities[1] || capabilities[3] || capabilities[4])
			  << 1;
		failed |= (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) << 2;
		failed |= (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) << 3;
		failed |= (getrlimit(RLIMIT_CORE, &core) || core.rlim_max) << 4;
		failed |= (sandbox.landlock && (open("/", O_RDONLY) >= 0 || errno != EACCES)) << 5;
		failed |= (sandbox.landlock &&
			   (open("/tmp/isolate.test", O_WRONLY | O_CREAT, 0600) >= 0))
			  << 6;
		_exit(failed);
	}
	assert_int_equal(waitpid(pid, &raw, 0), pid);
	assert_int_equal(raw, 0);
}

/* Without a namespace of its own, and without the right to make one. */
static void a_process_that_cannot_empty_its_root_is_e1060(void **state)
{
	int raw;

	(void)state;
	pid_t pid = fork();
	if (!pid) {
		struct bh_sandbox sandbox = {.on = true, .own_root = true};
		struct bh_diags diags;

		bh_diags_init(&diags);
		if (!geteuid() && setuid(65534))
			_exit(1);
		_exit(bh_sandbox_process(&sandbox, &diags) || sandbox.no_files ||
		      diags.errors != 1 || strcmp(diags.items[0].code, "E1060") != 0);
	}
	assert_int_equal(waitpid(pid, &raw, 0), pid);
	assert_int_equal(raw, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_attempt_ends_every_kind_of_thread_and_is_logged),
		cmocka_unit_test(each_rule_allows_its_call_and_no_other_rule_does),
		cmocka_unit_test(a_vm_without_a_part_has_none_of_its_rules),
		cmocka_unit_test(a_guest_may_start_and_stop_a_network),
		cmocka_unit_test(a_confined_process_has_no_files_and_no_capabilities),
		cmocka_unit_test(a_process_that_cannot_empty_its_root_is_e1060),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
