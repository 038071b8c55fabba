/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pixels with several samples in fused code. Tests, blending and writing are each sample's, in
 * loops over them; the program runs once, for pixels of which a sample is left.
 */
#include "gpu/shader/fuse.h"

/* A loop over samples: code goes on for `sample`, and leaves it for `next`. */
struct loop {
	LLVMBasicBlockRef before, body, next, after;
	LLVMValueRef sample; /* its number, as i64 */
};

static void begin_loop(struct bh_fuse *f, struct loop *loop)
{
	struct bh_emit *e = f->e;

	loop->before = LLVMGetInsertBlock(e->builder);
	loop->body = bh_emit_new_block(e, "sample");
	loop->next = bh_emit_new_block(e, "next");
	loop->after = bh_emit_new_block(e, "sampled");
	LLVMBuildBr(e->builder, loop->body);
	LLVMPositionBuilderAtEnd(e->builder, loop->body);
	loop->sample = LLVMBuildPhi(e->builder, e->i64, "");
}

static void end_loop(struct bh_fuse *f, struct loop *loop)
{
	struct bh_emit *e = f->e;
	LLVMValueRef zero = bh_emit_offset(e, 0), following;

	LLVMBuildBr(e->builder, loop->next);
	LLVMPositionBuilderAtEnd(e->builder, loop->next);
	following = LLVMBuildAdd(e->builder, loop->sample, bh_emit_offset(e, 1), "");
	LLVMAddIncoming(loop->sample, &zero, &loop->before, 1);
	LLVMAddIncoming(loop->sample, &following, &loop->next, 1);
	LLVMBuildCondBr(e->builder,
			LLVMBuildICmp(e->builder, LLVMIntULT, following,
				      bh_emit_offset(e, f->key->samples), ""),
			loop->body, loop->after);
	LLVMPositionBuilderAtEnd(e->builder, loop->after);
}

/* Goes on with the next sample where no lane is left. */
static void leave_if_none(struct bh_emit *e, const struct loop *loop, LLVMValueRef bits)
{
	LLVMBasicBlockRef go_on = bh_emit_new_block(e, "some");

	LLVMBuildCondBr(e->builder, icmp(e, LLVMIntNE, bits, number(e, 0)), go_on, loop->next);
	LLVMPositionBuilderAtEnd(e->builder, go_on);
}

/* Where the run has a number of the sample's, of `size` bytes. */
static LLVMValueRef of_sample(struct bh_emit *e, LLVMValueRef sample, size_t offset, unsigned size)
{
	return LLVMBuildAdd(e->builder,
			    LLVMBuildMul(e->builder, sample, bh_emit_offset(e, size), ""),
			    bh_emit_offset(e, offset), "");
}

/* Where the run has the lanes of a sample of a group. */
static LLVMValueRef mask_offset(struct bh_emit *e, LLVMValueRef at, LLVMValueRef sample)
{
	LLVMValueRef offset = of_sample(e, at, offsetof(struct bh_fused_run, sample_masks),
					BH_FUSED_SAMPLES_MAX * sizeof(uint16_t));

	return LLVMBuildAdd(
		e->builder, offset,
		LLVMBuildMul(e->builder, sample, bh_emit_offset(e, sizeof(uint16_t)), ""), "");
}

static LLVMValueRef load_mask(struct bh_fuse *f, LLVMValueRef at, LLVMValueRef sample)
{
	struct bh_emit *e = f->e;
	LLVMValueRef bits = bh_emit_load_at(e, LLVMInt16TypeInContext(e->context), f->pixels.run,
					    mask_offset(e, at, sample));

	LLVMSetAlignment(bits, sizeof(uint16_t));
	return LLVMBuildZExt(e->builder, bits, e->i32, "");
}

static void store_mask(struct bh_fuse *f, LLVMValueRef at, LLVMValueRef sample, LLVMValueRef bits)
{
	struct bh_emit *e = f->e;

	bits = LLVMBuildTrunc(e->builder, bits, LLVMInt16TypeInContext(e->context), "");
	bh_emit_store_at(e, bits, f->pixels.run, mask_offset(e, at, sample));
	LLVMSetAlignment(LLVMGetLastInstruction(LLVMGetInsertBlock(e->builder)), sizeof(uint16_t));
}

static LLVMValueRef sample_field(struct bh_fuse *f, LLVMValueRef sample, size_t offset)
{
	struct bh_emit *e = f->e;

	return bh_emit_broadcast(e, bh_emit_load_at(e, e->f32, f->pixels.run,
						    of_sample(e, sample, offset, sizeof(float))));
}

static LLVMValueRef depth_at_sample(struct bh_fuse *f, LLVMValueRef sample)
{
	LLVMValueRef x = sample_field(f, sample, offsetof(struct bh_fused_run, sample_x));
	LLVMValueRef y = sample_field(f, sample, offsetof(struct bh_fused_run, sample_y));

	return bh_fuse_depth_at(f, fadd(f->e, f->dx, x), fadd(f->e, f->dy, y));
}

/* How far a sample's image is from the first. */
static LLVMValueRef image_offset(struct bh_fuse *f, LLVMValueRef sample, size_t stride)
{
	return LLVMBuildMul(f->e->builder, sample,
			    bh_emit_run_field(f->e, &f->pixels, f->e->i64, stride), "");
}

static LLVMValueRef test_sample(struct bh_fuse *f, LLVMValueRef sample, LLVMValueRef z,
				LLVMValueRef live, bool writes)
{
	struct bh_emit_test test = {.tested = NULL};
	LLVMValueRef image =
		image_offset(f, sample, offsetof(struct bh_fused_run, depth_sample_stride));
	LLVMValueRef passed = bh_emit_tests(f->e, &f->pixels, &test, image, z, live);

	if (writes)
		bh_emit_write_tests(f->e, &test, passed);
	return passed;
}

/* Leaves in the run which lanes of each sample passed, and returns those of any. */
static LLVMValueRef test_early(struct bh_fuse *f, LLVMValueRef at)
{
	struct bh_emit *e = f->e;
	LLVMValueRef any = bh_emit_slot(e, e->i32, "any"), bits, passed;
	struct loop loop;

	LLVMBuildStore(e->builder, number(e, 0), any);
	begin_loop(f, &loop);
	bits = load_mask(f, at, loop.sample);
	leave_if_none(e, &loop, bits);
	passed = test_sample(f, loop.sample, depth_at_sample(f, loop.sample),
			     bh_emit_bits_bools(e, bits), !f->discards);
	bits = bh_emit_bools_bits(e, passed);
	store_mask(f, at, loop.sample, bits);
	bits = LLVMBuildOr(e->builder, LLVMBuildLoad2(e->builder, e->i32, any, ""), bits, "");
	LLVMBuildStore(e->builder, bits, any);
	end_loop(f, &loop);
	return bh_emit_bits_bools(e, LLVMBuildLoad2(e->builder, e->i32, any, ""));
}

static bool has_centroids(const struct bh_fuse *f)
{
	for (unsigned i = 0; i < f->e->shader->info.input_count; i++) {
		if (f->key->inputs[i].centroid)
			return true;
	}
	return false;
}

/* The centre where all samples are covered, else the first that is. */
static void find_centroids(struct bh_fuse *f, LLVMValueRef at)
{
	struct bh_emit *e = f->e;
	LLVMValueRef x = fk(e, 0), y = x, all = LLVMConstAllOnes(e->vm);

	for (unsigned s = f->key->samples; s-- > 0;) {
		LLVMValueRef sample = bh_emit_offset(e, s);
		LLVMValueRef live = bh_emit_bits_bools(e, load_mask(f, at, sample));

		x = pick(e, live, sample_field(f, sample, offsetof(struct bh_fused_run, sample_x)),
			 x);
		y = pick(e, live, sample_field(f, sample, offsetof(struct bh_fused_run, sample_y)),
			 y);
		all = LLVMBuildAnd(e->builder, all, live, "");
	}
	f->centroid[0] = fadd(e, f->dx, pick(e, all, fk(e, 0), x));
	f->centroid[1] = fadd(e, f->dy, pick(e, all, fk(e, 0), y));
}

/* Whether the colour's alpha reaches as far as this sample. */
static LLVMValueRef covers(struct bh_fuse *f, LLVMValueRef sample, LLVMValueRef alpha)
{
	struct bh_emit *e = f->e;
	LLVMValueRef limit = LLVMBuildSIToFP(e->builder, sample, e->f32, "");

	limit = LLVMBuildFAdd(e->builder, limit, LLVMConstReal(e->f32, 0.5), "");
	return fcmp(e, LLVMRealOGT, fmul(e, alpha, fk(e, f->key->samples)),
		    bh_emit_broadcast(e, limit));
}

/* What is left of a sample after the program, in a loop. */
static LLVMValueRef finish_sample(struct bh_fuse *f, const struct loop *loop, LLVMValueRef live,
				  LLVMValueRef alpha, LLVMValueRef z)
{
	struct bh_emit *e = f->e;
	const struct bh_fused_key *key = f->key;
	/* Who was tested before passes again, and is written now. */
	bool tests = key->depth_format && (!f->early || (f->discards && key->depth_write));

	if (alpha)
		live = LLVMBuildAnd(e->builder, live, covers(f, loop->sample, alpha), "");
	leave_if_none(e, loop, bh_emit_bools_bits(e, live));
	if (tests) {
		live = test_sample(f, loop->sample, z ? z : depth_at_sample(f, loop->sample), live,
				   true);
		leave_if_none(e, loop, bh_emit_bools_bits(e, live));
	}
	if (key->counts)
		bh_fuse_count(f, live);
	return live;
}

void bh_fuse_samples(struct bh_fuse *f, LLVMValueRef at, LLVMValueRef live)
{
	struct bh_emit *e = f->e;
	const struct bh_fused_key *key = f->key;
	struct bh_emit_color colors[BH_FUSED_COLORS_MAX];
	LLVMValueRef alpha = NULL, z = NULL;
	struct loop loop;

	if (f->early)
		live = bh_fuse_leave_if_none(f, test_early(f, at));
	if (has_centroids(f))
		find_centroids(f, at);
	live = bh_fuse_run_program(f, live);
	if (key->alpha_to_coverage)
		alpha = bh_emit_saturate(e, bh_emit_output(e, (unsigned)key->alpha_output, 3));
	if (key->depth_output >= 0)
		z = bh_fuse_clamp_depth(f, bh_emit_output(e, (unsigned)key->depth_output, 2));
	for (unsigned i = 0; i < key->color_count; i++) {
		if (bh_emit_writes_color(e, i))
			bh_emit_begin_color(e, &f->pixels, &colors[i], i, live);
	}
	begin_loop(f, &loop);
	live = LLVMBuildAnd(e->builder, live, bh_emit_bits_bools(e, load_mask(f, at, loop.sample)),
			    "");
	live = finish_sample(f, &loop, live, alpha, z);
	for (unsigned i = 0; i < key->color_count; i++) {
		size_t stride =
			offsetof(struct bh_fused_run, color_sample_strides) + i * sizeof(uint64_t);

		if (bh_emit_writes_color(e, i))
			bh_emit_write_color(e, &f->pixels, &colors[i],
					    image_offset(f, loop.sample, stride), live);
	}
	end_loop(f, &loop);
}
