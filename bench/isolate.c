/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What isolation adds to the start of a VM: a process in namespaces of its own that confines itself
 * as a VMM does, beside the same process without. CPU time is that of the process and of the one
 * that starts it; memory is what the process alone keeps resident.
 */
#include "bench.h"

#include "base/proc.h"
#include "vmm/sandbox/sandbox.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS    41
#define THREADS 4 /* two vCPUs, a disk, the loop */

#define NAMESPACES                                                                                 \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | \
	 CLONE_NEWCGROUP)

/* Held by the first thread: the others wait here until the process ends. */
static pthread_mutex_t never = PTHREAD_MUTEX_INITIALIZER;

static void *be_a_thread(void *sandbox)
{
	bh_sandbox_thread(sandbox, BH_THREAD_VCPU);
	pthread_mutex_lock(&never);
	return NULL;
}

/* The stand-in for a VMM: its threads, with or without what confines them. */
static int stand_in(bool isolated)
{
	struct bh_log log = {.fd = STDERR_FILENO, .level = BH_LOG_INFO, .name = "bench"};
	static struct bh_sandbox sandbox;
	pthread_t threads[THREADS - 1];
	struct bh_diags diags;
	uint64_t pages = 0;

	sandbox = (struct bh_sandbox){
		.on = isolated, .own_root = isolated, .log = &log, .has = BH_HAS_ALL};
	pthread_mutex_lock(&never);
	int statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	bh_diags_init(&diags);
	if (isolated && !bh_sandbox_process(&sandbox, &diags)) {
		fprintf(stderr, "bench: %s\n", diags.items[0].message);
		return 77;
	}
	for (int i = 0; i < THREADS - 1; i++) {
		bh_sandbox_expect(&sandbox);
		if (pthread_create(&threads[i], NULL, be_a_thread, &sandbox))
			return 1;
	}
	bh_sandbox_wait(&sandbox);
	bh_sandbox_thread(&sandbox, BH_THREAD_LOOP);
	/* Anonymous pages: what is not shared with other VMMs of the same program. */
	char text[128] = "";
	unsigned long size = 0, resident = 0, shared = 0;
	if (read(statm, text, sizeof(text) - 1) > 0 &&
	    sscanf(text, "%lu %lu %lu", &size, &resident, &shared) == 3)
		pages = resident - shared;
	(void)!write(STDOUT_FILENO, &pages, sizeof(pages));
	syscall(SYS_exit_group, 0);
	return 0;
}

static int map_user(void *owner, pid_t pid)
{
	static const char *const files[] = {"setgroups", "gid_map", "uid_map"};
	char texts[3][32] = {"deny"};

	(void)owner;
	snprintf(texts[1], sizeof(texts[1]), "0 %u 1", getegid());
	snprintf(texts[2], sizeof(texts[2]), "0 %u 1", geteuid());
	for (size_t i = 0; i < 3; i++) {
		const char *text = texts[i];
		char path[64];
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, files[i]);
		int fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, text, strlen(text)) < 0)
			return -1;
		close(fd);
	}
	return 0;
}

struct cost {
	double milliseconds, kilobytes;
};

static double cpu_of(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static struct cost run(const char *program, bool isolated)
{
	const char *const argv[] = {program, isolated ? "isolated" : "plain", NULL};
	double before = cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN);
	uint64_t pages = 0;
	int out[2], status;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC))
		bench_die("no pipe", "");
	const struct bh_spawn how = {.argv = argv,
				     .in = BH_FD_NULL,
				     .out = out[1],
				     .err = BH_FD_INHERIT,
				     .namespaces = isolated ? NAMESPACES : 0,
				     .prepare = isolated ? map_user : NULL};
	if (bh_spawn(&how, &pid))
		exit(77);
	close(out[1]);
	if (read(out[0], &pages, sizeof(pages)) != (ssize_t)sizeof(pages) ||
	    bh_wait(pid, &status) || status)
		exit(77);
	close(out[0]);
	return (struct cost){cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN) - before,
			     (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024};
}

int main(int argc, char **argv)
{
	double times[2][RUNS], sizes[2][RUNS];
	char figure[32], peer[32];

	if (argc > 1)
		return stand_in(!strcmp(argv[1], "isolated"));
	for (int i = 0; i < RUNS; i++) {
		for (int isolated = 0; isolated < 2; isolated++) {
			struct cost cost = run("/proc/self/exe", isolated);
			times[isolated][i] = cost.milliseconds;
			sizes[isolated][i] = cost.kilobytes;
		}
	}
	for (int i = 0; i < 2; i++) {
		double with = bench_median(i ? sizes[1] : times[1], RUNS);
		double without = bench_median(i ? sizes[0] : times[0], RUNS);
		snprintf(figure, sizeof(figure), "+%.2f %s", with - without, i ? "KB" : "ms");
		snprintf(peer, sizeof(peer), "without %.2f %s", without, i ? "KB" : "ms");
		bench_result(i ? "isolation: memory of a VMM's own" : "isolation: CPU to start",
			     figure, peer, with / without);
	}
	return 0;
}
