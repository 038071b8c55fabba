/* SPDX-License-Identifier: Apache-2.0 */
#include "host/apply.h"

#include "base/alloc.h"
#include "base/file.h"
#include "host/requests.h"
#include "host/run.h"

#include <stdlib.h>
#include <string.h>

#define MANIFEST_LIMIT (32u << 20)

static const struct bh_wanted *find_wanted(const struct bh_apply *apply, const char *vm)
{
	for (size_t i = 0; i < apply->vm_count; i++) {
		if (!strcmp(apply->vms[i].manifest->vm, vm))
			return &apply->vms[i];
	}
	return NULL;
}

static bool wants_device(const struct bh_apply *apply, const char *device)
{
	for (size_t v = 0; v < apply->vm_count; v++) {
		const struct bh_manifest *manifest = apply->vms[v].manifest;
		for (size_t d = 0; d < bh_requests_count(manifest); d++) {
			if (!strcmp(bh_request_at(manifest, d).device, device))
				return true;
		}
	}
	return false;
}

/* Whether the VM was started from this very manifest. */
static bool runs_as(const struct bh_apply *apply, const struct bh_wanted *wanted)
{
	char *path = bh_vm_path(apply->run, wanted->manifest->vm, "manifest"), *blob;
	size_t size;
	bool same = !bh_file_read(path, MANIFEST_LIMIT, &blob, &size);

	if (same) {
		same = size == wanted->size && !memcmp(blob, wanted->blob, size);
		free(blob);
	}
	free(path);
	return same;
}

void bh_changes_find(const struct bh_apply *apply, struct bh_changes *changes)
{
	struct bh_names running;
	struct bh_bindings bindings;

	memset(changes, 0, sizeof(*changes));
	bh_vm_names(apply->run, &running);
	for (size_t i = 0; i < running.count; i++) {
		const char *vm = running.items[i];
		const struct bh_wanted *wanted = find_wanted(apply, vm);

		if (!wanted)
			bh_names_add(&changes->stop, vm);
		else if (bh_vm_is_up(apply->run, vm) && !runs_as(apply, wanted))
			bh_names_add(&changes->restart, vm);
	}
	bh_names_finish(&running);

	bh_bindings_load(apply->run, &bindings);
	for (size_t i = 0; i < bindings.count; i++) {
		if (!wants_device(apply, bindings.items[i].device))
			bh_names_add(&changes->give_back, bindings.items[i].device);
	}
	for (size_t v = 0; v < apply->vm_count; v++) {
		const struct bh_manifest *manifest = apply->vms[v].manifest;

		if (apply->vms[v].start && !bh_vm_is_up(apply->run, manifest->vm))
			bh_names_add(&changes->start, manifest->vm);
		for (size_t d = 0; d < bh_requests_count(manifest); d++) {
			const char *device = bh_request_at(manifest, d).device;
			if (!bh_bindings_find(&bindings, device))
				bh_names_add(&changes->take, device);
		}
	}
	bh_bindings_finish(&bindings);
}

size_t bh_changes_count(const struct bh_changes *changes)
{
	return changes->stop.count + changes->restart.count + changes->start.count +
	       changes->take.count + changes->give_back.count;
}

void bh_changes_finish(struct bh_changes *changes)
{
	bh_names_finish(&changes->stop);
	bh_names_finish(&changes->restart);
	bh_names_finish(&changes->start);
	bh_names_finish(&changes->take);
	bh_names_finish(&changes->give_back);
}
