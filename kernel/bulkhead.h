/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What bulkhead.ko offers to user space, beside the calls of VFIO.
 *
 * A platform device bound to bulkhead is a VFIO device: regions, interrupts and reset are used as
 * <linux/vfio.h> says. On the same descriptor the calls below reach the clocks, resets, power
 * domains and regulators that the device's own node names, by their index there. From bind to
 * unbind the module keeps all of them on (resets deasserted); whatever the holder changes is put
 * back when it closes the device. What stops the device's DMA then is the host's to say, in the
 * attribute `quiesce` of the device.
 *
 * /dev/bulkhead hands out RAM of the host's reserved-memory nodes, one region a descriptor.
 *
 * Every structure begins with `argsz`, its size as the caller knows it; a smaller one than the
 * module's is refused with EINVAL. Unknown flags are refused with EINVAL, an index that does not
 * exist with ENOENT.
 */
#ifndef BULKHEAD_H
#define BULKHEAD_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Raised whenever a structure or a meaning below changes. */
#define BULKHEAD_UAPI_VERSION 2

#define BULKHEAD_IOCTL 0xBD /* the "type" of all calls */

#define BULKHEAD_NAME_SIZE 64 /* names end with a NUL inside */

/*
 * BULKHEAD_HELLO: the first call on a descriptor, of a device or of /dev/bulkhead. The caller
 * writes the version it was built with; the module always answers with its own there, and fails
 * with EPROTO when they differ. Until it succeeded every other call of this file fails with
 * EPROTO. (On a device it holds until the device's last descriptor is closed.)
 */
struct bulkhead_hello {
	__u32 argsz;
	__u32 version;
};
#define BULKHEAD_HELLO _IOWR(BULKHEAD_IOCTL, 0, struct bulkhead_hello)

/*
 * Controls of a device
 *
 * Of the calls that reach the host's frameworks (SWITCH and those for rates), `call_rate` a second
 * are served to a device, after a burst of `call_burst` (both module parameters). Beyond that they
 * fail with EAGAIN and change nothing.
 */
enum bulkhead_kind {
	BULKHEAD_CLOCK = 0,     /* index: the entry in `clocks` */
	BULKHEAD_RESET = 1,     /* in `resets` */
	BULKHEAD_DOMAIN = 2,    /* in `power-domains` */
	BULKHEAD_REGULATOR = 3, /* the n-th property named "*-supply", in the node's order */
};
#define BULKHEAD_KINDS 4

struct bulkhead_counts {
	__u32 argsz;
	__u32 flags;                 /* 0 */
	__u32 count[BULKHEAD_KINDS]; /* out; by kind */
};
#define BULKHEAD_GET_COUNTS _IOWR(BULKHEAD_IOCTL, 1, struct bulkhead_counts)

/*
 * State of one control. The name is the entry in `clock-names`, `reset-names` or
 * `power-domain-names`, or the supply's property without "-supply"; "" when the tree gives none.
 */
#define BULKHEAD_CONTROL_ON     (1U << 0) /* the holder's wish: on; for a reset: asserted */
#define BULKHEAD_CONTROL_ABSENT (1U << 1) /* a hole in the list: every other call fails, ENODEV */
#define BULKHEAD_CONTROL_SHARED (1U << 2) /* a reset that others use too: cannot be asserted */

struct bulkhead_control {
	__u32 argsz;
	__u32 kind;
	__u32 index;
	__u32 flags; /* in: 0; out: BULKHEAD_CONTROL_* */
	char name[BULKHEAD_NAME_SIZE];
};
#define BULKHEAD_GET_CONTROL _IOWR(BULKHEAD_IOCTL, 2, struct bulkhead_control)

/*
 * Switches one control. Doing what is done already succeeds. OFF takes the module's own hold away:
 * what others in the host hold on stays on.
 */
enum bulkhead_action {
	BULKHEAD_OFF = 0,   /* clock, domain, regulator: off; reset: deasserted */
	BULKHEAD_ON = 1,    /* clock, domain, regulator: on; reset: asserted */
	BULKHEAD_PULSE = 2, /* reset only: asserted and deasserted again */
};

struct bulkhead_switch {
	__u32 argsz;
	__u32 kind;
	__u32 index;
	__u32 action;
};
#define BULKHEAD_SWITCH _IOW(BULKHEAD_IOCTL, 3, struct bulkhead_switch)

/*
 * Rates of a clock in Hz. GET fills `rate`. ROUND replaces `rate` by the nearest that SET would
 * give (0 and ~0 give the ends of the range). SET changes it and answers what it is now.
 */
struct bulkhead_rate {
	__u32 argsz;
	__u32 index; /* of the clock */
	__u64 rate;
};
#define BULKHEAD_GET_RATE   _IOWR(BULKHEAD_IOCTL, 4, struct bulkhead_rate)
#define BULKHEAD_ROUND_RATE _IOWR(BULKHEAD_IOCTL, 5, struct bulkhead_rate)
#define BULKHEAD_SET_RATE   _IOWR(BULKHEAD_IOCTL, 6, struct bulkhead_rate)

/*
 * Direct-map RAM, on /dev/bulkhead
 *
 * A region is a child of the host's /reserved-memory, without `no-map`, that is compatible with
 * "bulkhead,memory" or listed in the module's parameter `memory`. Its name is the node's: with or
 * without the part after "@".
 *
 * BULKHEAD_MEMORY_INFO describes region number `index`; ENOENT after the last.
 * BULKHEAD_MEMORY_SELECT makes the region with this name the descriptor's own and answers where it
 * lies: ENOENT when there is none, EBUSY when another descriptor has it or this one has another.
 * Then mmap(MAP_SHARED) maps it, cacheable; offset 0 is its first byte. Bytes are zero at SELECT,
 * whoever had it before. It is free again when the descriptor and all its mappings are gone.
 *
 * For large pages in the guest, its virtual address must equal its physical one modulo 2 MiB (or 1
 * GiB); mmap() without an address chooses such a one for 2 MiB.
 */
#define BULKHEAD_MEMORY_TAKEN (1U << 0)

struct bulkhead_memory {
	__u32 argsz;
	__u32 flags;                   /* in: 0; out: BULKHEAD_MEMORY_* */
	__u32 index;                   /* in for INFO, out for SELECT */
	__u32 reserved;                /* 0 */
	char name[BULKHEAD_NAME_SIZE]; /* out for INFO, in for SELECT */
	__u64 base;                    /* out: host-physical address */
	__u64 size;                    /* out */
};
#define BULKHEAD_MEMORY_INFO   _IOWR(BULKHEAD_IOCTL, 16, struct bulkhead_memory)
#define BULKHEAD_MEMORY_SELECT _IOWR(BULKHEAD_IOCTL, 17, struct bulkhead_memory)

#endif
