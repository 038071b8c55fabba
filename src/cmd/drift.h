/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the tree that a plan is made from is the one that is meant: the one that the
 * configuration was written for, the one this machine runs with, the one of the plan before.
 */
#ifndef BH_CMD_DRIFT_H
#define BH_CMD_DRIFT_H

#include "cmd/session.h"

/* E0595: `fingerprint` in [board] names another tree. */
void bh_drift_check_pinned(struct bh_session *session);

/* E0596: the tree is a file, and this machine runs with another. For what changes the host. */
void bh_drift_check_live(struct bh_session *session);

/* E0597, a warning a VM: what runs, or was applied last, was planned on another tree. */
void bh_drift_check_applied(struct bh_session *session);

#endif
