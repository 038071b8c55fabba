/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/load.h"
#include "cmd/report.h"
#include "cmd/verb.h"
#include "config/schema.h"
#include "config/show.h"

static const char *file_of(const struct bh_args *args)
{
	return bh_arg(args, "config", BH_CONFIG_FILE);
}

static void say_what_is_there(const char *file, const struct bh_partition *partition)
{
	printf("%s: %zu VM%s, %zu network%s", file, partition->vms.count,
	       partition->vms.count == 1 ? "" : "s", partition->nets.count,
	       partition->nets.count == 1 ? "" : "s");
	if (partition->files.count > 1)
		printf(", %zu drop-in%s", partition->files.count - 1,
		       partition->files.count == 2 ? "" : "s");
	puts(": no errors");
}

static int check(const struct bh_args *args)
{
	struct bh_partition partition;
	struct bh_diags diags;

	bh_diags_init(&diags);
	int error = bh_partition_read(&partition, file_of(args), &diags);
	if (args->json) {
		bh_print_json(
			"bulkhead.config.check/1",
			json_pack("{sbso}", "valid", !error, "diagnostics", bh_diags_json(&diags)));
	} else {
		bh_print_diags(&diags);
		if (!error)
			say_what_is_there(file_of(args), &partition);
	}
	bh_diags_finish(&diags);
	bh_partition_finish(&partition);
	return error ? BH_EXIT_USAGE : BH_EXIT_OK;
}

static int show(const struct bh_args *args)
{
	struct bh_partition partition;
	struct bh_diags diags;
	bool origin = bh_switch(args, "origin");
	int error;

	bh_diags_init(&diags);
	error = bh_partition_read(&partition, file_of(args), &diags);
	if (error && args->json)
		bh_print_json("bulkhead.config.show/1",
			      json_pack("{so}", "diagnostics", bh_diags_json(&diags)));
	else
		bh_print_diags(&diags);
	bh_diags_finish(&diags);
	if (error) {
		bh_partition_finish(&partition);
		return BH_EXIT_USAGE;
	}
	if (args->json) {
		bh_print_json("bulkhead.config.show/1", bh_partition_json(&partition, origin));
	} else {
		struct bh_buf text = {0};
		bh_partition_show(&partition, origin, &text);
		fputs(bh_buf_str(&text), stdout);
		bh_buf_finish(&text);
	}
	bh_partition_finish(&partition);
	return BH_EXIT_OK;
}

static int schema(const struct bh_args *args)
{
	if (bh_switch(args, "markdown")) {
		struct bh_buf text = {0};
		bh_schema_markdown(&text);
		fputs(bh_buf_str(&text), stdout);
		bh_buf_finish(&text);
	} else {
		json_t *object = bh_schema_json();
		json_dumpf(object, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(object);
	}
	return BH_EXIT_OK;
}

static const struct bh_option check_options[] = {BH_CONFIG_OPTION, {0}};

static const struct bh_option show_options[] = {
	BH_CONFIG_OPTION,
	{.name = "origin", .help = "Say for each value which file and line it comes from"},
	{0},
};

static const struct bh_option schema_options[] = {
	{.name = "markdown", .help = "Print the reference for people instead"},
	{0},
};

static const struct bh_verb verb_check = {
	.name = "check",
	.summary = "Check a configuration and its drop-ins",
	.description = "Reads the file and those of its drop-in folder. Nothing else is looked at: "
		       "whether a device exists is what *bulkhead plan* tells.",
	.options = check_options,
	.json = true,
	.run = check,
};

static const struct bh_verb verb_show = {
	.name = "show",
	.summary = "Print the effective configuration, defaults included",
	.options = show_options,
	.json = true,
	.run = show,
};

static const struct bh_verb verb_schema = {
	.name = "schema",
	.summary = "Print what may stand in a configuration, as JSON Schema",
	.options = schema_options,
	.run = schema,
};

static const struct bh_verb *const verbs[] = {&verb_check, &verb_show, &verb_schema, NULL};

const struct bh_verb bh_verb_config = {
	.name = "config",
	.summary = "Check and show the configuration",
	.verbs = verbs,
};
