/* SPDX-License-Identifier: Apache-2.0 */
#include "host/order.h"

#include "base/alloc.h"
#include "base/str.h"
#include "host/run.h"

#include <poll.h>
#include <stdlib.h>

/* How often a VM that somebody else starts is looked at. */
#define LOOK_MS 50

enum stage { WAITS, BEGUN, READY, LATE, FAILED };

struct one {
	enum stage stage;
	struct bh_starting starting;
};

struct work {
	const struct bh_order *order;
	struct bh_diags *diags;
	struct one *ones;
	struct pollfd *polls;
	bool failed;
	bool looks; /* somebody waits for a VM that is not ours to start */
};

static struct bh_start start_of(const struct work *w, size_t i)
{
	const struct bh_order_vm *vm = &w->order->vms[i];

	return (struct bh_start){.run = w->order->run,
				 .vmm = w->order->vmm,
				 .manifest = vm->blob,
				 .size = vm->size,
				 .isolate = bh_isolation_wanted()};
}

enum answer { YES, NOT_YET, NEVER };

static enum answer is_ready_elsewhere(struct work *w, const char *vm)
{
	struct bh_vm_state state;

	if (!bh_vm_name_ok(vm))
		return NEVER;
	if (!bh_vm_state_read(w->order->run, vm, &state) && bh_vm_is_up(w->order->run, vm)) {
		w->looks |= !state.ready;
		return state.ready ? YES : NOT_YET;
	}
	w->looks |= w->order->patient;
	return w->order->patient ? NOT_YET : NEVER;
}

static enum answer is_ready(struct work *w, const char *vm)
{
	for (size_t i = 0; i < w->order->count; i++) {
		if (bh_str_eq(w->order->vms[i].manifest->vm, vm))
			return w->ones[i].stage == READY  ? YES
			       : w->ones[i].stage >= LATE ? NEVER
							  : NOT_YET;
	}
	return is_ready_elsewhere(w, vm);
}

static void report_absent(struct work *w, const char *vm, const char *after)
{
	struct bh_diag *diag =
		bh_error(w->diags, "E1125", "VM %s comes after %s, which is not ready", vm, after);

	bh_diag_hint(diag,
		     "`bulkhead start %s` starts that one; `bulkhead apply` all in their order",
		     after);
}

/* Whether all that it comes after are ready. */
static enum answer may_begin(struct work *w, size_t i)
{
	const struct bh_manifest *manifest = w->order->vms[i].manifest;
	enum answer worst = YES;

	for (size_t a = 0; a < manifest->after_count; a++) {
		enum answer answer = is_ready(w, manifest->after[a].vm);
		if (answer == NEVER && !w->failed)
			report_absent(w, manifest->vm, manifest->after[a].vm);
		if (answer > worst)
			worst = answer;
	}
	return worst;
}

static void begin(struct work *w, size_t i)
{
	const char *vm = w->order->vms[i].manifest->vm;
	struct bh_start start = start_of(w, i);

	if (w->order->step)
		w->order->step(w->order->owner, "start", vm);
	if (bh_vm_begin(&start, &w->ones[i].starting, w->diags)) {
		w->ones[i].stage = BEGUN;
	} else {
		w->ones[i].stage = FAILED;
		w->failed = true;
	}
}

static size_t begin_those_that_may(struct work *w)
{
	size_t waiting = 0;

	w->looks = false;
	for (size_t i = 0; i < w->order->count && !w->failed; i++) {
		if (w->ones[i].stage != WAITS)
			continue;
		enum answer answer = may_begin(w, i);
		if (answer == YES) {
			begin(w, i);
		} else if (answer == NEVER) {
			w->ones[i].stage = FAILED;
			w->failed = true;
		} else {
			waiting++;
		}
	}
	return waiting;
}

static void hear(struct work *w, size_t i)
{
	struct bh_start start = start_of(w, i);
	enum bh_progress_of progress = bh_vm_progress(&w->ones[i].starting, &start, w->diags);

	if (progress == BH_VM_IS_READY) {
		w->ones[i].stage = READY;
	} else if (progress != BH_VM_RUNS) {
		w->ones[i].stage = progress == BH_VM_IS_LATE ? LATE : FAILED;
		w->failed = true;
	}
}

/* Waits for word from one of those that were begun. False when there is none to wait for. */
static bool wait_for_word(struct work *w)
{
	size_t begun = 0;

	for (size_t i = 0; i < w->order->count; i++) {
		bool waits = w->ones[i].stage == BEGUN;
		w->polls[i] = (struct pollfd){.fd = waits ? w->ones[i].starting.report : -1,
					      .events = POLLIN};
		begun += waits;
	}
	if (!begun && !w->looks)
		return false;
	if (poll(w->polls, w->order->count, w->looks ? LOOK_MS : -1) <= 0)
		return true;
	for (size_t i = 0; i < w->order->count; i++) {
		if (w->polls[i].revents)
			hear(w, i);
	}
	return true;
}

bool bh_start_all(const struct bh_order *order, struct bh_names *started, struct bh_diags *diags)
{
	struct work w = {.order = order,
			 .diags = diags,
			 .ones = bh_alloc((order->count + 1) * sizeof(*w.ones)),
			 .polls = bh_alloc((order->count + 1) * sizeof(*w.polls))};
	size_t waiting;

	for (size_t i = 0; i < order->count; i++)
		w.ones[i].starting.report = -1;
	do {
		waiting = begin_those_that_may(&w);
	} while (!w.failed && wait_for_word(&w));
	/* The configuration has no circles; a manifest may come from anywhere. */
	for (size_t i = 0; i < order->count && waiting && !w.failed; i++) {
		if (w.ones[i].stage == WAITS) {
			report_absent(&w, order->vms[i].manifest->vm,
				      order->vms[i].manifest->after[0].vm);
			w.failed = true;
		}
	}
	for (size_t i = 0; i < order->count; i++) {
		bh_starting_finish(&w.ones[i].starting);
		if (w.ones[i].stage == BEGUN || w.ones[i].stage == READY || w.ones[i].stage == LATE)
			bh_names_add(started, order->vms[i].manifest->vm);
	}
	free(w.polls);
	free(w.ones);
	return !w.failed;
}
