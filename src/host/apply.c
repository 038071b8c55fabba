/* SPDX-License-Identifier: Apache-2.0 */
#include "host/apply.h"

#include "base/alloc.h"
#include "base/file.h"
#include "host/bind_pci.h"
#include "host/order.h"
#include "host/requests.h"
#include "host/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MANIFEST_LIMIT (32u << 20)

/* A VM that was stopped, with what it had been started from. */
struct stopped {
	char *vm, *blob;
	size_t size;
};

struct work {
	const struct bh_apply *apply;
	struct bh_diags *diags;
	struct bh_changes changes;
	struct bh_bindings bindings; /* what RUN/devices says */
	/* Done so far, for when the rest fails. */
	struct stopped *stopped;
	size_t stopped_count, stopped_room;
	struct bh_names started, taken;
};

static void say(const struct work *work, const char *verb, const char *object)
{
	if (work->apply->step)
		work->apply->step(work->apply->owner, verb, object);
}

static bool names_region(const char *node, const char *region)
{
	size_t length = strcspn(node, "@");

	return !strcmp(node, region) ||
	       (length == strlen(region) && !strncmp(node, region, length));
}

/* Memory of direct-map VMs must have been set aside when the host booted. */
static bool has_memory(const struct work *work, const struct bh_manifest *manifest)
{
	struct bh_names nodes;
	bool found = manifest->memory.kind != BH_MEMORY_DIRECT;

	bh_sys_list(work->apply->sys, &nodes, "/sys/firmware/devicetree/base/reserved-memory");
	for (size_t i = 0; i < nodes.count; i++)
		found = found || names_region(nodes.items[i], manifest->memory.region);
	bh_names_finish(&nodes);
	if (!found) {
		struct bh_diag *diag =
			bh_error(work->diags, "E1121", "the host has set no memory aside for VM %s",
				 manifest->vm);
		bh_diag_cause(diag, "its device tree has no /reserved-memory/%s",
			      manifest->memory.region);
		bh_diag_hint(diag, "`bulkhead dt host` prints what the host's tree needs; boot "
				   "with it");
	}
	return found;
}

static bool check_memory(const struct work *work)
{
	bool ok = true;

	for (size_t v = 0; v < work->apply->vm_count; v++)
		ok = has_memory(work, work->apply->vms[v].manifest) && ok;
	return ok;
}

/* Reads what a VM that is up was started from, for undoing. */
static void remember(struct work *work, const char *vm)
{
	char *path = bh_vm_path(work->apply->run, vm, "manifest");
	struct stopped stopped = {NULL, NULL, 0};

	if (bh_vm_is_up(work->apply->run, vm) &&
	    !bh_file_read(path, MANIFEST_LIMIT, &stopped.blob, &stopped.size)) {
		stopped.vm = bh_strdup(vm);
		bh_grow((void **)&work->stopped, &work->stopped_room, work->stopped_count + 1,
			sizeof(*work->stopped));
		work->stopped[work->stopped_count++] = stopped;
	}
	free(path);
}

static bool stop_all(struct work *work, const struct bh_names *vms)
{
	for (size_t i = 0; i < vms->count; i++) {
		say(work, "stop", vms->items[i]);
		remember(work, vms->items[i]);
		if (!bh_vm_stop(work->apply->run, vms->items[i], work->diags))
			return false;
	}
	return true;
}

static bool start_one(const struct work *work, const void *blob, size_t size,
		      struct bh_diags *diags)
{
	const struct bh_start start = {.run = work->apply->run,
				       .vmm = work->apply->vmm,
				       .manifest = blob,
				       .size = size,
				       .isolate = bh_isolation_wanted()};

	return bh_vm_start(&start, diags);
}

/* All that are to be started, in their order. */
static bool start_all(struct work *work)
{
	const struct bh_apply *apply = work->apply;
	struct bh_order_vm *vms = bh_alloc((apply->vm_count + 1) * sizeof(*vms));
	struct bh_order order = {.run = apply->run,
				 .vmm = apply->vmm,
				 .vms = vms,
				 .step = apply->step,
				 .owner = apply->owner};

	for (size_t v = 0; v < apply->vm_count; v++) {
		const struct bh_wanted *wanted = &apply->vms[v];
		const char *vm = wanted->manifest->vm;

		if (bh_names_have(&work->changes.start, vm) ||
		    bh_names_have(&work->changes.restart, vm))
			vms[order.count++] = (struct bh_order_vm){
				.manifest = wanted->manifest,
				.blob = wanted->blob,
				.size = wanted->size,
			};
	}
	bool ok = bh_start_all(&order, &work->started, work->diags);
	free(vms);
	return ok;
}

/* Those that are ours already are bound once more: the kernel may have been restarted since. */
static bool take_all(struct work *work)
{
	for (size_t v = 0; v < work->apply->vm_count; v++) {
		const struct bh_manifest *manifest = work->apply->vms[v].manifest;

		/* What a VM uses is bound. */
		if (bh_vm_is_up(work->apply->run, manifest->vm))
			continue;
		for (size_t d = 0; d < bh_requests_count(manifest); d++) {
			const struct bh_bind_request request = bh_request_at(manifest, d);
			struct bh_binding binding;

			if (bh_names_have(&work->changes.take, request.device))
				say(work, "take", request.device);
			if (!bh_bind(work->apply->sys, &request, &binding, work->diags))
				return false;
			if (!binding.kept)
				bh_names_add(&work->taken, request.device);
			if (binding.kept && bh_bindings_find(&work->bindings, request.device))
				bh_binding_finish(&binding);
			else
				bh_bindings_put(&work->bindings, &binding);
		}
		if (!bh_pci_groups_are_free(work->apply->sys, manifest, work->diags))
			return false;
	}
	return true;
}

static bool give_back_unwanted(struct work *work)
{
	bool ok = true;

	for (size_t i = 0; i < work->changes.give_back.count; i++) {
		const char *device = work->changes.give_back.items[i];
		struct bh_binding *binding = bh_bindings_find(&work->bindings, device);

		say(work, "give back", device);
		if (binding && bh_unbind(work->apply->sys, binding, work->diags))
			bh_bindings_drop(&work->bindings, binding);
		else
			ok = false;
	}
	return ok;
}

/* Manifests of the plan, for `start`; those of other plans go. */
static bool keep_manifests(const struct work *work)
{
	char *folder = bh_strf("%s/plan", work->apply->run);
	int error = bh_remove_tree(folder);

	if (!error)
		error = bh_make_dirs(folder, 0700);
	for (size_t v = 0; v < work->apply->vm_count && !error; v++) {
		const struct bh_wanted *wanted = &work->apply->vms[v];
		char *path = bh_strf("%s/%s", folder, wanted->manifest->vm);
		error = bh_file_write(path, wanted->blob, wanted->size, 0600);
		free(path);
	}
	if (error)
		bh_run_report(folder, error, work->diags);
	free(folder);
	return !error;
}

/* Backwards. What cannot be undone is reported too, after the cause. */
static void undo(struct work *work)
{
	for (size_t i = work->started.count; i--;) {
		const char *vm = work->started.items[i];
		say(work, "undo: stop", vm);
		bh_vm_stop(work->apply->run, vm, work->diags);
	}
	for (size_t i = work->taken.count; i--;) {
		const char *device = work->taken.items[i];
		struct bh_binding *binding = bh_bindings_find(&work->bindings, device);
		say(work, "undo: give back", device);
		if (binding && bh_unbind(work->apply->sys, binding, work->diags))
			bh_bindings_drop(&work->bindings, binding);
	}
	for (size_t i = 0; i < work->stopped_count; i++) {
		if (bh_vm_is_up(work->apply->run, work->stopped[i].vm))
			continue;
		say(work, "undo: start", work->stopped[i].vm);
		start_one(work, work->stopped[i].blob, work->stopped[i].size, work->diags);
	}
}

static void work_init(struct work *work, const struct bh_apply *apply, struct bh_diags *diags)
{
	memset(work, 0, sizeof(*work));
	work->apply = apply;
	work->diags = diags;
	bh_changes_find(apply, &work->changes);
	bh_bindings_load(apply->run, &work->bindings);
}

static void work_finish(struct work *work)
{
	for (size_t i = 0; i < work->stopped_count; i++) {
		free(work->stopped[i].vm);
		free(work->stopped[i].blob);
	}
	free(work->stopped);
	bh_names_finish(&work->started);
	bh_names_finish(&work->taken);
	bh_bindings_finish(&work->bindings);
	bh_changes_finish(&work->changes);
}

bool bh_apply_changes(const struct bh_apply *apply, struct bh_diags *diags)
{
	struct work work;
	bool ok;

	work_init(&work, apply, diags);
	ok = check_memory(&work);
	if (ok) {
		ok = stop_all(&work, &work.changes.restart) &&
		     stop_all(&work, &work.changes.stop) && take_all(&work) &&
		     bh_bindings_save(apply->run, &work.bindings, diags) && start_all(&work) &&
		     keep_manifests(&work);
		if (!ok)
			undo(&work);
		else
			ok = give_back_unwanted(&work);
		ok = bh_bindings_save(apply->run, &work.bindings, diags) && ok;
	}
	work_finish(&work);
	return ok;
}
