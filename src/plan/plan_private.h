/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the planner share. */
#ifndef BH_PLAN_PRIVATE_H
#define BH_PLAN_PRIVATE_H

#include "plan/plan.h"

/* The steps of one VM's plan, in this order. */
void bh_plan_join(struct bh_plan *plan, struct bh_plan_vm *vm);   /* suppliers come along */
void bh_plan_decide(struct bh_plan *plan, struct bh_plan_vm *vm); /* decisions and refusals */
void bh_plan_tie(struct bh_plan *plan, struct bh_plan_vm *vm);    /* who else is concerned */
void bh_plan_claim(struct bh_plan *plan, struct bh_plan_vm *vm);
void bh_plan_lay_out(struct bh_plan *plan, struct bh_plan_vm *vm);

/* PCI: who goes, with whom; then, when RAM has its place, where the BARs go. */
void bh_plan_functions(struct bh_plan *plan, struct bh_plan_vm *vm);
bool bh_plan_place_functions(struct bh_plan *plan, struct bh_plan_vm *vm);
bool bh_plan_add_function(struct bh_plan *plan, struct bh_plan_vm *vm,
			  const struct bh_pci_function *pci, bool along, struct bh_span span);

/* Rules for USB devices: refused without a controller; then what is plugged in elsewhere is told.
 */
void bh_plan_judge_usb(struct bh_plan *plan, struct bh_plan_vm *vm);
void bh_plan_tell_usb(struct bh_plan *plan, const struct bh_plan_vm *vm, struct bh_diags *diags);
void bh_plan_add_claim(struct bh_plan_vm *vm, struct bh_claim claim);

bool bh_plan_add_unit(struct bh_plan *plan, struct bh_plan_vm *vm, const struct bh_dt_node *unit,
		      enum bh_role role, const struct bh_ref *via, struct bh_span span);

/* Both strings are made by the caller in the plan's arena. */
struct bh_refusal *bh_plan_refuse(struct bh_plan *plan, struct bh_plan_vm *vm,
				  const struct bh_plan_unit *unit, const char *code,
				  const struct bh_ref *ref, const struct bh_dt_node *other,
				  const char *format, ...) __attribute__((format(printf, 7, 8)));
void bh_plan_hint(struct bh_plan *plan, struct bh_refusal *refusal, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "/soc/ethernet@1" as short as it is unambiguous, in the plan's arena. */
const char *bh_plan_name(struct bh_plan *plan, const struct bh_dt_node *node);

/* The unit a reference leads to, or NULL: the target is no device's. */
const struct bh_dt_node *bh_plan_target_unit(const struct bh_plan *plan, const struct bh_ref *ref);

/* A reference from outside the VM to a part of `unit`, whose owner could not go on without it. */
const struct bh_ref *bh_plan_outside_need(struct bh_plan *plan, struct bh_plan_vm *vm,
					  const struct bh_dt_node *unit);

/*
 * Instead of refusing the unit `head`: leaves out the chip whose reference `cause` refuses. False
 * when there is none, or when it is needed in the VM.
 */
bool bh_plan_leave_out(struct bh_plan *plan, struct bh_plan_vm *vm, const struct bh_dt_node *head,
		       const struct bh_decision *cause);
/* Decisions of and about chips that were left out in the end. */
void bh_plan_forget_left_out(struct bh_plan_vm *vm);

/* The default decision for a reference by its kind. */
void bh_plan_decide_kind(struct bh_plan *plan, struct bh_plan_vm *vm,
			 const struct bh_plan_unit *unit, struct bh_decision *decision);

/* What a kind of reference means for those left behind when its target is taken away. */
enum bh_behind {
	BH_BEHIND_IGNORE, /* a hint or a description: nothing breaks */
	BH_BEHIND_NEEDS,  /* the consumer stops working */
};
enum bh_behind bh_plan_behind(enum bh_ref_kind kind);

/* True for kinds whose target must be in the guest for the consumer to work. */
bool bh_plan_kind_joins(enum bh_ref_kind kind);

#endif
