/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for jit.c where there is no LLVM: everything is interpreted. */
#include "gpu/shader/jit.h"

#include <stdlib.h>

unsigned bh_jit_widest(void)
{
	return 0;
}

bool bh_jit_check(const struct bh_shader *shader, struct bh_diags *diags)
{
	struct bh_diag *diag =
		bh_error(diags, "E2190", "this program was built without generated code");

	(void)shader;
	bh_diag_hint(diag, "use the interpreter, or build with LLVM");
	return false;
}

unsigned bh_jit_effort(const struct bh_jit_source *source)
{
	(void)source;
	return 0;
}

struct bh_jit_code *bh_jit_compile(const struct bh_jit_source *source)
{
	(void)source;
	return NULL;
}

void bh_jit_list(const struct bh_shader *shader, const struct bh_fused_key *key, unsigned lanes,
		 struct bh_buf *listing)
{
	(void)shader;
	(void)key;
	(void)lanes;
	(void)listing;
}

void bh_jit_destroy(struct bh_jit_code *code)
{
	(void)code;
}

bh_jit_entry *bh_jit_entry_of(const struct bh_jit_code *code)
{
	(void)code;
	return NULL;
}

bool bh_jit_is_quick(const struct bh_jit_code *code)
{
	(void)code;
	return false;
}

bh_fused_entry *bh_jit_fused_entry_of(const struct bh_jit_code *code)
{
	(void)code;
	return NULL;
}
