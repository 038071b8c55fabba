/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control flow. Lanes that do not take a way are masked; where no lane takes it, it is jumped over.
 * The masks are the interpreter's (interp.c), all lanes of a group at once.
 */
#include "gpu/shader/emit.h"

#define SHORT_BRANCH 6 /* instructions that cost less than a jump over them */

static LLVMValueRef and_masks(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildAnd(e->builder, a, b, "");
}

static LLVMValueRef without(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return and_masks(e, a, LLVMBuildNot(e->builder, b, ""));
}

static LLVMValueRef load_mask(struct bh_emit *e, unsigned variable)
{
	return bh_emit_get(e, e->vi, variable);
}

static void store_mask(struct bh_emit *e, LLVMValueRef mask, unsigned variable)
{
	bh_emit_set(e, variable, mask);
}

static void update_executing(struct bh_emit *e)
{
	LLVMValueRef mask = and_masks(e, load_mask(e, e->condition), load_mask(e, e->running));

	mask = and_masks(e, mask, load_mask(e, e->continuing));
	if (e->has_return)
		mask = without(e, mask, load_mask(e, e->gone));
	store_mask(e, mask, e->executing);
}

LLVMValueRef bh_emit_whole_quads(struct bh_emit *e, LLVMValueRef bits)
{
	LLVMBuilderRef b = e->builder;
	LLVMValueRef one = LLVMConstInt(e->i32, 1, false), two = LLVMConstInt(e->i32, 2, false);

	bits = LLVMBuildOr(b, bits, LLVMBuildLShr(b, bits, one, ""), "");
	bits = LLVMBuildOr(b, bits, LLVMBuildLShr(b, bits, two, ""), "");
	bits = LLVMBuildAnd(b, bits, LLVMConstInt(e->i32, 0x11111111, false), "");
	return LLVMBuildMul(b, bits, LLVMConstInt(e->i32, 15, false), "");
}

void bh_emit_flow_begin(struct bh_emit *e)
{
	const struct bh_shader *shader = e->shader;
	LLVMValueRef bits = e->mask_bits;
	LLVMValueRef all = bh_emit_splat_int(e, UINT32_MAX);

	if (!bits)
		bits = bh_emit_load_at(e, e->i32, e->invocation,
				       bh_emit_offset(e, offsetof(struct bh_invocation, mask)));
	for (size_t i = 0; i < shader->inst_count; i++) {
		e->has_flow |= bh_op_infos[shader->insts[i].op].class == BH_CLASS_FLOW &&
			       shader->insts[i].op != BH_OP_END;
		e->has_return |= shader->insts[i].op == BH_OP_RET;
	}
	e->live = bh_emit_variable(e, e->vi, bh_emit_bits_mask(e, bits));
	if (!e->has_flow)
		return;
	e->started = bh_emit_variable(e, e->vi, bh_emit_bits_mask(e, bits));
	if (shader->info.stage == BH_STAGE_FRAGMENT)
		bits = bh_emit_whole_quads(e, bits);
	e->condition = bh_emit_variable(e, e->vi, bh_emit_bits_mask(e, bits));
	e->running = bh_emit_variable(e, e->vi, all);
	e->continuing = bh_emit_variable(e, e->vi, all);
	e->gone = bh_emit_variable(e, e->vi, bh_emit_splat_int(e, 0));
	e->executing = bh_emit_variable(e, e->vi, all);
	update_executing(e);
}

LLVMValueRef bh_emit_executing(struct bh_emit *e)
{
	/* Outside of everything no lane needs protection: what dead lanes hold is never seen. */
	return e->block_count || e->has_return ? load_mask(e, e->executing) : NULL;
}

void bh_emit_kill(struct bh_emit *e, const struct bh_inst *inst)
{
	LLVMValueRef lanes = bh_emit_executing(e), hit = NULL;

	for (unsigned i = 0; inst->op == BH_OP_KILL_IF && i < 4; i++) {
		LLVMValueRef v = bh_emit_as_float(e, bh_emit_source(e, &inst->source[0], i, false));
		LLVMValueRef below =
			LLVMBuildFCmp(e->builder, LLVMRealOLT, v, bh_emit_splat_float(e, 0), "");

		/* The same component again adds nothing. */
		for (unsigned k = 0; k < i; k++) {
			if (inst->source[0].swizzle[k] == inst->source[0].swizzle[i])
				below = NULL;
		}
		if (below)
			hit = hit ? LLVMBuildOr(e->builder, hit, below, "") : below;
	}
	if (hit)
		hit = LLVMBuildSExt(e->builder, hit, e->vi, "");
	else
		hit = bh_emit_splat_int(e, UINT32_MAX);
	if (lanes)
		hit = and_masks(e, hit, lanes);
	store_mask(e, without(e, load_mask(e, e->live), hit), e->live);
}

/* Whether it pays to jump over the instructions from `at` to `end` when no lane takes them. */
static bool worth_a_branch(const struct bh_emit *e, uint32_t at, uint32_t end)
{
	if (end - at > SHORT_BRANCH)
		return true;
	for (uint32_t i = at; i < end; i++) {
		enum bh_op_class class = bh_op_infos[e->shader->insts[i].op].class;

		if (class == BH_CLASS_TEXTURE || e->shader->insts[i].op == BH_OP_BGNLOOP ||
		    e->shader->insts[i].op == BH_OP_EMIT)
			return true;
	}
	return false;
}

static struct bh_emit_block *open_block(struct bh_emit *e)
{
	struct bh_emit_block *block = &e->blocks[e->block_count++];

	*block = (struct bh_emit_block){0};
	return block;
}

/* Goes on in a new block if any lane executes, else where the block meets it again. */
static void branch_if_any(struct bh_emit *e, struct bh_emit_block *block)
{
	LLVMBasicBlockRef then = bh_emit_new_block(e, "then");

	block->branches = true;
	bh_emit_fork(e, &block->fork, bh_emit_any(e, load_mask(e, e->executing)), then,
		     bh_emit_new_block(e, "else"));
}

static void emit_if(struct bh_emit *e, const struct bh_inst *inst, uint32_t at)
{
	bool integer = inst->op == BH_OP_UIF;
	LLVMValueRef v = bh_emit_source(e, &inst->source[0], 0, integer), truth;
	struct bh_emit_block *block = open_block(e);

	if (integer)
		truth = LLVMBuildICmp(e->builder, LLVMIntNE, bh_emit_as_int(e, v),
				      bh_emit_splat_int(e, 0), "");
	else
		truth = LLVMBuildFCmp(e->builder, LLVMRealUNE, bh_emit_as_float(e, v),
				      bh_emit_splat_float(e, 0), "");
	block->condition = load_mask(e, e->condition);
	store_mask(e, and_masks(e, block->condition, LLVMBuildSExt(e->builder, truth, e->vi, "")),
		   e->condition);
	update_executing(e);
	if (worth_a_branch(e, at + 1, inst->jump))
		branch_if_any(e, block);
}

static void emit_else(struct bh_emit *e, const struct bh_inst *inst, uint32_t at)
{
	struct bh_emit_block *block = &e->blocks[e->block_count - 1];

	if (block->branches)
		bh_emit_meet(e, &block->fork);
	block->branches = false;
	store_mask(e, without(e, block->condition, load_mask(e, e->condition)), e->condition);
	update_executing(e);
	if (worth_a_branch(e, at + 1, inst->jump))
		branch_if_any(e, block);
}

static void emit_endif(struct bh_emit *e)
{
	struct bh_emit_block *block = &e->blocks[e->block_count - 1];

	if (block->branches)
		bh_emit_meet(e, &block->fork);
	store_mask(e, block->condition, e->condition);
	update_executing(e);
	e->block_count--;
}

static void emit_loop_begin(struct bh_emit *e)
{
	struct bh_emit_block *block = open_block(e);
	LLVMValueRef lanes = load_mask(e, e->executing);

	block->is_loop = true;
	block->running = load_mask(e, e->running);
	block->continuing = load_mask(e, e->continuing);
	block->body = bh_emit_new_block(e, "loop");
	block->after = bh_emit_new_block(e, "after");
	store_mask(e, lanes, e->running);
	store_mask(e, bh_emit_splat_int(e, UINT32_MAX), e->continuing);
	LLVMBuildCondBr(e->builder, bh_emit_any(e, lanes), block->body, block->after);
	LLVMPositionBuilderAtEnd(e->builder, block->body);
}

/* Takes one from the fuel and goes to `next`, or gives up. */
static void burn_fuel(struct bh_emit *e, LLVMBasicBlockRef next)
{
	LLVMBasicBlockRef out = bh_emit_new_block(e, "out_of_fuel");
	LLVMBasicBlockRef burn = bh_emit_new_block(e, "burn");
	LLVMValueRef place = bh_emit_offset(e, offsetof(struct bh_invocation, fuel));
	LLVMValueRef fuel = bh_emit_load_at(e, e->i64, e->invocation, place);
	LLVMValueRef zero = LLVMConstInt(e->i64, 0, false), one = LLVMConstInt(e->i64, 1, false);

	LLVMBuildCondBr(e->builder, LLVMBuildICmp(e->builder, LLVMIntEQ, fuel, zero, ""), out,
			burn);
	LLVMPositionBuilderAtEnd(e->builder, out);
	bh_emit_store_at(e, LLVMConstInt(e->i8, 1, false), e->invocation,
			 bh_emit_offset(e, offsetof(struct bh_invocation, lost)));
	LLVMBuildBr(e->builder, e->finish);
	LLVMPositionBuilderAtEnd(e->builder, burn);
	bh_emit_store_at(e, LLVMBuildSub(e->builder, fuel, one, ""), e->invocation, place);
	LLVMBuildBr(e->builder, next);
}

static void emit_loop_end(struct bh_emit *e)
{
	struct bh_emit_block *block = &e->blocks[e->block_count - 1];
	LLVMBasicBlockRef again = bh_emit_new_block(e, "again");
	LLVMValueRef running = load_mask(e, e->running);

	store_mask(e, bh_emit_splat_int(e, UINT32_MAX), e->continuing);
	if (e->shader->info.kills) {
		LLVMValueRef killed = without(e, load_mask(e, e->started), load_mask(e, e->live));

		running = without(e, running, killed);
		store_mask(e, running, e->running);
	}
	update_executing(e);
	LLVMBuildCondBr(e->builder, bh_emit_any(e, load_mask(e, e->executing)), again,
			block->after);
	LLVMPositionBuilderAtEnd(e->builder, again);
	burn_fuel(e, block->body);
	LLVMPositionBuilderAtEnd(e->builder, block->after);
	store_mask(e, block->running, e->running);
	store_mask(e, block->continuing, e->continuing);
	update_executing(e);
	e->block_count--;
}

static void leave(struct bh_emit *e, unsigned mask)
{
	store_mask(e, without(e, load_mask(e, mask), load_mask(e, e->executing)), mask);
	update_executing(e);
}

/* Hands the lanes' vertices, or the ends of their strips, to the invocation's function. */
static void emit_vertex(struct bh_emit *e, bool ends)
{
	LLVMTypeRef parameters[] = {e->bytes, e->i32, e->i32};
	LLVMTypeRef type =
		LLVMFunctionType(LLVMVoidTypeInContext(e->context), parameters, 3, false);
	LLVMBasicBlockRef call = bh_emit_new_block(e, "emit"),
			  after = bh_emit_new_block(e, "emitted");
	LLVMValueRef lanes = bh_emit_mask_bits(e, load_mask(e, e->executing)), function;
	LLVMValueRef some =
		LLVMBuildICmp(e->builder, LLVMIntNE, lanes, LLVMConstInt(e->i32, 0, false), "");

	LLVMBuildCondBr(e->builder, some, call, after);
	LLVMPositionBuilderAtEnd(e->builder, call);
	bh_emit_outputs(e);
	function = bh_emit_load_at(e, e->bytes, e->invocation,
				   bh_emit_offset(e, offsetof(struct bh_invocation, emit)));
	function = LLVMBuildBitCast(e->builder, function, LLVMPointerType(type, 0), "");
	LLVMBuildCall2(e->builder, type, function,
		       (LLVMValueRef[]){LLVMBuildBitCast(e->builder, e->invocation, e->bytes, ""),
					lanes, LLVMConstInt(e->i32, ends, false)},
		       3, "");
	LLVMBuildBr(e->builder, after);
	LLVMPositionBuilderAtEnd(e->builder, after);
}

void bh_emit_flow(struct bh_emit *e, const struct bh_inst *inst, uint32_t at)
{
	switch (inst->op) {
	case BH_OP_IF:
	case BH_OP_UIF:
		emit_if(e, inst, at);
		break;
	case BH_OP_ELSE:
		emit_else(e, inst, at);
		break;
	case BH_OP_ENDIF:
		emit_endif(e);
		break;
	case BH_OP_BGNLOOP:
		emit_loop_begin(e);
		break;
	case BH_OP_ENDLOOP:
		emit_loop_end(e);
		break;
	case BH_OP_EMIT:
	case BH_OP_ENDPRIM:
		emit_vertex(e, inst->op == BH_OP_ENDPRIM);
		break;
	case BH_OP_BRK:
		leave(e, e->running);
		break;
	case BH_OP_CONT:
		leave(e, e->continuing);
		break;
	case BH_OP_RET:
		store_mask(e,
			   LLVMBuildOr(e->builder, load_mask(e, e->gone),
				       load_mask(e, e->executing), ""),
			   e->gone);
		update_executing(e);
		break;
	default:
		break;
	}
}
