/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/shader/interp.h"

#include "gpu/texture/texture.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define LANES BH_INTERP_LANES
#define ALL   ((1u << LANES) - 1)

typedef uint32_t vec __attribute__((vector_size(16)));
typedef int32_t ivec __attribute__((vector_size(16)));
typedef float fvec __attribute__((vector_size(16)));

struct loop {
	uint32_t running, continuing; /* of the loop around it */
};

struct interp {
	const struct bh_shader *shader;
	struct bh_invocation *invocation;
	vec (*temps)[4], (*outputs)[4];
	vec addresses[BH_SHADER_ADDRESSES_MAX][4];
	/* The lanes that execute are those in all of the first three. */
	uint32_t condition, running, continuing;
	uint32_t gone; /* killed or returned */
	uint32_t conditions[BH_SHADER_DEPTH_MAX];
	struct loop loops[BH_SHADER_DEPTH_MAX];
	unsigned condition_count, loop_count;
};

/* The primitives of alu.inc. */
#define CTX __attribute__((unused)) struct interp *
#define VAL vec
#define MSK vec

static vec canonical(fvec f)
{
	vec is_number = (vec)(f == f);

	return ((vec)f & is_number) | (~is_number & BH_CANONICAL_NAN);
}

static vec splat(uint32_t value)
{
	return (vec){value, value, value, value};
}

static vec splat_float(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return splat(bits);
}

static vec select_lanes(vec mask, vec a, vec b)
{
	return (a & mask) | (b & ~mask);
}

/* Applies a function of the C library that IEEE defines exactly. */
static vec each(vec v, float (*function)(float))
{
	fvec f = (fvec)v;

	for (unsigned i = 0; i < LANES; i++)
		f[i] = function(f[i]);
	return canonical(f);
}

static vec multiply_add(vec a, vec b, vec d)
{
	fvec fa = (fvec)a, fb = (fvec)b, fd = (fvec)d, out;

	for (unsigned i = 0; i < LANES; i++)
		out[i] = fmaf(fa[i], fb[i], fd[i]);
	return canonical(out);
}

#define KF(c, value)       splat_float(value)
#define KI(c, value)       splat(value)
#define SELECT(c, m, a, b) select_lanes(m, a, b)
#define FADD(c, a, b)      canonical((fvec)(a) + (fvec)(b))
#define FSUB(c, a, b)      canonical((fvec)(a) - (fvec)(b))
#define FMUL(c, a, b)      canonical((fvec)(a) * (fvec)(b))
#define FDIV(c, a, b)      canonical((fvec)(a) / (fvec)(b))
#define FMA(c, a, b, d)    multiply_add(a, b, d)
#define FSQRT(c, a)        each(a, sqrtf)
#define FFLOOR(c, a)       each(a, floorf)
#define FCEIL(c, a)        each(a, ceilf)
#define FTRUNC(c, a)       each(a, truncf)
#define FNEAR(c, a)        each(a, nearbyintf)
#define FLT(c, a, b)       ((vec)((fvec)(a) < (fvec)(b)))
#define FLE(c, a, b)       ((vec)((fvec)(a) <= (fvec)(b)))
#define FEQ(c, a, b)       ((vec)((fvec)(a) == (fvec)(b)))
#define FNE(c, a, b)       ((vec)((fvec)(a) != (fvec)(b)))
#define IADD(c, a, b)      ((a) + (b))
#define ISUB(c, a, b)      ((a) - (b))
#define IMUL(c, a, b)      ((a) * (b))
#define UDIV(c, a, b)      ((a) / (b))
#define AND(c, a, b)       ((a) & (b))
#define OR(c, a, b)        ((a) | (b))
#define XOR(c, a, b)       ((a) ^ (b))
#define SHL(c, a, n)       ((a) << (n))
#define LSHR(c, a, n)      ((a) >> (n))
#define ASHR(c, a, n)      ((vec)((ivec)(a) >> (n)))
#define SHLV(c, a, b)      ((a) << (b))
#define LSHRV(c, a, b)     ((a) >> (b))
#define ASHRV(c, a, b)     ((vec)((ivec)(a) >> (ivec)(b)))
#define IEQ(c, a, b)       ((vec)((a) == (b)))
#define ILT(c, a, b)       ((vec)((ivec)(a) < (ivec)(b)))
#define ULT(c, a, b)       ((vec)((a) < (b)))
#define M2I(c, m)          (m)
#define F2I(c, a)          ((vec) __builtin_convertvector((fvec)(a), ivec))
#define I2F(c, a)          ((vec) __builtin_convertvector((ivec)(a), fvec))

#include "gpu/shader/alu.inc"

static uint32_t executing(const struct interp *in)
{
	return in->condition & in->running & in->continuing & ~in->gone;
}

/* All ones in the lanes of a bit mask. */
static vec lane_mask(uint32_t bits)
{
	vec mask;

	for (unsigned i = 0; i < LANES; i++)
		mask[i] = bits >> i & 1 ? UINT32_MAX : 0;
	return mask;
}

/* The bits of the lanes that are not 0. */
static uint32_t lane_bits(vec v)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < LANES; i++)
		bits |= (uint32_t)(v[i] != 0) << i;
	return bits;
}

/* The register's number for one lane; `count` itself when it is outside and `hold` is false. */
static uint32_t computed_index(const struct interp *in, const struct bh_indirect *indirect,
			       int32_t base, unsigned lane, bool hold)
{
	const vec *reg = indirect->file == BH_FILE_ADDR ? in->addresses[indirect->index]
							: in->temps[indirect->index];
	uint32_t offset =
		(uint32_t)base + reg[indirect->component][lane] * indirect->scale - indirect->first;

	if (offset >= indirect->count)
		return hold ? indirect->first + indirect->count - 1u : UINT32_MAX;
	return indirect->first + offset;
}

static uint32_t read_constant(const struct interp *in, unsigned buffer, uint32_t index,
			      unsigned component)
{
	const struct bh_invocation *invocation = in->invocation;
	uint32_t bits;

	if (index >= invocation->constant_counts[buffer])
		return 0;
	memcpy(&bits, &invocation->constants[buffer][index][component], sizeof(bits));
	return bits;
}

/* A computed index reads what the renderer left in the slot, also in that of FACE. */
static vec read_input(const struct interp *in, uint32_t index, unsigned component, bool computed)
{
	vec v;

	if (!computed && in->shader->info.stage == BH_STAGE_FRAGMENT &&
	    in->shader->info.inputs[index].semantic == BH_SEM_FACE) {
		vec front = lane_mask(in->invocation->front);

		if (index >= in->shader->system_values)
			return front;
		if (component == 0)
			return select_lanes(front, splat_float(1.0f), splat_float(-1.0f));
		return splat_float(component == 3 ? 1.0f : 0.0f);
	}
	memcpy(&v, in->invocation->inputs + (index * 4 + component) * LANES, sizeof(v));
	return v;
}

static vec read_register(const struct interp *in, const struct bh_source *source, uint32_t index,
			 unsigned component)
{
	switch (source->file) {
	case BH_FILE_CONST:
		return splat(read_constant(in, source->buffer, index, component));
	case BH_FILE_IN:
		return read_input(in, index, component, source->computed);
	case BH_FILE_OUT:
		return in->outputs[index][component];
	case BH_FILE_TEMP:
		return in->temps[index][component];
	case BH_FILE_IMM:
		return splat(in->shader->immediates[index][component]);
	case BH_FILE_ADDR:
		return in->addresses[index][component];
	default:
		assert(!"a source is of a readable file");
		return splat(0);
	}
}

static vec read_source(struct interp *in, const struct bh_source *source, unsigned position,
		       bool integer)
{
	unsigned component = source->swizzle[position];
	vec v = {0};

	if (!source->computed) {
		v = read_register(in, source, (uint32_t)source->index, component);
	} else {
		for (unsigned lane = 0; lane < LANES; lane++) {
			uint32_t index = computed_index(in, &source->indirect, source->index, lane,
							source->file != BH_FILE_CONST);
			v[lane] = index == UINT32_MAX
					  ? 0
					  : read_register(in, source, index, component)[lane];
		}
	}
	if (source->absolute)
		v = integer ? alu_iabs(in, v) : alu_abs(in, v);
	if (source->negate)
		v = integer ? ISUB(in, splat(0), v) : alu_negate(in, v);
	return v;
}

static void write_component(struct interp *in, const struct bh_dest *dest, unsigned component,
			    vec value, vec mask)
{
	vec(*file)[4] = dest->file == BH_FILE_TEMP  ? in->temps
			: dest->file == BH_FILE_OUT ? in->outputs
						    : in->addresses;

	if (dest->saturate)
		value = alu_saturate(in, value);
	if (dest->canonical)
		value = canonical((fvec)value);
	if (!dest->computed) {
		vec *place = &file[dest->index][component];

		*place = select_lanes(mask, value, *place);
		return;
	}
	for (unsigned lane = 0; lane < LANES; lane++) {
		if (mask[lane])
			file[computed_index(in, &dest->indirect, dest->index, lane, true)]
			    [component][lane] = value[lane];
	}
}

static void write_dest(struct interp *in, const struct bh_dest *dest, const vec values[4])
{
	vec mask = lane_mask(executing(in));

	for (unsigned i = 0; i < 4; i++) {
		if (dest->mask >> i & 1)
			write_component(in, dest, i, values[i], mask);
	}
}

static void run_arithmetic(struct interp *in, const struct bh_inst *inst)
{
	const struct bh_op_info *info = &bh_op_infos[inst->op];
	bool integer = info->flags & BH_OP_INT;
	vec results[4];

	for (unsigned i = 0; i < 4; i++) {
		vec sources[3];

		if (!(inst->dest.mask >> i & 1))
			continue;
		for (unsigned k = 0; k < info->sources; k++)
			sources[k] = read_source(in, &inst->source[k],
						 info->class == BH_CLASS_SCALAR ? 0 : i, integer);
		results[i] = alu_functions[inst->op](in, sources);
	}
	write_dest(in, &inst->dest, results);
}

static void run_dot(struct interp *in, const struct bh_inst *inst)
{
	unsigned count = 2 + (bh_op_infos[inst->op].class - BH_CLASS_DOT2);
	vec sum = splat(0);

	for (unsigned i = 0; i < count; i++) {
		vec product = FMUL(in, read_source(in, &inst->source[0], i, false),
				   read_source(in, &inst->source[1], i, false));

		sum = i ? FADD(in, sum, product) : product;
	}
	write_dest(in, &inst->dest, (vec[4]){sum, sum, sum, sum});
}

/* Lanes are (0,0) (1,0) (0,1) (1,1). */
static void run_derivative(struct interp *in, const struct bh_inst *inst)
{
	bool x = inst->op == BH_OP_DDX || inst->op == BH_OP_DDX_FINE;
	vec results[4];

	for (unsigned i = 0; i < 4; i++) {
		vec v = read_source(in, &inst->source[0], i, false);
		vec near = x ? (vec){v[0], v[0], v[2], v[2]} : (vec){v[0], v[1], v[0], v[1]};
		vec far = x ? (vec){v[1], v[1], v[3], v[3]} : (vec){v[2], v[3], v[2], v[3]};

		if (!bh_is_fine(inst->op)) {
			near = splat(v[0]);
			far = splat(v[x ? 1 : 2]);
		}

		results[i] = FSUB(in, far, near);
	}
	write_dest(in, &inst->dest, results);
}

static void store_lanes(float *place, vec v)
{
	memcpy(place, &v, sizeof(v));
}

static void run_texture(struct interp *in, const struct bh_inst *inst)
{
	static const enum bh_sample_kind kinds[BH_OP_COUNT] = {
		[BH_OP_TEX] = BH_SAMPLE_IMPLICIT, [BH_OP_TXP] = BH_SAMPLE_IMPLICIT,
		[BH_OP_TXB] = BH_SAMPLE_BIAS,     [BH_OP_TXB2] = BH_SAMPLE_BIAS,
		[BH_OP_TXL] = BH_SAMPLE_LOD,      [BH_OP_TXL2] = BH_SAMPLE_LOD,
		[BH_OP_TXD] = BH_SAMPLE_GRAD,     [BH_OP_TXF] = BH_SAMPLE_FETCH,
		[BH_OP_TXQ] = BH_SAMPLE_SIZE,
	};
	const struct bh_invocation *invocation = in->invocation;
	bool fragment = in->shader->info.stage == BH_STAGE_FRAGMENT;
	bool integer = bh_op_infos[inst->op].flags & BH_OP_INT;
	struct bh_sample sample = {.kind = kinds[inst->op],
				   .target = inst->target,
				   .lanes = LANES,
				   .mask = executing(in),
				   .offset = {inst->offset[0], inst->offset[1], inst->offset[2]}};
	float texels[4][BH_LANES_MAX];
	vec coord[4], lod = splat(0), results[4];

	if (!sample.mask)
		return;
	for (unsigned i = 0; i < 4; i++)
		coord[i] = read_source(in, &inst->source[0], i, integer);
	if (inst->op == BH_OP_TXB || inst->op == BH_OP_TXL || bh_fetches_a_level(inst))
		lod = coord[3];
	if (inst->op == BH_OP_TXQ)
		lod = coord[0];
	if (inst->op == BH_OP_TXB2 || inst->op == BH_OP_TXL2)
		lod = read_source(in, &inst->source[1], 0, false);
	if (inst->op == BH_OP_TXP) {
		vec inverse = FDIV(in, splat_float(1.0f), coord[3]);

		for (unsigned i = 0; i < 3; i++)
			coord[i] = FMUL(in, coord[i], inverse);
	}
	if (inst->op == BH_OP_TXD) {
		for (unsigned i = 0; i < 3; i++) {
			store_lanes(sample.ddx[i], read_source(in, &inst->source[1], i, false));
			store_lanes(sample.ddy[i], read_source(in, &inst->source[2], i, false));
		}
	}
	/* A vertex has no neighbours: without a LOD of its own it reads the base level. */
	if (!fragment && sample.kind <= BH_SAMPLE_BIAS) {
		sample.kind = BH_SAMPLE_LOD;
		lod = splat(0);
	}
	for (unsigned i = 0; i < 4; i++)
		store_lanes(sample.coord[i], coord[i]);
	store_lanes(sample.lod, lod);
	invocation->sample(invocation->textures[inst->sampler], &sample, texels);
	for (unsigned i = 0; i < 4; i++) {
		memcpy(&results[i], texels[i], sizeof(results[i]));
		if (!bh_samples_integers(in->shader, inst))
			results[i] = canonical((fvec)results[i]);
	}
	write_dest(in, &inst->dest, results);
}

static void run_kill(struct interp *in, const struct bh_inst *inst)
{
	uint32_t lanes = executing(in), hit = 0;

	if (inst->op == BH_OP_KILL)
		hit = lanes;
	for (unsigned i = 0; inst->op == BH_OP_KILL_IF && i < 4; i++)
		hit |= lane_bits(FLT(in, read_source(in, &inst->source[0], i, false), splat(0)));
	in->invocation->mask &= ~(hit & lanes);
}

/* The next instruction after the back edge of a loop. */
static uint32_t end_loop(struct interp *in, const struct bh_inst *inst, uint32_t at,
			 uint32_t killed)
{
	const struct loop *outer = &in->loops[in->loop_count - 1];

	in->continuing = ALL;
	in->running &= ~killed;
	if (executing(in)) {
		if (in->invocation->fuel) {
			in->invocation->fuel--;
			return inst->jump + 1;
		}
		in->invocation->lost = true;
	}
	in->running = outer->running;
	in->continuing = outer->continuing;
	in->loop_count--;
	return at + 1;
}

static void store_outputs(const struct interp *in)
{
	const struct bh_shader *shader = in->shader;

	for (size_t i = 0; i < shader->info.output_count; i++) {
		for (unsigned k = 0; k < 4; k++) {
			vec v = in->outputs[i][k];

			if (!shader->integers && !shader->info.outputs[i].raw)
				v = canonical((fvec)v);
			memcpy(in->invocation->outputs + (i * 4 + k) * LANES, &v, sizeof(v));
		}
	}
}

/* Runs one instruction of control flow and returns the next. */
static uint32_t run_flow(struct interp *in, const struct bh_inst *inst, uint32_t at,
			 uint32_t started)
{
	uint32_t lanes = executing(in);

	switch (inst->op) {
	case BH_OP_IF:
	case BH_OP_UIF: {
		vec v = read_source(in, &inst->source[0], 0, inst->op == BH_OP_UIF);

		in->conditions[in->condition_count++] = in->condition;
		in->condition &=
			inst->op == BH_OP_UIF ? lane_bits(v) : lane_bits(FNE(in, v, splat(0)));
		break;
	}
	case BH_OP_ELSE:
		in->condition = in->conditions[in->condition_count - 1] & ~in->condition;
		break;
	case BH_OP_ENDIF:
		in->condition = in->conditions[--in->condition_count];
		break;
	case BH_OP_BGNLOOP:
		if (!lanes)
			return inst->jump + 1;
		in->loops[in->loop_count++] = (struct loop){in->running, in->continuing};
		in->running = lanes;
		in->continuing = ALL;
		break;
	case BH_OP_ENDLOOP:
		return end_loop(in, inst, at, started & ~in->invocation->mask);
	case BH_OP_BRK:
		in->running &= ~lanes;
		break;
	case BH_OP_CONT:
		in->continuing &= ~lanes;
		break;
	case BH_OP_RET:
		in->gone |= lanes;
		break;
	case BH_OP_EMIT:
	case BH_OP_ENDPRIM:
		if (lanes) {
			store_outputs(in);
			in->invocation->emit(in->invocation, lanes, inst->op == BH_OP_ENDPRIM);
		}
		break;
	default:
		break;
	}
	return at + 1;
}

static void run_instructions(struct interp *in)
{
	const struct bh_shader *shader = in->shader;
	uint32_t started = in->invocation->mask;

	for (uint32_t at = 0; shader->insts[at].op != BH_OP_END;) {
		const struct bh_inst *inst = &shader->insts[at];

		switch (bh_op_infos[inst->op].class) {
		case BH_CLASS_VECTOR:
		case BH_CLASS_SCALAR:
			run_arithmetic(in, inst);
			break;
		case BH_CLASS_DOT2:
		case BH_CLASS_DOT3:
		case BH_CLASS_DOT4:
			run_dot(in, inst);
			break;
		case BH_CLASS_DERIVATIVE:
			run_derivative(in, inst);
			break;
		case BH_CLASS_TEXTURE:
			run_texture(in, inst);
			break;
		case BH_CLASS_KILL:
			run_kill(in, inst);
			break;
		case BH_CLASS_FLOW:
			at = run_flow(in, inst, at, started);
			if (in->invocation->lost)
				return;
			continue;
		}
		at++;
	}
}

size_t bh_interp_scratch(const struct bh_shader *shader)
{
	return sizeof(vec[4]) * (shader->temp_count + shader->info.output_count);
}

void bh_interp_run(const struct bh_shader *shader, struct bh_invocation *invocation, void *scratch)
{
	struct interp in = {
		.shader = shader,
		.invocation = invocation,
		.temps = scratch,
		.condition = ALL,
		.running = ALL,
		.continuing = ALL,
	};

	in.outputs = in.temps + shader->temp_count;
	memset(scratch, 0, bh_interp_scratch(shader));
	/* A vertex alone needs no neighbours; a fragment needs its quad. */
	if (shader->info.stage != BH_STAGE_FRAGMENT || !invocation->mask)
		in.condition = invocation->mask;
	run_instructions(&in);
	store_outputs(&in);
}
