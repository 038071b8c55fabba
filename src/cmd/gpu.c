/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead gpu`: runs bulkhead-gpu, which alone is linked to a code generator. */
#include "cmd/report.h"
#include "cmd/verb.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "bulkhead-gpu"

/* Beside this program, where both were installed or built; else wherever PATH finds it. */
static void run_program(char **argv)
{
	static const char *const places[] = {"", "../gpu/server/"};
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	for (size_t i = 0; length > 0 && i < sizeof(places) / sizeof(places[0]); i++) {
		char *slash, *path;

		self[length] = 0;
		slash = strrchr(self, '/');
		path = bh_strf("%.*s/%s" PROGRAM, (int)(slash - self), self, places[i]);
		execv(path, argv);
		free(path);
	}
	execvp(PROGRAM, argv);
}

static int run(const struct bh_args *args)
{
	char **argv = bh_alloc((args->count + 2) * sizeof(*argv));
	struct bh_diags diags = {0};

	argv[0] = (char *)PROGRAM;
	for (size_t i = 0; i < args->count; i++)
		argv[1 + i] = (char *)args->values[i];
	fflush(NULL);
	run_program(argv);
	bh_diag_hint(bh_error(&diags, "E2003", "cannot run " PROGRAM ": %s", strerror(errno)),
		     "install the package that has it, or put it into PATH");
	bh_print_diags(&diags);
	bh_diags_finish(&diags);
	free(argv);
	return BH_EXIT_FAILED;
}

static const struct bh_positional positionals[] = {
	{.name = "ARGUMENT", .rest = true, .optional = true},
	{0},
};

const struct bh_verb bh_verb_gpu = {
	.name = "gpu",
	.summary = "Serve, record and replay the virtual GPU (runs bulkhead-gpu)",
	.description = "Everything behind *gpu* is given to *bulkhead-gpu*, the server of the "
		       "virtual GPU:\n"
		       "*serve --vtest SOCKET* draws for stock Mesa on this machine, *record* "
		       "keeps what a\n"
		       "client sends, *replay* and *screenshot* draw it again. *bulkhead gpu -- "
		       "--help* lists\n"
		       "them all.",
	.positionals = positionals,
	.run = run,
};
