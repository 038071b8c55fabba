/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks: small named functions in a table, each with the checks it builds upon, so that a later
 * one never looks at what an earlier one found broken. The plan has a table (check.c), a printed
 * tree another (emit/tree_check.c); one runner serves both.
 */
#ifndef BH_PLAN_CHECK_H
#define BH_PLAN_CHECK_H

#include "plan/plan.h"

struct bh_check {
	const char *name; /* stable: "claims-disjoint" */
	const char *code; /* of what it reports */
	enum bh_level level;
	const char *summary; /* one line */
	/* Reports to `diags`; true when all is well. */
	bool (*run)(const struct bh_check *check, const void *subject, struct bh_diags *diags);
	const char *needs[3]; /* names of checks further up in the table */
};

/* Runs a table. False when a check of level BH_ERROR failed. Checks whose needs failed are left
 * out. */
bool bh_checks_run(const struct bh_check *checks, size_t count, const void *subject,
		   struct bh_diags *diags);

extern const struct bh_check bh_plan_checks[];
extern const size_t bh_plan_check_count;

/* The plan's table on a plan. */
bool bh_plan_check(struct bh_plan *plan, struct bh_diags *diags);

/* Refuses what the manifest has no room for. */
void bh_plan_check_limits(struct bh_plan *plan, struct bh_plan_vm *vm);

#endif
