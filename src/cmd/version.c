/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/report.h"
#include "cmd/verb.h"

static int run(const struct bh_args *args)
{
	if (args->json)
		bh_print_json("bulkhead.version/1", json_pack("{ss}", "version", BH_VERSION));
	else
		puts("bulkhead " BH_VERSION);
	return BH_EXIT_OK;
}

const struct bh_verb bh_verb_version = {
	.name = "version",
	.summary = "Print the version",
	.json = true,
	.run = run,
};
