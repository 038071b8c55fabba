/* SPDX-License-Identifier: Apache-2.0 */
/* Machine code for shaders, by LLVM. Without LLVM, jit_none.c stands in. */
#ifndef BH_GPU_SHADER_JIT_H
#define BH_GPU_SHADER_JIT_H

#include "base/buf.h"
#include "gpu/shader/code_cache.h"
#include "gpu/shader/fused.h"
#include "gpu/shader/ir.h"

struct bh_jit_code;

typedef void bh_jit_entry(struct bh_invocation *invocation);

/* Lanes of the widest vectors that pay on this CPU; 0 when no code can be generated. */
unsigned bh_jit_widest(void);

/* False with E2190 or E2191 in the diagnostics when there will be no code for the shader. */
bool bh_jit_check(const struct bh_shader *shader, struct bh_diags *diags);

/* What is to be compiled. */
struct bh_jit_source {
	const struct bh_shader *shader;
	const struct bh_fused_key *key; /* NULL: the program alone */
	unsigned lanes;                 /* 4, 8 or 16; any CPU runs all of them */
	bool quick;                     /* the compiler's time matters more than the code's */
	struct bh_code_cache *cache;    /* may be NULL */
	/* Called when shader and key are not needed any more; may be NULL. */
	void (*was_read)(void *data);
	void *data;
};

/* How many of the compiler's instructions the code is made from: what it takes (effort.h). */
unsigned bh_jit_effort(const struct bh_jit_source *source);
/* NULL when the compiler fails. */
struct bh_jit_code *bh_jit_compile(const struct bh_jit_source *source);
void bh_jit_destroy(struct bh_jit_code *code);
bh_jit_entry *bh_jit_entry_of(const struct bh_jit_code *code);
/* Whether more of the compiler's time would make it better. */
bool bh_jit_is_quick(const struct bh_jit_code *code);
bh_fused_entry *bh_jit_fused_entry_of(const struct bh_jit_code *code);

/* Machine code as an assembler would have it; fused when there is a key. Nothing when there is
 * none. */
void bh_jit_list(const struct bh_shader *shader, const struct bh_fused_key *key, unsigned lanes,
		 struct bh_buf *listing);

#endif
