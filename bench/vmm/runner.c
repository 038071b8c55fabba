/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner RAM-KIB COMMAND...: runs a VMM on the board with the guest of guest.c on its standard
 * input and output, and prints what was measured, one "NAME VALUE" a line: before-clock NS   from
 * exec until the guest's clock began: the part that a VMM has a say in boot NS           from exec
 * to the guest's first line resident KIB      of the VMM, without its largest mapping of RAM-KIB:
 * the guest's memory exits N           to KVM, until then and what the guest says about its disk.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static unsigned long resident(pid_t pid, unsigned long ram)
{
	char path[64], line[512];
	unsigned long size = 0, value, sum = 0;

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Size: %lu", &value) == 1)
			size = value;
		else if (sscanf(line, "Rss: %lu", &value) == 1 && size != ram)
			sum += value;
	}
	if (file)
		fclose(file);
	return sum;
}

static unsigned long exits(void)
{
	unsigned long value = 0;
	FILE *file = fopen("/sys/kernel/debug/kvm/exits", "r");

	if (file) {
		if (fscanf(file, "%lu", &value) != 1)
			value = 0;
		fclose(file);
	}
	return value;
}

int main(int argc, char **argv)
{
	int in[2], out[2];
	char line[256];
	unsigned long before = exits();

	if (argc < 3 || pipe(in) < 0 || pipe(out) < 0)
		return 2;
	uint64_t begun = now();
	pid_t pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execv(argv[2], argv + 2);
		_exit(127);
	}
	close(out[1]);
	FILE *said = fdopen(out[0], "r");
	while (fgets(line, sizeof(line), said)) {
		unsigned long long clock;
		uint64_t came = now();

		line[strcspn(line, "\r\n")] = '\0';
		if (sscanf(line, "ready %llu", &clock) == 1) {
			printf("before-clock %llu\n", (unsigned long long)(came - begun) - clock);
			printf("boot %llu\n", (unsigned long long)(came - begun));
			printf("resident %lu\n", resident(pid, strtoul(argv[1], NULL, 10)));
			printf("exits %lu\n", exits() - before);
			if (write(in[1], "\n", 1) != 1)
				return 1;
		} else if (!strncmp(line, "sequential ", 11) || !strncmp(line, "random ", 7)) {
			puts(line);
		} else if (!strcmp(line, "end")) {
			printf("resident-used %lu\n", resident(pid, strtoul(argv[1], NULL, 10)));
		}
	}
	waitpid(pid, NULL, 0);
	printf("exits-all %lu\n", exits() - before);
	return 0;
}
