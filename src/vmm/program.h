/* SPDX-License-Identifier: Apache-2.0 */
/* What bulkhead-vmm is made of, for its own files: main.c and commands.c. */
#ifndef BH_VMM_PROGRAM_H
#define BH_VMM_PROGRAM_H

#include "vmm/console.h"
#include "vmm/control.h"
#include "vmm/kvm/kvm.h"
#include "vmm/sandbox/sandbox.h"

#define BH_CONSOLES_MAX (BH_VIRTIO_MAX + 1)

struct bh_options {
	const char *manifest, *log, *kvm, *memory, *control;
	const char *consoles[BH_CONSOLES_MAX], *console_logs[BH_CONSOLES_MAX];
	size_t console_count, console_log_count;
	bool no_restart, isolate, own_root;
};

struct bh_program {
	struct bh_options options;
	struct bh_log log;
	struct bh_sandbox sandbox;
	struct bh_manifest manifest;
	void *blob; /* of the manifest */
	struct bh_loop loop;
	struct bh_control control;
	struct bh_console consoles[BH_CONSOLES_MAX];
	size_t console_count;
	struct bh_watch signals;
	int device; /* /dev/kvm */
	int direct; /* /dev/bulkhead, or -1 */
	uint32_t boots;
	int64_t started; /* of this boot, in ms */
	bool paused;
	struct bh_kvm kvm;
	struct bh_vm vm;
};

/* The commands of the control socket; their owner is the program. */
extern const struct bh_control_command bh_commands[];

#endif
