/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What IOMMUs stopped: a device reached for an address that is not its VM's. The kernel tells it in
 * its log only, each IOMMU's driver and each generation of kernels in other words; this reads them.
 * The kernel limits how often it says so: few messages may stand for many attempts.
 */
#ifndef BH_HOST_FAULTS_H
#define BH_HOST_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bh_fault_access { BH_FAULT_ACCESS, BH_FAULT_READ, BH_FAULT_WRITE };

struct bh_fault {
	uint64_t time_us; /* since the host's boot */
	char iommu[48];   /* "9050000.smmuv3" */
	char device[48];  /* "0000:00:02.0"; "": the kernel names the stream only */
	uint32_t stream;  /* the stream id; a PCI function's is often its bus * 256 + devfn */
	uint64_t address; /* as the device gave it */
	enum bh_fault_access access;
	char reason[32]; /* "F_TRANSLATION": as the IOMMU's specification calls it */
};

/* SMMUv3 as kernels before 6.14 print it: an event is a line and four numbers. */
#define BH_FAULT_WORDS   4
#define BH_FAULT_SOURCES 8

struct bh_faults {
	int fd; /* of the kernel's log; -1: records are fed */
	struct bh_fault_source {
		char iommu[48];
		unsigned words; /* of the event that is being told */
		uint64_t event[BH_FAULT_WORDS];
		bool telling, told; /* told: the event, whole, was the last that it said */
	} sources[BH_FAULT_SOURCES];
	size_t source_count;
};

/*
 * Opens the kernel's log, `path` or /dev/kmsg, from its end or from its beginning. Returns 0 or a
 * negative errno (-EPERM: the host keeps its log from users). Without a log (path ""), for records
 * that are fed.
 */
int bh_faults_open(struct bh_faults *faults, const char *path, bool from_now);
void bh_faults_close(struct bh_faults *faults);

/* The next fault that the log tells of: false when there is none now. Never waits. */
bool bh_faults_next(struct bh_faults *faults, struct bh_fault *fault);

/* One record as /dev/kmsg gives it: "6,1234,5678901,-;text". True when it completes a fault. */
bool bh_faults_feed(struct bh_faults *faults, const char *record, size_t length,
		    struct bh_fault *fault);

/* Whether it was this PCI function ("0000:00:02.0"). */
bool bh_fault_is_by(const struct bh_fault *fault, const char *function);

/* "write to 0x40000000 (F_TRANSLATION, 9050000.smmuv3)" */
void bh_fault_text(const struct bh_fault *fault, char *text, size_t room);

#endif
