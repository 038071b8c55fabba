/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control protocol of a running VM: what `bulkhead-vmm --control SOCKET` answers and src/host
 * asks. A Unix stream socket; text, so that a person can use it with socat.
 *
 * A request is one line: a command of the table below. The answer is any number of lines
 * "KEY VALUE", then the line "ok", or "error TEXT". Keys are of a-z, 0-9, '.', '-' and '_', and
 * neither "ok" nor "error"; a value is the rest of the line, text without control characters. The
 * next request may follow on the same connection. A request that is too long or unknown gets an
 * error and the connection stays.
 *
 * Keys that `status` gives; a key whose part does not exist in this VM is left out:
 *
 *   vm NAME               state running|paused|stopping
 *   vcpus N               memory BYTES
 *   uptime-ms N           boots N              (the guest's, beginning with 1)
 *   exits N               (vCPU exits to user space)
 *   isolation on|off      isolation.user N, .namespaces own|the host's, .files none|not opened,
 *                         .landlock VERSION, .rules N (system calls that its threads may make)
 *   irq.DEVICE.INDEX N    (interrupts of assigned devices as far as user space sees them)
 *   scmi.calls N          scmi.refused N
 *   virtio.NAME.requests N
 *   server.NAME.here 0|1  server.NAME.lost N   (devices that another process serves)
 *   balloon.target BYTES  balloon.given BYTES  balloon.limit BYTES  balloon.reported BYTES
 *
 * `stats` gives these, what the guest says of its memory (balloon.guest-free and the like, as it
 * was when it was last asked; this asks again), and whatever else is counted; `dump` gives vCPU
 * registers, "vcpu0.pc 0x...".
 */
#ifndef BH_MACHINE_CONTROL_H
#define BH_MACHINE_CONTROL_H

#define BH_CONTROL_REQUEST_MAX 64          /* bytes of a request, with its newline */
#define BH_CONTROL_LINE_MAX    512         /* bytes of an answer's line, with its newline */
#define BH_CONTROL_ANSWER_MAX  (256 << 10) /* bytes of an answer */

#define BH_CONTROL_STATUS "status"
#define BH_CONTROL_STATS  "stats"
#define BH_CONTROL_DUMP   "dump"
#define BH_CONTROL_PAUSE  "pause"
#define BH_CONTROL_RESUME "resume"
#define BH_CONTROL_BALLOON \
	"balloon"              /* followed by a space and the bytes that the guest is to give */
#define BH_CONTROL_STOP "stop" /* "ok", then the VMM ends with the exit code for "stopped" */

/*
 * The door of a device that another process serves: the VMM sends one of these bytes, the launcher
 * answers with a connection to that process.
 */
enum bh_knock {
	BH_KNOCK_NOW = 0,  /* or, at once, with a word that there is none */
	BH_KNOCK_WAIT = 1, /* when there is one, however long that takes */
};

/* How bulkhead-vmm ends: the launcher's restart policy acts on it. */
enum bh_vmm_exit {
	BH_VMM_OFF = 0,      /* the guest switched itself off */
	BH_VMM_FAILED = 1,   /* the VMM cannot go on */
	BH_VMM_USAGE = 2,    /* the command line or the manifest: the same again next time */
	BH_VMM_RESET = 3,    /* the guest asked for a restart, and --no-restart was given */
	BH_VMM_CRASHED = 4,  /* the guest reported a crash */
	BH_VMM_STOPPED = 5,  /* by the control socket or a signal */
	BH_VMM_WATCHDOG = 6, /* the guest fed its watchdog no more */
	BH_VMM_REFUSED = 7,  /* one of its threads made a system call that is refused to it */
};

#endif
