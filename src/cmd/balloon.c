/* SPDX-License-Identifier: Apache-2.0 */
/* balloon: how much of its memory a running VM is to keep. */
#include "cmd/report.h"
#include "cmd/vm.h"
#include "host/control.h"
#include "host/events.h"
#include "host/run.h"

#include "base/alloc.h"
#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MS 5000

static uint64_t number_of(const struct bh_facts *facts, const char *key)
{
	uint64_t value;

	return bh_parse_u64(bh_fact(facts, key, ""), &value) ? value : 0;
}

/* What the VM is to give for `keep` bytes to be left. */
static bool find_target(const char *vm, const struct bh_facts *facts, uint64_t keep,
			uint64_t *target, struct bh_diags *diags)
{
	uint64_t memory = number_of(facts, "memory"), limit = number_of(facts, "balloon.limit");
	char least[16], most[16];

	if (!bh_fact(facts, "balloon.limit", NULL)) {
		bh_diag_hint(bh_error(diags, "E1126", "VM %s has no balloon", vm),
			     "give it one with `balloon-floor` in [vm.%s], and start it again", vm);
		return false;
	}
	if (keep > memory || memory - keep > limit) {
		bh_format_size(memory - limit, least, sizeof(least));
		bh_format_size(memory, most, sizeof(most));
		bh_diag_hint(
			bh_error(diags, "E1126", "VM %s keeps between %s and %s", vm, least, most),
			"choose a size between these; the lower is its `balloon-floor`");
		return false;
	}
	*target = memory - keep;
	return true;
}

static bool ask(const char *control, const char *vm, const char *request, struct bh_facts *facts,
		struct bh_diags *diags)
{
	char *refusal = NULL;
	int error = bh_control_ask(control, request, ANSWER_MS, facts, &refusal);

	if (error)
		bh_diag_hint(bh_error(diags, "E1116", "VM %s does not answer: %s", vm,
				      refusal ? refusal : strerror(-error)),
			     "`bulkhead log %s` may say why", vm);
	free(refusal);
	return !error;
}

static bool set_balloon(const char *run, const char *vm, uint64_t keep, struct bh_diags *diags)
{
	char *control = bh_vm_path(run, vm, "control"), *request = NULL;
	struct bh_facts facts = {NULL, NULL, 0, 0}, none = {NULL, NULL, 0, 0};
	uint64_t target;
	char size[16];
	bool ok = ask(control, vm, BH_CONTROL_STATUS, &facts, diags) &&
		  find_target(vm, &facts, keep, &target, diags);

	if (ok) {
		request = bh_strf("%s %" PRIu64, BH_CONTROL_BALLOON, target);
		ok = ask(control, vm, request, &none, diags);
	}
	if (ok) {
		bh_format_size(keep, size, sizeof(size));
		bh_event_add(run, BH_EVENT_BALLOON, vm, "is to keep %s", size);
	}
	bh_facts_finish(&none);
	bh_facts_finish(&facts);
	free(request);
	free(control);
	return ok;
}

static int run_balloon(const struct bh_args *args)
{
	const char *vm = args->values[0];
	char *run = bh_run_path();
	struct bh_diags diags;
	uint64_t keep;
	bool ok = false;

	bh_diags_init(&diags);
	if (!bh_vm_name_ok(vm) || !bh_vm_is_up(run, vm))
		bh_vm_report_absent(run, vm, &diags);
	else if (!bh_parse_size(args->values[1], &keep))
		bh_diag_hint(bh_error(&diags, "E1126", "\"%s\" is not a size", args->values[1]),
			     "write it like 512M");
	else
		ok = set_balloon(run, vm, keep, &diags);
	free(run);
	return bh_vm_done(args, "bulkhead.balloon/1", vm, ok, &diags);
}

const struct bh_verb bh_verb_balloon = {
	.name = "balloon",
	.summary = "Say how much of its memory a VM is to keep",
	.description =
		"Asks the guest to give memory back to the host until SIZE is left to it, or "
		"lets it have more again. The VM needs *balloon-floor* in its configuration, "
		"below which it is not asked to go. *bulkhead status* shows what it gave. A VM "
		"that is started again has all of its memory.",
	.positionals =
		(const struct bh_positional[]){{.name = "VM"}, {.name = "SIZE"}, {.name = NULL}},
	.json = true,
	.run = run_balloon,
};
