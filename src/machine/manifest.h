/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifest: everything one VMM process is told, as one flattened tree. src/emit prints it from
 * the plan, src/vmm reads it; this folder is what the two agree on.
 *
 * The planner decides every address and every interrupt number; the VMM decides none. The guest's
 * device tree is in the manifest, complete but for what only the start of the VM knows (where the
 * initrd lies, random seeds), so tree and machine are printed from the same plan and cannot
 * disagree.
 *
 * All pointers in a read manifest point into the blob it was read from, which the caller keeps.
 */
#ifndef BH_MACHINE_MANIFEST_H
#define BH_MACHINE_MANIFEST_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/range.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Readers refuse any other version. */
#define BH_MANIFEST_VERSION 1

#define BH_VCPUS_MAX         16
#define BH_DEVICES_MAX       32 /* assigned devices */
#define BH_REGIONS_MAX       16 /* a device */
#define BH_IRQS_MAX          64 /* a device */
#define BH_VIRTIO_MAX        24
#define BH_FUNCTIONS_MAX     32  /* assigned PCI functions */
#define BH_SCMI_IDS_MAX      128 /* a protocol */
#define BH_VIRTIO_QUEUES_MAX 16  /* block: queues; net: pairs */
#define BH_AFTER_MAX         128
#define BH_USB_RULES_MAX     256
#define BH_INTERFACE_MAX     15 /* characters of the name of a network interface */

enum bh_memory_kind {
	BH_MEMORY_ANONYMOUS, /* huge pages where the host gives them */
	BH_MEMORY_SHARED,    /* a memfd, for vhost-user back ends */
	BH_MEMORY_DIRECT, /* a reserved-memory region of the host; guest-physical = host-physical */
};

struct bh_manifest_memory {
	enum bh_memory_kind kind;
	struct bh_gpa base;
	uint64_t size;
	const char *region; /* direct: the name of the host's reserved-memory node */
};

enum bh_gic_version { BH_GIC_V2 = 2, BH_GIC_V3 = 3 };

struct bh_manifest_gic {
	enum bh_gic_version version;
	struct bh_gpa distributor;
	struct bh_gpa redistributor; /* v3: 128 KiB a vCPU; v2: the CPU interface, 8 KiB */
	bool has_its;                /* v3 only */
	struct bh_gpa its;           /* 128 KiB */
	uint32_t interrupts;         /* highest INTID + 1, a multiple of 32 */
};

/* One mapped region of an assigned device. Page-aligned on both sides. */
struct bh_manifest_region {
	uint32_t index; /* VFIO region index */
	struct bh_hpa host;
	struct bh_gpa guest; /* equal to host for platform devices */
	uint64_t size;
	bool write_combine;
};

struct bh_manifest_irq {
	uint32_t index; /* VFIO interrupt index */
	uint32_t intid; /* the guest's: SPIs begin at 32 */
	bool edge;      /* else level, active high */
};

enum bh_dma_mode {
	BH_DMA_NONE,   /* the device masters nothing */
	BH_DMA_IOMMU,  /* behind an IOMMU: guest RAM is mapped for it, and nothing else */
	BH_DMA_DIRECT, /* no IOMMU, by the user's consent: needs BH_MEMORY_DIRECT */
};

struct bh_manifest_device {
	const char *name; /* the host's platform device: "30be0000.ethernet" */
	const char *path; /* its node in the host's tree, for messages */
	enum bh_dma_mode dma;
	const char *quiesce; /* machine/quiesce.h; NULL: its resets stop it, or nothing does */
	const char *group;   /* its VFIO group, "fd:N"; NULL: the one that sysfs names */
	struct bh_manifest_region regions[BH_REGIONS_MAX];
	size_t region_count;
	struct bh_manifest_irq irqs[BH_IRQS_MAX];
	size_t irq_count;
};

/*
 * One PCI function of the host, assigned. It is always behind an IOMMU, and the guest's RAM is
 * mapped for it and pinned: such a VM has no balloon, and may lock as much memory as it has.
 *
 * What the planner answers for:
 * - all functions of the host that share its IOMMU group are in this VM, or bound to no driver of
 *   the host;
 * - where the guest sees it. A slot's function 0 exists when another function of it does;
 * - that the windows of `struct bh_manifest_pci` have room. The guest places the BARs; when a
 *   window's base is a multiple of its largest BAR, their sum is enough. Stock Linux puts 64-bit
 *   prefetchable BARs into window64 when there is one, all others into window32. A BAR counts with
 *   at least a page, a virtio device with 32 KiB of window32; ROMs and I/O ports count nothing, the
 *   guest does not see them. The host's /sys/bus/pci/devices/ADDRESS/resource has the sizes;
 * - that RAM lies in none of the IOMMU group's /sys/kernel/iommu_groups/N/reserved_regions (on an
 *   SMMU: the doorbell of messages at 0x8000000, 1 MiB);
 * - that the host's bridge is `dma-coherent`, as the guest's is: virtio needs that.
 *
 * What the VMM finds out when it takes the function: its group's number (of this boot), BARs,
 * capabilities, kinds and number of interrupts, how it can be reset. It refuses one that is not
 * `id`, and one whose BARs do not fit. Message interrupts go to the guest's ITS with the device id
 * slot * 8 + function; without an ITS, and for INTx, the line is intx[(slot + pin - 1) % 4], which
 * functions may share.
 */
struct bh_manifest_function {
	const char *host;        /* its address: "0000:00:02.0" */
	uint32_t id;             /* vendor << 16 | device; 0: not known to the planner */
	const char *group;       /* as a platform device's */
	uint32_t slot, function; /* where the guest sees it: 1..31, 0..7 */
};

/*
 * What the VM may do over SCMI. The id a guest uses is the index in the array; each stands for one
 * entry of a list (`clocks`, `resets`, `power-domains`) of one assigned device, as bulkhead.ko
 * serves it.
 */
struct bh_manifest_clock {
	const char *name;
	uint32_t device; /* index in `devices` */
	uint32_t index;  /* in that device's `clocks` */
	bool may_gate;   /* else enable and disable succeed and do nothing: the host holds it on */
	bool may_set_rate;
	uint64_t min_rate, max_rate; /* Hz; with may_set_rate */
};

struct bh_manifest_reset {
	const char *name;
	uint32_t device, index;
	bool may_assert; /* else refused */
};

struct bh_manifest_domain {
	const char *name;
	uint32_t device, index;
	bool may_switch; /* else the host holds it on and the guest is told it is on */
};

struct bh_manifest_scmi {
	bool present;
	struct bh_gpa shared; /* one page, outside RAM */
	uint32_t function;    /* the SMC function id the guest calls by HVC */
	struct bh_manifest_clock clocks[BH_SCMI_IDS_MAX];
	size_t clock_count;
	struct bh_manifest_reset resets[BH_SCMI_IDS_MAX];
	size_t reset_count;
	struct bh_manifest_domain domains[BH_SCMI_IDS_MAX];
	size_t domain_count;
};

enum bh_virtio_kind {
	BH_VIRTIO_BLOCK,
	BH_VIRTIO_NET,
	BH_VIRTIO_CONSOLE,
	BH_VIRTIO_VSOCK,
	BH_VIRTIO_RNG,
	BH_VIRTIO_GPU, /* vhost-user */
	BH_VIRTIO_FS,  /* vhost-user */
	BH_VIRTIO_BALLOON,
};

enum bh_net_backend {
	BH_NET_TAP,       /* `host` names the tap */
	BH_NET_TAP_VHOST, /* the same with vhost-net */
	BH_NET_SOCKET,    /* `host` is the path of a stream socket (passt) */
};

/* What a virtual GPU offers: nothing in 3D, or OpenGL up to a version. */
enum bh_graphics {
	BH_GRAPHICS_SERVERS, /* the server's own choice */
	BH_GRAPHICS_2D,
	BH_GRAPHICS_GLES2,
	BH_GRAPHICS_GLES3,
	BH_GRAPHICS_GL33,
};

struct bh_manifest_virtio {
	enum bh_virtio_kind kind;
	const char *name; /* unique in the VM: "disk0" */

	/* On PCI (with MSI-X) `slot` is the device number; else registers and interrupt of its own.
	 */
	bool pci;
	uint32_t slot;
	struct bh_gpa registers; /* mmio: 512 bytes, in a page of its own */
	uint32_t intid;          /* mmio: edge SPI */

	uint32_t queues; /* block, net: queue (pairs); 0 means 1 */

	/* block: the image; net: see backend; gpu, fs: the vhost-user socket; others NULL */
	const char *host;
	bool readonly;      /* block */
	bool no_discard;    /* block: what the guest discards stays on the host */
	const char *serial; /* block: what the guest knows the disk by; NULL: `name` */
	/* gpu, fs: the launcher starts the server, and `host` is NULL or not looked at. */
	bool serve;
	const char *folder;          /* fs: what is shared; with `serve` */
	uint32_t width, height;      /* gpu: the screens' mode; 0: the server's own */
	uint64_t quota;              /* gpu: bytes that the guest may use; 0: the server's own */
	uint32_t workers;            /* gpu: threads; 0: the server's own */
	enum bh_graphics graphics;   /* gpu: what is offered at most */
	bool vhost_user;             /* block: `host` is the socket of a vhost-user back end */
	enum bh_net_backend backend; /* net */
	uint8_t mac[6];              /* net */
	const char *vhost;           /* net: what has the kernel's vhost; NULL: /dev/vhost-net */
	uint64_t cid;                /* vsock */
	const char *tag;             /* fs */
	uint64_t floor; /* balloon: it leaves the guest so many bytes, whatever it is told */

	/* net with a tap, for the host: the tap is a port of this bridge. NULL: the tap is
	 * another's. */
	const char *bridge;
	const char *uplink; /* an interface of the host that is a port of the bridge too, or NULL */
	const char *address; /* "10.0.0.2": the guest may use no other; NULL: any */
	bool forwards;       /* leads out: it may send what others wrote */
	uint32_t mtu;        /* told to the guest too; 0: 1500, and the guest is told nothing */
};

/* Another process serves its queues. */
static inline bool bh_virtio_is_served(const struct bh_manifest_virtio *virtio)
{
	return virtio->vhost_user || virtio->kind == BH_VIRTIO_GPU || virtio->kind == BH_VIRTIO_FS;
}

struct bh_manifest_pci {
	bool present;
	struct bh_gpa config;     /* ECAM, 1 MiB: one bus */
	struct bh_range window32; /* guest-physical = bus address */
	struct bh_range window64; /* size 0: none */
	uint32_t intx[4];         /* SPIs of INTA..INTD */
};

/* A 16550 at fixed registers: the earliest console, and the only one before virtio. */
struct bh_manifest_uart {
	bool present;
	struct bh_gpa registers;
	uint32_t intid;
};

/* A VM that must be ready before this one is started. */
struct bh_manifest_after {
	const char *vm;
};

/* USB devices that the VM would have: all that is written must match. */
struct bh_manifest_usb {
	const char *device; /* "046d:c31c", "046d:*"; NULL: any */
	const char *class;  /* "03", "03:01:02"; NULL: any */
	const char *port;   /* "1-1.2"; NULL: any */
	bool allow;         /* else the VM must not have it, whatever later rules say */
};

/* A generic watchdog: its control page, and its refresh page behind that. */
struct bh_manifest_watchdog {
	bool present;
	struct bh_gpa registers;
};

enum bh_restart { BH_RESTART_NEVER, BH_RESTART_ON_FAILURE, BH_RESTART_ALWAYS };

struct bh_manifest {
	const char *vm; /* the VM's name */
	uint32_t vcpus;
	struct bh_manifest_memory memory;
	struct bh_manifest_gic gic;
	struct bh_manifest_uart uart;
	struct bh_manifest_watchdog watchdog;
	struct bh_manifest_pci pci;
	struct bh_manifest_scmi scmi;
	struct bh_manifest_device devices[BH_DEVICES_MAX];
	size_t device_count;
	struct bh_manifest_function functions[BH_FUNCTIONS_MAX];
	size_t function_count;
	struct bh_manifest_virtio virtio[BH_VIRTIO_MAX];
	size_t virtio_count;
	const char *kernel; /* path of an arm64 Image */
	const char *initrd; /* path; NULL: none */
	const void *tree;   /* the guest's device tree, a blob */
	size_t tree_size;
	enum bh_restart restart;
	uint32_t restart_limit; /* restarts in a row before the VM is left down; 0: no limit */
	/* In milliseconds: before the first restart in a row; where doubling stops; and how long a
	 * VM runs that begins a new row. 0: the launcher's own. */
	uint32_t restart_delay, restart_max_delay, restart_settled;

	struct bh_manifest_after after[BH_AFTER_MAX];
	size_t after_count;
	bool ready_by_vsock;    /* the guest says when it is ready; else it is when it runs */
	uint32_t ready_timeout; /* in milliseconds: how long others wait; 0: for ever */
	struct bh_manifest_usb usb[BH_USB_RULES_MAX];
	size_t usb_count;
	/* bh_dt_fingerprint() of the host's tree that the plan was made from; 0: not said. */
	uint64_t board_tree;
	const char *container; /* VFIO's, "fd:N"; NULL: /dev/vfio/vfio */
	uint64_t memory_limit; /* of the VMM and all it starts, guest included, in bytes; 0: none */
	uint32_t process_limit; /* processes and threads; 0: none */
	const char *cpus;       /* the host's that the VM may run on, "2,3"; NULL: all */
};

/*
 * Reads and checks a manifest: version, every limit above, that no two guest ranges overlap, that
 * no interrupt has two owners, that direct DMA has direct memory. After this the VMM trusts the
 * structure, not the files it names. Codes: E1000-E1019.
 */
bool bh_manifest_read(struct bh_manifest *manifest, const void *blob, size_t size,
		      struct bh_diags *diags);

/* Prints the blob of a manifest. The structure must be one that bh_manifest_read() accepts. */
bool bh_manifest_write(const struct bh_manifest *manifest, struct bh_buf *blob,
		       struct bh_diags *diags);

/* What a person reads: one line a fact, in a fixed order. The guest's tree is named, not shown. */
void bh_manifest_dump(const struct bh_manifest *manifest, struct bh_buf *text);

#endif
