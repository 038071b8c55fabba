/* SPDX-License-Identifier: Apache-2.0 */
/* How plans are told: as text for people, as JSON for programs. */
#ifndef BH_CMD_DEVICE_TEXT_H
#define BH_CMD_DEVICE_TEXT_H

#include "cmd/session.h"

#include <jansson.h>

/* The explanation of one device in its VM's plan. */
void bh_device_text(struct bh_buf *text, const struct bh_plan *plan, const struct bh_plan_vm *vm,
		    const struct bh_dt_node *device);
json_t *bh_device_json(const struct bh_plan *plan, const struct bh_plan_vm *vm,
		       const struct bh_dt_node *device);

/* All devices; as rows of `rows`, or on stdout when that is NULL. */
void bh_device_list(struct bh_session *session, const struct bh_config_vm *vm, json_t *rows,
		    bool all);

/* The same of a PCI function. */
void bh_function_text(struct bh_buf *text, const struct bh_plan *plan, const struct bh_plan_vm *vm,
		      const struct bh_pci_function *pci);
json_t *bh_function_json(const struct bh_survey *survey, const struct bh_pci_function *pci,
			 bool along);

/* Why two units are tied, as a clause. */
const char *bh_tie_text(const struct bh_tie *tie);

/* A node's path; null without one. */
json_t *bh_path_json(const struct bh_dt_node *node);
/* One decision, refusal as JSON. */
json_t *bh_decision_json(const struct bh_plan *plan, const struct bh_decision *decision);
json_t *bh_refusal_json(const struct bh_refusal *refusal);

#endif
