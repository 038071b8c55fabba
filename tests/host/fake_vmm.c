/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands for bulkhead-vmm: reads the manifest, answers on the control socket, and behaves as the
 * manifest's kernel is called. Its log is its standard error: one line "boot" each time.
 */
#include "base/file.h"
#include "base/str.h"
#include "machine/control.h"
#include "machine/manifest.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool paused;
static char wanted[32] = "0"; /* what the balloon is to have */

/* Answers one request; returns what to exit with, or -1. */
static int answer(int fd, const struct bh_manifest *manifest, bool stubborn)
{
	char request[BH_CONTROL_REQUEST_MAX + 1] = "", text[256];
	ssize_t got = read(fd, request, sizeof(request) - 1);

	if (got <= 0)
		return -1;
	snprintf(text, sizeof(text), "ok\n");
	if (!strcmp(request, BH_CONTROL_STATUS "\n") && !strcmp(manifest->kernel, "balloon"))
		snprintf(text, sizeof(text),
			 "memory 268435456\nballoon.target %s\nballoon.given %s\n"
			 "balloon.limit 134217728\nballoon.reported 0\nok\n",
			 wanted, wanted);
	else if (!strcmp(request, BH_CONTROL_STATUS "\n"))
		snprintf(text, sizeof(text),
			 "vm %s\nstate %s\nisolation off\nvcpus %u\nscmi.refused 3\nok\n",
			 manifest->vm, paused ? "paused" : "running", manifest->vcpus);
	else if (bh_str_starts(request, BH_CONTROL_BALLOON " "))
		snprintf(wanted, sizeof(wanted), "%.*s",
			 (int)strcspn(request + strlen(BH_CONTROL_BALLOON " "), "\n"),
			 request + strlen(BH_CONTROL_BALLOON " "));
	else if (!strcmp(request, BH_CONTROL_PAUSE "\n"))
		paused = true;
	else if (!strcmp(request, BH_CONTROL_RESUME "\n"))
		paused = false;
	else if (strcmp(request, BH_CONTROL_STOP "\n") != 0 || stubborn)
		snprintf(text, sizeof(text), "error not today\n");
	bh_write_all(fd, text, strlen(text));
	return !strcmp(request, BH_CONTROL_STOP "\n") && !stubborn ? BH_VMM_STOPPED : -1;
}

/* How many lives this VM has had, by the lines of its log. */
static unsigned count_boots(const char *manifest)
{
	char path[256];
	char *text, *at;
	size_t size;
	unsigned boots = 0;

	snprintf(path, sizeof(path), "%.*slog", (int)(strrchr(manifest, '/') + 1 - manifest),
		 manifest);
	if (bh_file_read(path, 1 << 20, &text, &size))
		return 0;
	for (at = text; (at = strstr(at, "boot\n")); at++)
		boots++;
	free(text);
	return boots;
}

/* "meets-b": goes on once the VM b has started, too. */
static void meet(const char *manifest, const char *other)
{
	const char *vm = memrchr(manifest, '/', (size_t)(strrchr(manifest, '/') - manifest));
	char path[256];

	snprintf(path, sizeof(path), "%.*s%s/manifest", (int)(vm + 1 - manifest), manifest, other);
	while (!count_boots(path))
		usleep(2000);
}

int main(int argc, char **argv)
{
	static struct bh_manifest manifest;
	char *blob;
	size_t size;

	if (argc != 6 || strcmp(argv[2], "--control") != 0 || strcmp(argv[4], "--console") != 0 ||
	    !bh_str_starts(argv[3], "fd:") || bh_file_read(argv[1], 1 << 24, &blob, &size) ||
	    !bh_manifest_read(&manifest, blob, size, NULL))
		return BH_VMM_USAGE;
	fprintf(stderr, "boot\n");
	/* Who asks may be gone before the answer comes. */
	signal(SIGPIPE, SIG_IGN);

	const char *mood = manifest.kernel;
	int listener = atoi(argv[3] + 3);
	bool stubborn = !strcmp(mood, "stubborn"), silent = false;
	if (!strcmp(mood, "fails"))
		return BH_VMM_FAILED;
	if (bh_str_starts(mood, "meets-"))
		meet(argv[1], mood + strlen("meets-"));
	if (stubborn)
		signal(SIGTERM, SIG_IGN);

	for (;;) {
		int fd = accept(listener, NULL, NULL);
		if (fd < 0)
			return BH_VMM_FAILED;
		int code = silent ? -1 : answer(fd, &manifest, stubborn);
		close(fd);
		if (code >= 0)
			return code;
		if (!strcmp(mood, "crashes"))
			return BH_VMM_CRASHED;
		if (!strcmp(mood, "crashes-twice") && count_boots(argv[1]) <= 2)
			return BH_VMM_CRASHED;
		if (!strcmp(mood, "goes-off"))
			return BH_VMM_OFF;
		if (!strcmp(mood, "falls-silent"))
			silent = true;
	}
}
