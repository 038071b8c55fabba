/* SPDX-License-Identifier: Apache-2.0 */
/* The table of verbs, in the order in which help shows them. */
#include "cmd/verb.h"

/* clang-format off */
const struct bh_verb *const bh_verbs[] = {
	&bh_verb_config,
	&bh_verb_device,
	&bh_verb_plan,
	&bh_verb_dt,
	&bh_verb_board,
	&bh_verb_apply,
	&bh_verb_start,
	&bh_verb_stop,
	&bh_verb_restart,
	&bh_verb_pause,
	&bh_verb_resume,
	&bh_verb_status,
	&bh_verb_top,
	&bh_verb_events,
	&bh_verb_balloon,
	&bh_verb_console,
	&bh_verb_log,
	&bh_verb_show,
	&bh_verb_doctor,
	&bh_verb_gpu,
	&bh_verb_lab,
	&bh_verb_explain,
	&bh_verb_completion,
	&bh_verb_version,
	NULL,
};
/* clang-format on */
