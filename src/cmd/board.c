/* SPDX-License-Identifier: Apache-2.0 */
/* board list; board probe: what the running board knows and its tree does not. */
#include "plan/board.h"
#include "cmd/report.h"
#include "cmd/session.h"
#include "cmd/verb.h"
#include "plan/snapshot.h"

#include <stdio.h>
#include <string.h>

static int probe(const struct bh_args *args)
{
	struct bh_buf text = {0};

	bh_snapshot_probe(bh_arg(args, "root", ""), &text);
	bh_session_add_usb(bh_arg(args, "root", ""), &text);
	if (args->json)
		bh_print_json("bulkhead.board.probe/1",
			      json_pack("{ss}", "snapshot", bh_buf_str(&text)));
	else
		fputs(bh_buf_str(&text), stdout);
	bh_buf_finish(&text);
	return BH_EXIT_OK;
}

/* The name in a data file's text; "" for layers that are no board. */
static void title(const struct bh_board_file *file, char *text, size_t room)
{
	const char *line = strstr(file->text, "name = \"");

	text[0] = 0;
	if (line && (line == file->text || line[-1] == '\n'))
		snprintf(text, room, "%.*s", (int)strcspn(line + 8, "\""), line + 8);
}

static int list(const struct bh_args *args)
{
	json_t *rows = args->json ? json_array() : NULL;

	for (const struct bh_board_file *file = bh_board_files; file->name; file++) {
		char name[80];

		title(file, name, sizeof(name));
		if (!name[0])
			continue;
		if (rows)
			json_array_append_new(
				rows, json_pack("{ss ss}", "file", file->name, "name", name));
		else
			printf("%-20s %s\n", file->name, name);
	}
	if (rows)
		bh_print_json("bulkhead.board.list/1", json_pack("{so}", "boards", rows));
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

static const struct bh_verb verb_list = {
	.name = "list",
	.summary = "List the boards whose data is built in",
	.description =
		"The file is chosen by the tree; `name` in [board] or *--board* overrule it.",
	.json = true,
	.run = list,
};

static const struct bh_verb *const verbs[] = {&verb_list, &verb_probe, NULL};

const struct bh_verb bh_verb_board = {
	.name = "board",
	.summary = "The board itself",
	.verbs = verbs,
};
