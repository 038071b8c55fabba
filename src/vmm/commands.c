/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of the control socket. They run in the event loop, while the VM exists. */
#include "vmm/program.h"

#include "base/clock.h"
#include "vmm/stats.h"
#include "vmm/virtio/balloon.h"

#include <inttypes.h>
#include <stdio.h>

static void put_vcpus(const struct bh_program *program, bool all, struct bh_buf *out)
{
	uint64_t exits = 0, mmio = 0, calls = 0;

	for (uint32_t i = 0; i < program->kvm.vcpu_count; i++) {
		const struct bh_vcpu_counters *counters = &program->kvm.vcpus[i].counters;
		exits += counters->exits;
		mmio += counters->mmio;
		calls += counters->calls;
	}
	bh_control_put(out, "exits", "%" PRIu64, exits);
	if (!all)
		return;
	bh_control_put(out, "exits.mmio", "%" PRIu64, mmio);
	bh_control_put(out, "exits.calls", "%" PRIu64, calls);
}

static void put_isolation(const struct bh_sandbox *sandbox, struct bh_buf *out)
{
	size_t rules = 0;

	bh_control_put(out, "isolation", "%s", sandbox->on ? "on" : "off");
	if (!sandbox->on)
		return;
	for (enum bh_thread kind = 0; kind < BH_THREADS; kind++)
		rules += bh_rules_count(&bh_rules[kind], sandbox->has);
	bh_control_put(out, "isolation.user", "%" PRIu32, sandbox->user);
	bh_control_put(out, "isolation.namespaces", "%s", sandbox->own_root ? "own" : "the host's");
	bh_control_put(out, "isolation.files", "%s", sandbox->no_files ? "none" : "not opened");
	bh_control_put(out, "isolation.landlock", "%d", sandbox->landlock);
	bh_control_put(out, "isolation.rules", "%zu", rules);
}

static void put_all(struct bh_program *program, bool all, struct bh_buf *out)
{
	const char *state = program->vm.end != BH_END_NONE ? "stopping"
			    : program->paused              ? "paused"
							   : "running";

	bh_control_put(out, "vm", "%s", program->manifest.vm);
	bh_control_put(out, "state", "%s", state);
	bh_control_put(out, "vcpus", "%" PRIu32, program->manifest.vcpus);
	bh_control_put(out, "memory", "%" PRIu64, program->manifest.memory.size);
	bh_control_put(out, "uptime-ms", "%" PRId64, bh_now_ms() - program->started);
	bh_control_put(out, "boots", "%" PRIu32, program->boots);
	put_vcpus(program, all, out);
	put_isolation(&program->sandbox, out);
	bh_vm_put_stats(&program->vm, all, out);
	for (size_t i = 0; i < program->console_count && all; i++) {
		char key[32];
		snprintf(key, sizeof(key), "console.%zu.dropped", i);
		bh_control_put(out, key, "%" PRIu64, program->consoles[i].dropped);
	}
}

static const char *status(void *owner, struct bh_buf *out)
{
	put_all(owner, false, out);
	return NULL;
}

static const char *stats(void *owner, struct bh_buf *out)
{
	put_all(owner, true, out);
	return NULL;
}

static const char *pause_vm(void *owner, struct bh_buf *out)
{
	struct bh_program *program = owner;

	(void)out;
	bh_kvm_pause(&program->kvm, true);
	if (program->vm.has_watchdog)
		bh_watchdog_pause(&program->vm.watchdog, true);
	program->paused = true;
	return NULL;
}

static const char *resume(void *owner, struct bh_buf *out)
{
	struct bh_program *program = owner;

	(void)out;
	if (program->vm.has_watchdog)
		bh_watchdog_pause(&program->vm.watchdog, false);
	bh_kvm_pause(&program->kvm, false);
	program->paused = false;
	return NULL;
}

/* Registers can be had of vCPUs that rest. */
static const char *dump(void *owner, struct bh_buf *out)
{
	struct bh_program *program = owner;

	bh_kvm_pause(&program->kvm, true);
	for (uint32_t i = 0; i < program->kvm.vcpu_count; i++)
		bh_vcpu_put(&program->kvm.vcpus[i], out);
	if (!program->paused)
		bh_kvm_pause(&program->kvm, false);
	return NULL;
}

static const char *stop(void *owner, struct bh_buf *out)
{
	struct bh_program *program = owner;

	(void)out;
	bh_vm_end(&program->vm, BH_END_STOPPED);
	return NULL;
}

static const char *balloon(void *owner, uint64_t bytes, struct bh_buf *out)
{
	struct bh_program *program = owner;
	struct bh_virtio *device = bh_vm_find(&program->vm, BH_VIRTIO_BALLOON);

	(void)out;
	if (!device)
		return "it has no balloon";
	pthread_mutex_lock(&program->vm.lock);
	bool asked = bh_balloon_ask(device, bytes);
	pthread_mutex_unlock(&program->vm.lock);
	return asked ? NULL : "that would leave it less than its floor";
}

const struct bh_control_command bh_commands[] = {
	{BH_CONTROL_STATUS, status, NULL},   {BH_CONTROL_STATS, stats, NULL},
	{BH_CONTROL_DUMP, dump, NULL},       {BH_CONTROL_PAUSE, pause_vm, NULL},
	{BH_CONTROL_RESUME, resume, NULL},   {BH_CONTROL_STOP, stop, NULL},
	{BH_CONTROL_BALLOON, NULL, balloon}, {NULL, NULL, NULL},
};
