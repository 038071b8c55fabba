/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The partition as written: what bulkhead.toml and its drop-ins say, checked as far as the text
 * alone can be checked. Whether a device exists is the planner's question.
 *
 * Every value knows where it was written. A span without a file means that nobody wrote it: the
 * value is the default of the schema (schema.c), which bh_given() tells.
 */
#ifndef BH_CONFIG_PARTITION_H
#define BH_CONFIG_PARTITION_H

#include "base/alloc.h"
#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bh_config_text {
	const char *value; /* NULL: not written, and no default */
	struct bh_span span;
};

/* Sizes in bytes, times in milliseconds, rates in hertz, counts. */
struct bh_config_number {
	uint64_t value; /* 0: not written, and no default */
	struct bh_span span;
};

struct bh_config_flag {
	bool value;
	struct bh_span span;
};

/* One of the words of the schema; the value is the enum beside the field. */
struct bh_config_word {
	int value; /* the first word is 0; -1: not written, and no default */
	struct bh_span span;
};

struct bh_config_texts {
	struct bh_config_text *items;
	size_t count;
	struct bh_span span; /* of the whole list */
};

struct bh_config_numbers {
	struct bh_config_number *items;
	size_t count;
	struct bh_span span;
};

/* True when the user wrote the value. */
static inline bool bh_given(struct bh_span span)
{
	return span.file != NULL;
}

/*
 * In every struct below that stands for a table, `name` comes first. Its value is the table's key
 * ("net" of [vm.net]; NULL in an array of tables), its span the key or the header.
 */

/* A piece of the board's memory. */
struct bh_config_ram {
	struct bh_config_text name;
	struct bh_config_text base; /* a number; bh_parse_u64() takes it */
	struct bh_config_number size;
};

struct bh_config_board {
	struct bh_config_text name;
	struct bh_config_text board;       /* `name`: of a data file in boards/, or its path */
	struct bh_config_text tree;        /* "live", or a blob's path */
	struct bh_config_texts overlays;   /* blobs put on the tree, in order */
	struct bh_config_text snapshot;    /* what `board probe` wrote on the board */
	struct bh_config_texts keep;       /* devices that no VM may get */
	struct bh_config_number memory;    /* what the host keeps for itself */
	struct bh_config_number page_size; /* of the host's kernel */
	struct bh_config_text fingerprint; /* of the tree that is meant: 16 hexadecimal digits */
	struct {
		struct bh_config_ram *items;
		size_t count;
	} ram; /* where the tree does not say it */
};

struct bh_config_disk {
	struct bh_config_text name;
	struct bh_config_text path; /* a raw image or a block device */
	struct bh_config_flag readonly;
	struct bh_config_text serial; /* the guest finds it as /dev/disk/by-id/virtio-SERIAL */
	struct bh_config_number queues;
	struct bh_config_flag discard;
	struct bh_config_text socket; /* a vhost-user-blk back end instead of `path` */
};

/* [vm.NAME.nic.NET] tells more about one of the VM's networks. */
struct bh_config_nic {
	struct bh_config_text name; /* the network */
	struct bh_config_text mac;
	struct bh_config_text address; /* with prefix length, "10.0.0.2/24"; only it may be used */
	struct bh_config_number queues;
};

enum bh_gpu_level { BH_GPU_2D, BH_GPU_GLES2, BH_GPU_GLES3, BH_GPU_GL33 };

struct bh_config_gpu {
	struct bh_config_text name;
	struct bh_config_flag enabled;
	struct bh_config_word level; /* enum bh_gpu_level */
	struct bh_config_text mode;  /* "1280x800" or "1920x1080@60" */
	struct bh_config_number memory;
	struct bh_config_number threads; /* 0: one for each of the VM's cpus */
	struct bh_config_text socket;    /* a server that runs already */
};

enum bh_restart_policy { BH_POLICY_NEVER, BH_POLICY_ON_FAILURE, BH_POLICY_ALWAYS };

struct bh_config_restart {
	struct bh_config_text name;
	struct bh_config_word policy;      /* enum bh_restart_policy */
	struct bh_config_number delay;     /* before the first restart; doubles each time */
	struct bh_config_number max_delay; /* where doubling stops */
	struct bh_config_number limit;     /* restarts in a row before it stays down; 0: none */
	struct bh_config_number settled;   /* running that long, a VM starts from `delay` again */
};

struct bh_config_share {
	struct bh_config_text name;
	struct bh_config_text tag; /* mount -t virtiofs TAG */
	struct bh_config_text path;
	struct bh_config_flag readonly;
	struct bh_config_text socket; /* a vhost-user-fs back end that runs already */
};

/* A rule matches when all that is written in it matches; the first match wins. */
struct bh_config_usb {
	struct bh_config_text name;
	struct bh_config_text device; /* "046d:c31c" or "046d:*" */
	struct bh_config_text class;  /* "hid", "03", "03:01:02" */
	struct bh_config_text port;   /* "1-1.2" */
	struct bh_config_flag allow;
};

/* Words of design section 2. */
enum bh_action {
	BH_ACTION_COPY,
	BH_ACTION_SUBSTITUTE,
	BH_ACTION_MEDIATE,
	BH_ACTION_HOLD,
	BH_ACTION_DROP,
	BH_ACTION_REFUSE,
};

enum bh_override_is { BH_OVERRIDE_REF, BH_OVERRIDE_NOT_REF };

/* [vm.NAME.override.DEVICE.PROPERTY] */
struct bh_config_override {
	struct bh_config_text name;                 /* the property */
	struct bh_config_word action;               /* enum bh_action; -1: as the planner decides */
	struct bh_config_numbers entries;           /* which of the property's entries; none: all */
	struct bh_config_number rate;               /* of the fixed clock that substitutes */
	struct bh_config_number min_rate, max_rate; /* what a mediated clock may be set to */
	struct bh_config_texts rights;              /* "enable", "rate", "reset", "power" */
	struct bh_config_word is;                   /* enum bh_override_is; -1: as the rules find */
	struct bh_config_number cells;              /* after the phandle, with is = "ref" */
	struct bh_config_text provider; /* the node a reference should lead to instead */
	struct bh_config_text reason;   /* shown where the decision is explained */
};

struct bh_config_override_device {
	struct bh_config_text name; /* the device, named as in `devices` */
	struct {
		struct bh_config_override *items;
		size_t count;
	} properties;
};

enum bh_profile { BH_PROFILE_BULKHEAD, BH_PROFILE_RAW };
enum bh_console { BH_CONSOLE_BOTH, BH_CONSOLE_VIRTIO, BH_CONSOLE_SERIAL, BH_CONSOLE_NONE };
enum bh_gic { BH_GIC_AUTO, BH_GIC_2, BH_GIC_3 };
enum bh_transport { BH_TRANSPORT_AUTO, BH_TRANSPORT_PCI, BH_TRANSPORT_MMIO };
enum bh_hugepages { BH_HUGEPAGES_AUTO, BH_HUGEPAGES_NEVER, BH_HUGEPAGES_ALWAYS };
enum bh_ready { BH_READY_STARTED, BH_READY_VSOCK };

struct bh_config_vm {
	struct bh_config_text name;
	struct bh_config_word profile; /* enum bh_profile */
	struct bh_config_number memory;
	struct bh_config_number balloon_floor; /* 0: no balloon */
	struct bh_config_word hugepages;       /* enum bh_hugepages */
	struct bh_config_number cpus;          /* how many */
	struct bh_config_numbers cpu_affinity; /* the host's cpus it may run on; none: all */
	struct bh_config_text kernel, initrd;  /* paths */
	struct bh_config_text root;            /* the path of the first disk, as a short form */
	struct bh_config_text cmdline;         /* added to what the planner writes */
	struct bh_config_texts devices;   /* alias, label, path, compatible@address, PCI slot */
	struct bh_config_texts networks;  /* names of [net.NAME] */
	struct bh_config_text unsafe_dma; /* the consent, in the words the schema wants */
	struct bh_config_word console;    /* enum bh_console */
	struct bh_config_word gic;        /* enum bh_gic */
	struct bh_config_word transport;  /* enum bh_transport */
	struct bh_config_flag autostart;
	struct bh_config_texts after; /* VMs that must be ready first */
	struct bh_config_word ready;  /* enum bh_ready */
	struct bh_config_number ready_timeout;
	struct bh_config_flag watchdog;
	struct bh_config_flag vsock;
	struct bh_config_number vsock_cid; /* 0: chosen by the planner */
	struct bh_config_gpu gpu;
	struct bh_config_restart restart;
	struct {
		struct bh_config_disk *items;
		size_t count;
	} disks;
	struct {
		struct bh_config_nic *items;
		size_t count;
	} nics;
	struct {
		struct bh_config_share *items;
		size_t count;
	} shares;
	struct {
		struct bh_config_usb *items;
		size_t count;
	} usb;
	struct {
		struct bh_config_override_device *items;
		size_t count;
	} overrides;
};

enum bh_net_kind { BH_NET_BRIDGE, BH_NET_PASST };

struct bh_config_net {
	struct bh_config_text name;
	struct bh_config_word kind;     /* enum bh_net_kind */
	struct bh_config_text provider; /* the VM that leads out; NULL: none */
	struct bh_config_text subnet;   /* "10.0.0.0/24": addresses of nics lie in it */
	struct bh_config_number mtu;
	struct bh_config_text interface; /* a host interface put on the bridge */
};

struct bh_partition {
	struct bh_config_board board;
	struct {
		struct bh_config_vm *items;
		size_t count;
	} vms; /* in the order written */
	struct {
		struct bh_config_net *items;
		size_t count;
	} nets;
	struct {
		const char **items;
		size_t count;
	} files;               /* the file, then its drop-ins in order */
	struct bh_arena arena; /* what all of the above lives in */
};

/*
 * Reads the file and the drop-ins beside it: `bulkhead.d/NAME.toml` for a file in the same folder,
 * in the order of their names. 0; -EINVAL when there are errors (in `diags`, which also gets
 * warnings; the partition is then not to be used); -errno when a file cannot be read (also in
 * `diags`). Call bh_partition_finish() in every case, after the last use of the diagnostics: their
 * spans name files that live in the partition.
 */
int bh_partition_read(struct bh_partition *partition, const char *path, struct bh_diags *diags);

/* The same from memory, without drop-ins. `name` is what spans call it. */
int bh_partition_parse(struct bh_partition *partition, const char *name, const char *text,
		       size_t size, struct bh_diags *diags);

void bh_partition_finish(struct bh_partition *partition);

/* NULL when there is none of that name. */
const struct bh_config_vm *bh_partition_vm(const struct bh_partition *partition, const char *name);
const struct bh_config_net *bh_partition_net(const struct bh_partition *partition,
					     const char *name);

#endif
