/* SPDX-License-Identifier: Apache-2.0 */
/* board probe: what the running board knows and its tree does not. */
#include "cmd/report.h"
#include "cmd/verb.h"
#include "plan/snapshot.h"

#include <stdio.h>

static int probe(const struct bh_args *args)
{
	struct bh_buf text = {0};

	bh_snapshot_probe(bh_arg(args, "root", ""), &text);
	if (args->json)
		bh_print_json("bulkhead.board.probe/1",
			      json_pack("{ss}", "snapshot", bh_buf_str(&text)));
	else
		fputs(bh_buf_str(&text), stdout);
	bh_buf_finish(&text);
	return BH_EXIT_OK;
}

static const struct bh_option options[] = {
	{.name = "root",
	 .argument = "FOLDER",
	 .help = "Read sys and proc below FOLDER",
	 .complete = BH_COMPLETE_DIRECTORY},
	{0},
};

static const struct bh_verb verb_probe = {
	.name = "probe",
	.summary = "Print what the running host knows: clock rates, IOMMU groups, addresses",
	.description = "Run it as root on the board, with debugfs mounted on /sys/kernel/debug; "
		       "`snapshot` in [board] or *--snapshot* give it to the planner.",
	.options = options,
	.json = true,
	.run = probe,
};

static const struct bh_verb *const verbs[] = {&verb_probe, NULL};

const struct bh_verb bh_verb_board = {
	.name = "board",
	.summary = "The board itself",
	.verbs = verbs,
};
