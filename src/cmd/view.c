/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/view.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#define MANIFEST_LIMIT (32u << 20)
#define ANSWER_MS      1000

void bh_view_look(struct bh_view *view, const char *run, const char *vm)
{
	char *control = bh_vm_path(run, vm, "control"), *path = bh_vm_path(run, vm, "manifest");
	size_t size;

	memset(view, 0, sizeof(*view));
	view->vm = vm;
	bh_vm_state_read(run, vm, &view->state);
	view->answers = view->state.phase == BH_VM_RUNNING &&
			!bh_control_ask(control, BH_CONTROL_STATUS, ANSWER_MS, &view->facts, NULL);
	if (!bh_file_read(path, MANIFEST_LIMIT, &view->blob, &size)) {
		view->manifest = bh_alloc(sizeof(*view->manifest));
		if (!bh_manifest_read(view->manifest, view->blob, size, NULL)) {
			free(view->manifest);
			view->manifest = NULL;
		}
	}
	if (view->manifest)
		bh_vm_memory(view->manifest, &view->state, &view->memory);
	view->ticks = bh_process_ticks(view->state.vmm);
	free(path);
	free(control);
}

void bh_view_finish(struct bh_view *view)
{
	bh_facts_finish(&view->facts);
	free(view->manifest);
	free(view->blob);
}

const char *bh_view_phase(const struct bh_view *view)
{
	return bh_fact(&view->facts, "state", bh_vm_phase_name(view->state.phase));
}

uint64_t bh_view_sum(const struct bh_view *view, const char *prefix)
{
	uint64_t total = 0, value;

	for (size_t i = 0; i < view->facts.count; i++) {
		if (bh_str_starts(view->facts.items[i].key, prefix) &&
		    bh_parse_u64(view->facts.items[i].value, &value))
			total += value;
	}
	return total;
}
