/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/drift.h"

#include "dt/fingerprint.h"
#include "host/rundir.h"
#include "machine/manifest.h"

#include "base/file.h"
#include "base/str.h"

#include <inttypes.h>
#include <stdlib.h>

#define MANIFEST_MAX (8u << 20)

void bh_drift_check_pinned(struct bh_session *s)
{
	const struct bh_config_text *pin = &s->partition.board.fingerprint;
	struct bh_diag *diag;
	char *now;

	if (!s->has_partition || !s->has_survey || !pin->value)
		return;
	now = bh_strf("%016" PRIx64, s->survey.fingerprint);
	if (!bh_str_eq(now, pin->value)) {
		diag = bh_error(&s->diags, "E0595", "this is not the tree that was planned for");
		bh_diag_at(diag, pin->span);
		bh_diag_cause(diag, "its fingerprint is %s", now);
		bh_diag_hint(diag, "look through the plan again; when it is right, write the new "
				   "fingerprint here");
	}
	free(now);
}

static void add_node(struct bh_buf *text, const char *what, const struct bh_dt_node *node,
		     const char *property, size_t count)
{
	if (!node)
		return;
	bh_buf_addf(text, "%s%s ", text->length ? "; " : "", what);
	bh_dt_add_path(text, node);
	if (property)
		bh_buf_addf(text, " (%s)", property);
	if (count > 1)
		bh_buf_addf(text, " and %zu more", count - 1);
}

void bh_drift_check_live(struct bh_session *s)
{
	const char *path = bh_session_live_tree();
	struct bh_dt_difference d;
	struct bh_buf text = {0};
	struct bh_diag *diag;
	struct bh_dt live;

	if (s->is_live || !s->has_survey || !bh_path_exists(path) ||
	    !bh_dt_load(&live, path, &s->diags))
		return;
	if (bh_dt_fingerprint(&live) != s->survey.fingerprint) {
		bh_dt_compare(&s->tree, &live, &d);
		add_node(&text, "changed:", d.first_changed, d.property, d.changed);
		add_node(&text, "no longer there:", d.first_removed, NULL, d.removed);
		add_node(&text, "new:", d.first_added, NULL, d.added);
		diag = bh_error(&s->diags, "E0596", "this machine runs with another device tree");
		bh_diag_cause(diag, "%s", bh_buf_str(&text));
		bh_diag_hint(diag, "plan on the board itself: `tree = \"live\"` in [board]");
		bh_buf_finish(&text);
	}
	bh_dt_finish(&live);
}

/* The fingerprint in a manifest on disk; 0 when there is none, or it does not say. */
static uint64_t planned_on(const char *path)
{
	struct bh_manifest *manifest = bh_alloc(sizeof(*manifest));
	struct bh_diags quiet = {0};
	uint64_t fingerprint = 0;
	char *blob;
	size_t size;

	if (!bh_file_read(path, MANIFEST_MAX, &blob, &size)) {
		if (bh_manifest_read(manifest, blob, size, &quiet))
			fingerprint = manifest->board_tree;
		free(blob);
	}
	bh_diags_finish(&quiet);
	free(manifest);
	return fingerprint;
}

void bh_drift_check_applied(struct bh_session *s)
{
	char *run = bh_run_path();

	for (size_t v = 0; s->has_plan && v < s->plan.vm_count; v++) {
		const struct bh_config_text *name = &s->plan.vms[v].config->name;
		char *running = bh_vm_path(run, name->value, "manifest");
		char *applied = bh_strf("%s/plan/%s", run, name->value);
		uint64_t before = planned_on(running);
		struct bh_diag *diag;

		if (!before)
			before = planned_on(applied);
		free(running);
		free(applied);
		if (!before || before == s->survey.fingerprint)
			continue;
		diag = bh_warning(&s->diags, "E0597",
				  "VM %s was planned on another device tree than this one",
				  name->value);
		bh_diag_at(diag, name->span);
		bh_diag_cause(diag, "then %016" PRIx64 ", now %016" PRIx64, before,
			      s->survey.fingerprint);
		bh_diag_hint(diag, "`bulkhead apply` starts it again as this plan says");
	}
	free(run);
}
