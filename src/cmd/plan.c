/* SPDX-License-Identifier: Apache-2.0 */
/* plan: what would change on the host, what is refused and why. */
#include "cmd/device_text.h"
#include "cmd/drift.h"
#include "cmd/report.h"
#include "cmd/session.h"
#include "emit/emit.h"

#include "base/file.h"
#include "base/str.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Something of the host has to change for this VM: memory set aside, devices taken. */
static bool has_changes(const struct bh_plan *plan)
{
	for (size_t v = 0; v < plan->vm_count; v++)
		if (plan->vms[v].unit_count || plan->vms[v].function_count ||
		    plan->vms[v].layout.direct)
			return true;
	return false;
}

static void count_actions(const struct bh_plan_vm *vm, size_t counts[6])
{
	for (size_t d = 0; d < vm->decision_count; d++)
		counts[vm->decisions[d].action]++;
}

static void say_vm(const struct bh_session *s, const struct bh_plan_vm *vm)
{
	size_t counts[6] = {0};
	char size[16];

	bh_format_size(vm->config->memory.value, size, sizeof(size));
	printf("VM %s: %" PRIu64 " cpu%s, %s%s", vm->config->name.value,
	       vm->config->cpus.value ? vm->config->cpus.value : 1,
	       vm->config->cpus.value > 1 ? "s" : "", vm->raw ? "raw profile, " : "", size);
	if (vm->layout.direct)
		printf(" set aside at 0x%" PRIx64, vm->layout.ram.base);
	putchar('\n');
	for (size_t u = 0; u < vm->unit_count; u++) {
		char *path = bh_dt_path(vm->units[u].node);

		printf("  %c %s (%s, dma: %s%s)\n", vm->refusal_count ? '!' : '+', path,
		       bh_class_name(vm->units[u].class), bh_dma_name(vm->units[u].dma),
		       vm->units[u].role == BH_ROLE_SUPPLIER   ? ", comes along"
		       : vm->units[u].role == BH_ROLE_PROVIDER ? ", copied for its clients"
							       : "");
		free(path);
	}
	for (size_t f = 0; f < vm->function_count; f++) {
		const struct bh_pci_function *pci = vm->functions[f].pci;

		printf("  %c %s (PCI %s, %04x:%04x%s)\n", vm->refusal_count ? '!' : '+',
		       pci->address, bh_pci_class_name(pci), pci->vendor, pci->device,
		       vm->functions[f].along ? ", comes along" : "");
	}
	for (size_t l = 0; l < vm->loss_count; l++) {
		char *path = bh_dt_path(vm->losses[l].node);

		printf("  - %s (the host loses it)\n", path);
		free(path);
	}
	count_actions(vm, counts);
	if (vm->decision_count) {
		fputs("    references: ", stdout);
		for (int a = 0; a < 6; a++)
			if (counts[a])
				printf("%zu %s  ", counts[a], bh_action_name((enum bh_action)a));
		putchar('\n');
	}
	(void)s;
}

static json_t *vm_json(const struct bh_session *s, const struct bh_plan_vm *vm)
{
	json_t *json, *claims = json_array();

	json = bh_device_json(&s->plan, vm, NULL);
	json_object_del(json, "device");
	for (size_t c = 0; c < vm->claim_count; c++) {
		const struct bh_claim *claim = &vm->claims[c];
		json_t *row = json_pack("{sssb}", "kind", bh_claim_kind_name(claim->kind), "shared",
					claim->shared);

		if (claim->provider) {
			char *path = bh_dt_path(claim->provider);
			json_object_set_new(row, "provider", json_string(path));
			free(path);
		}
		if (claim->range.size) {
			json_object_set_new(row, "base",
					    json_integer((json_int_t)claim->range.base));
			json_object_set_new(row, "size",
					    json_integer((json_int_t)claim->range.size));
		}
		if (claim->function)
			json_object_set_new(row, "function", json_string(claim->function->address));
		if (claim->id_count) {
			json_t *ids = json_array();
			for (uint32_t i = 0; i < claim->id_count; i++)
				json_array_append_new(ids, json_integer(claim->id[i]));
			json_object_set_new(row, "id", ids);
		}
		json_array_append_new(claims, row);
	}
	json_object_set_new(json, "claims", claims);
	json_object_set_new(json, "memory",
			    json_pack("{sIsIsb}", "base", (json_int_t)vm->layout.ram.base, "size",
				      (json_int_t)vm->layout.ram.size, "direct",
				      vm->layout.direct));
	return json;
}

static int draw(struct bh_session *s, const char *path)
{
	struct bh_buf svg = {0};
	int code = BH_EXIT_OK, error;

	bh_emit_svg(&svg, &s->plan);
	if (bh_str_eq(path, "-")) {
		fputs(bh_buf_str(&svg), stdout);
	} else if ((error = bh_file_write(path, svg.data, svg.length, 0644))) {
		bh_error(&s->diags, "E0593", "%s: %s", path, strerror(-error));
		code = BH_EXIT_FAILED;
	}
	bh_buf_finish(&svg);
	return code;
}

/* Prints each guest's tree to nowhere: what its checks find belongs to the plan. */
static void check_guests(struct bh_session *s)
{
	for (size_t v = 0; v < s->plan.vm_count && !s->diags.errors; v++) {
		struct bh_guest guest = {0};

		if (bh_guest_make(&guest, &s->plan, v, &s->partition, &s->diags))
			bh_tree_check(guest.tree, guest.tree_size, "guest", &s->diags);
		bh_guest_finish(&guest);
	}
}

static int run(const struct bh_args *args)
{
	struct bh_session s;
	const char *svg = bh_arg(args, "svg", NULL);
	int code = bh_session_open(&s, args, BH_SESSION_CONFIG | BH_SESSION_PLAN);

	if (code == BH_EXIT_OK && svg &&
	    !bh_session_can_print(&s, args, "a drawing", "--svg", svg)) {
		svg = NULL;
		code = BH_EXIT_USAGE;
	}
	if (code == BH_EXIT_OK) {
		bh_drift_check_applied(&s);
		check_guests(&s);
		if (svg)
			code = draw(&s, svg);
		if (code == BH_EXIT_OK && s.diags.errors)
			code = s.plan.misconfigured ? BH_EXIT_USAGE : BH_EXIT_REFUSED;
		else if (code == BH_EXIT_OK && has_changes(&s.plan))
			code = BH_EXIT_CHANGES;
	}
	if (args->json) {
		json_t *vms = json_array();

		for (size_t v = 0; s.has_plan && v < s.plan.vm_count; v++)
			json_array_append_new(vms, vm_json(&s, &s.plan.vms[v]));
		char *tree = bh_strf("%016" PRIx64, s.has_survey ? s.survey.fingerprint : 0);
		bh_print_json("bulkhead.plan/1",
			      json_pack("{sssssssoso}", "board", s.has_board ? s.board.name : "",
					"tree", tree, "knowledge",
					s.has_snapshot ? "snapshot" : "tree only", "vms", vms,
					"diagnostics", bh_diags_json(&s.diags)));
		free(tree);
	} else if (s.has_plan && !(svg && bh_str_eq(svg, "-"))) {
		printf("board: %s%s%s (%s), tree %016" PRIx64 "\n", s.board.name,
		       s.board.file ? ", data file " : "", s.board.file ? s.board.file : "",
		       s.has_snapshot ? "tree and host snapshot" : "tree only",
		       s.survey.fingerprint);
		for (size_t v = 0; v < s.plan.vm_count; v++)
			say_vm(&s, &s.plan.vms[v]);
		fflush(stdout);
	}
	bh_session_say(&s, args);
	bh_session_close(&s);
	return code;
}

static const struct bh_option options[] = {
	BH_SESSION_OPTIONS,
	{.name = "svg",
	 .argument = "FILE",
	 .help = "Draw the partition (- is stdout)",
	 .complete = BH_COMPLETE_FILE},
	{0},
};

const struct bh_verb bh_verb_plan = {
	.name = "plan",
	.summary =
		"Work out the partition: what each VM gets, what changes, what is refused and why",
	.description = "Exits with 0 when there is nothing to do, with 4 when there is something "
		       "to apply, with 3 when something is refused. Nothing is changed.",
	.options = options,
	.json = true,
	.run = run,
};
