/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host needs to run VMs, looked at without changing anything: one row of a table for each
 * thing, with what was found, what is wrong, and how to mend it.
 */
#ifndef BH_HOST_DOCTOR_H
#define BH_HOST_DOCTOR_H

#include "host/doctor_facts.h"

#include <stddef.h>

enum bh_outcome {
	BH_OUTCOME_OK,
	BH_OUTCOME_UNKNOWN, /* it could not be found out */
	BH_OUTCOME_WARN,    /* VMs run; something that some of them need is missing */
	BH_OUTCOME_FAIL,    /* no VM can run */
};

struct bh_finding {
	enum bh_outcome outcome;
	char *found; /* never NULL after the check */
	char *cause; /* what is wrong; NULL when nothing is */
	char *mend;  /* one next step; NULL when nothing is wrong */
};

struct bh_doctor_check {
	const char *name;  /* stable: scripts look for it */
	const char *code;  /* of the page that tells more */
	const char *title; /* what it is for */
	void (*run)(const struct bh_host_facts *facts, struct bh_finding *finding);
};

extern const struct bh_doctor_check bh_doctor_checks[]; /* ends with a NULL name */

struct bh_finding bh_doctor_run(const struct bh_doctor_check *check,
				const struct bh_host_facts *facts);
void bh_finding_finish(struct bh_finding *finding);

/* "ok", "unknown", "warn", "fail" */
const char *bh_outcome_name(enum bh_outcome outcome);

/* For the checks. */
void bh_found(struct bh_finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void bh_trouble(struct bh_finding *finding, enum bh_outcome outcome, const char *cause,
		const char *mend);

/* The rows' functions: doctor_machine.c, doctor_devices.c, doctor_kernel.c, doctor_isolation.c. */
void bh_check_cpu(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_kernel(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_kvm(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_hyp(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_gic(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_scmi(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_hugepages(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_memory(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_reserved(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_iommu(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_vfio(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_vfio_pci(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_module(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_tun(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_vhost_net(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_vhost_vsock(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_options(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_cgroup(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_namespaces(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_landlock(const struct bh_host_facts *facts, struct bh_finding *finding);
void bh_check_seccomp(const struct bh_host_facts *facts, struct bh_finding *finding);

#endif
