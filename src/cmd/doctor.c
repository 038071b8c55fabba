/* SPDX-License-Identifier: Apache-2.0 */
#include "host/doctor.h"
#include "cmd/report.h"
#include "cmd/verb.h"

#include <unistd.h>

static const char *paint(enum bh_outcome outcome)
{
	static const char *const colours[] = {"\033[32m", "\033[36m", "\033[33m", "\033[31m"};

	return colours[outcome];
}

static void print_finding(const struct bh_doctor_check *check, const struct bh_finding *finding,
			  bool colour)
{
	printf("%s%-8s%s%-16s %s\n", colour ? paint(finding->outcome) : "",
	       bh_outcome_name(finding->outcome), colour ? "\033[0m" : "", check->name,
	       finding->found);
	if (finding->cause)
		printf("%25s%s (%s): %s\n", "", check->title, check->code, finding->cause);
	if (finding->mend)
		printf("%25smend: %s\n", "", finding->mend);
}

static json_t *finding_json(const struct bh_doctor_check *check, const struct bh_finding *finding)
{
	json_t *object = json_pack("{ssssssssss}", "name", check->name, "code", check->code,
				   "title", check->title, "outcome",
				   bh_outcome_name(finding->outcome), "found", finding->found);

	if (finding->cause)
		json_object_set_new(object, "cause", json_string(finding->cause));
	if (finding->mend)
		json_object_set_new(object, "mend", json_string(finding->mend));
	return object;
}

static int run(const struct bh_args *args)
{
	struct bh_host_facts facts;
	size_t counts[4] = {0};
	json_t *checks = json_array();

	bh_host_facts_probe(&facts);
	for (const struct bh_doctor_check *check = bh_doctor_checks; check->name; check++) {
		struct bh_finding finding = bh_doctor_run(check, &facts);

		counts[finding.outcome]++;
		if (args->json)
			json_array_append_new(checks, finding_json(check, &finding));
		else
			print_finding(check, &finding, bh_wants_colour(stdout));
		bh_finding_finish(&finding);
	}
	size_t failed = counts[BH_OUTCOME_FAIL], warned = counts[BH_OUTCOME_WARN];
	if (args->json)
		bh_print_json("bulkhead.doctor/1",
			      json_pack("{sbso}", "ready", !failed, "checks", checks));
	else if (failed)
		printf("\nNo VM can run here: %zu check%s failed.\n", failed,
		       failed == 1 ? "" : "s");
	else
		printf("\nVMs can run here%s.\n", warned ? ", with what the warnings say" : "");
	if (!args->json)
		json_decref(checks);
	return failed ? BH_EXIT_FAILED : BH_EXIT_OK;
}

const struct bh_verb bh_verb_doctor = {
	.name = "doctor",
	.summary = "Look whether this machine can run VMs, and say what is missing",
	.description = "Changes nothing. Each line is *ok*, *unknown*, *warn* (VMs run, some thing "
		       "that some of them need is missing) or *fail* (no VM can run). Exits 0 when "
		       "nothing failed, else 1. *bulkhead explain* CODE tells more about a line.",
	.json = true,
	.run = run,
};
