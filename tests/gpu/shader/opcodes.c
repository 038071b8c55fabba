/* SPDX-License-Identifier: Apache-2.0 */
/* Every opcode that computes, with values worked out by hand, on every back end. */
#include "harness.h"

#include <math.h>

#define NAN_BITS 0x7fc00000u
#define F(value) bits_of(value)

struct row {
	const char *op;
	uint32_t a, b, c;
	uint32_t result;
};

static struct row rows[192];
static size_t row_count;

static void row3(const char *op, uint32_t a, uint32_t b, uint32_t c, uint32_t result)
{
	rows[row_count++] = (struct row){op, a, b, c, result};
}

static void row2(const char *op, uint32_t a, uint32_t b, uint32_t result)
{
	row3(op, a, b, 0, result);
}

static void row1(const char *op, uint32_t a, uint32_t result)
{
	row3(op, a, 0, 0, result);
}

static void float_rows(void)
{
	row1("MOV", F(1.5f), F(1.5f));
	row2("ADD", F(1), F(2), F(3));
	row2("ADD", F(INFINITY), F(-INFINITY), NAN_BITS);
	row2("MUL", F(3), F(-2), F(-6));
	row2("MUL", 1, F(0.5f), 0); /* the smallest denormal halves to 0, ties to even */
	row2("MUL", 3, F(0.5f), 2); /* and denormals are kept */
	row3("MAD", F(2), F(3), F(4), F(10));
	/* (1 + 2^-12)^2 rounds before 1 is taken away: not fused */
	row3("MAD", F(1.000244140625f), F(1.000244140625f), F(-1), F(0.00048828125f));
	row2("DIV", F(1), F(4), F(0.25f));
	row2("DIV", F(-1), F(0), F(-INFINITY));
	row2("MIN", F(1), F(2), F(1));
	row2("MIN", NAN_BITS, F(2), F(2));
	row2("MIN", F(2), NAN_BITS, F(2));
	row2("MAX", F(1), F(2), F(2));
	row2("MAX", NAN_BITS, F(2), F(2));
	row2("MAX", F(2), NAN_BITS, F(2));
	row2("MAX", NAN_BITS, NAN_BITS, NAN_BITS);
	row2("SLT", F(1), F(2), F(1));
	row2("SLT", F(2), F(2), F(0));
	row2("SLT", NAN_BITS, F(2), F(0));
	row2("SGE", F(2), F(2), F(1));
	row2("SGE", F(1), F(2), F(0));
	row2("SGT", F(2), F(1), F(1));
	row2("SLE", F(2), F(1), F(0));
	row2("SEQ", F(0), F(-0.0f), F(1));
	row2("SEQ", NAN_BITS, NAN_BITS, F(0));
	row2("SNE", NAN_BITS, NAN_BITS, F(1));
	row3("LRP", F(0.25f), F(8), F(4), F(5));
	row3("CMP", F(-1), F(8), F(4), F(8));
	row3("CMP", F(-0.0f), F(8), F(4), F(4));
	row1("FLR", F(-1.5f), F(-2));
	row1("CEIL", F(-1.5f), F(-1));
	row1("TRUNC", F(-1.5f), F(-1));
	row1("ROUND", F(2.5f), F(2));
	row1("ROUND", F(3.5f), F(4));
	row1("FRC", F(-0.25f), F(0.75f));
	row1("ABS", F(-3), F(3));
	row1("SSG", F(-3), F(-1));
	row1("SSG", F(0), F(0));
	row1("SSG", NAN_BITS, F(0));
	row1("RCP", F(4), F(0.25f));
	row1("RCP", F(0), F(INFINITY));
	row1("RSQ", F(4), F(0.5f));
	row1("RSQ", F(-4), NAN_BITS);
	row1("SQRT", F(9), F(3));
	row1("EX2", F(3), F(8));
	row1("EX2", F(-126), 0x00800000);
	row1("EX2", F(-126.5f), 0); /* no denormals */
	row1("EX2", F(128), F(INFINITY));
	row1("EX2", F(-INFINITY), F(0));
	row1("EX2", NAN_BITS, NAN_BITS);
	row1("LG2", F(8), F(3));
	row1("LG2", 0x00800000, F(-126));
	row1("LG2", 1, F(-INFINITY)); /* a denormal counts as 0 */
	row1("LG2", F(0), F(-INFINITY));
	row1("LG2", F(INFINITY), F(INFINITY));
	row1("LG2", F(-1), NAN_BITS);
	row2("POW", F(2), F(10), F(1024));
	row2("POW", F(0), F(0), F(1));
	row2("POW", F(0), F(2), F(0));
	row1("SIN", F(0), F(0));
	row1("SIN", F(INFINITY), NAN_BITS);
	row1("COS", F(0), F(1));
	row2("DP2", F(2), F(3), F(12));
	row2("DP3", F(2), F(3), F(18));
	row2("DP4", F(2), F(3), F(24));
}

static void integer_rows(void)
{
	row2("FSEQ", F(1), F(1), ~0u);
	row2("FSNE", F(1), F(1), 0);
	row2("FSLT", F(1), F(2), ~0u);
	row2("FSGE", NAN_BITS, F(2), 0);
	row1("F2I", F(-1.9f), (uint32_t)-1);
	row1("F2I", F(3e9f), 0x7fffffff);
	row1("F2I", F(-3e9f), 0x80000000);
	row1("F2I", NAN_BITS, 0);
	row1("F2U", F(3e9f), 3000000000u);
	row1("F2U", F(-1), 0);
	row1("F2U", F(5e9f), ~0u);
	row1("F2U", NAN_BITS, 0);
	row1("I2F", (uint32_t)-16777217, F(-16777216));
	row1("U2F", 4294967295u, F(4294967296.0f));
	row1("U2F", 0x80000080u, F(2147483648.0f)); /* a tie: to even */
	row2("UADD", ~0u, 2, 1);
	row2("UMUL", 0x10001, 0x10001, 0x20001);
	row3("UMAD", 3, 4, 5, 17);
	row2("UMUL_HI", 0xffffffffu, 0xffffffffu, 0xfffffffeu);
	row2("UMUL_HI", 0x12345678u, 0x9abcdef0u, 0x0b00ea4eu);
	row2("IMUL_HI", 0xffffffffu, 2, 0xffffffffu);
	row2("IMUL_HI", 0x80000000u, 0x80000000u, 0x40000000u);
	row2("UDIV", 7, 2, 3);
	row2("UDIV", 7, 0, ~0u);
	row2("UMOD", 7, 4, 3);
	row2("UMOD", 7, 0, ~0u);
	row2("IDIV", (uint32_t)-7, 2, (uint32_t)-3);
	row2("IDIV", 0x80000000, ~0u, 0x80000000);
	row2("IDIV", 7, 0, 0);
	row2("MOD", (uint32_t)-7, 4, (uint32_t)-3);
	row2("MOD", 0x80000000, ~0u, 0);
	row2("MOD", 7, 0, ~0u);
	row1("INEG", 5, (uint32_t)-5);
	row1("IABS", (uint32_t)-5, 5);
	row1("ISSG", (uint32_t)-5, ~0u);
	row1("ISSG", 5, 1);
	row2("IMIN", (uint32_t)-5, 3, (uint32_t)-5);
	row2("IMAX", (uint32_t)-5, 3, 3);
	row2("UMIN", (uint32_t)-5, 3, 3);
	row2("UMAX", (uint32_t)-5, 3, (uint32_t)-5);
	row2("AND", 12, 10, 8);
	row2("OR", 12, 10, 14);
	row2("XOR", 12, 10, 6);
	row1("NOT", 0, ~0u);
	row2("SHL", 1, 33, 2);
	row2("ISHR", 0x80000000, 31, ~0u);
	row2("USHR", 0x80000000, 31, 1);
	row2("USEQ", 4, 4, ~0u);
	row2("USNE", 4, 4, 0);
	row2("USLT", 4, ~0u, ~0u);
	row2("USGE", 4, ~0u, 0);
	row2("ISLT", ~0u, 4, ~0u);
	row2("ISGE", ~0u, 4, 0);
	row3("UCMP", 1, 8, 9, 8);
	row3("UCMP", 0, 8, 9, 9);
	row1("BREV", 0x00000001, 0x80000000);
	row1("BREV", 0x12345678, 0x1e6a2c48);
	row1("POPC", 0xf00f0001, 9);
	row1("POPC", 0xffffffff, 32);
	row1("LSB", 0x00180000, 19);
	row1("LSB", 0x80000000, 31);
	row1("LSB", 0, 0xffffffff);
	row1("UMSB", 0x00180000, 20);
	row1("UMSB", 0xffffffff, 31);
	row1("UMSB", 0, 0xffffffff);
	row1("IMSB", 0x00180000, 20);
	row1("IMSB", 0xfffffffe, 0);
	row1("IMSB", 0xffffffff, 0xffffffff);
	row3("UBFE", 0xabcd1234, 4, 8, 0x23);
	row3("UBFE", 0xabcd1234, 24, 8, 0xab);
	row3("UBFE", 0xabcd1234, 0, 32, 0xabcd1234);
	row3("UBFE", 0xabcd1234, 4, 0, 0);
	row3("IBFE", 0xabcd1234, 24, 8, 0xffffffab);
	row3("IBFE", 0xabcd1234, 4, 8, 0x23);
	row3("IBFE", 0xabcd1234, 16, 0, 0);
}

static const struct bh_op_info *info_of(const char *name)
{
	for (int i = 0; i < BH_OP_COUNT; i++) {
		if (!strcmp(bh_op_infos[i].name, name))
			return &bh_op_infos[i];
	}
	fail_msg("no opcode %s", name);
	return NULL;
}

static void check_row(const struct row *row, enum bh_gpu_backend backend)
{
	static const char *const operands[] = {"", ", IN[0]", ", IN[0], IN[1]",
					       ", IN[0], IN[1], IN[2]"};
	const struct bh_op_info *info = info_of(row->op);
	struct lanes lanes;
	char text[512];

	snprintf(text, sizeof(text),
		 "VERT\nDCL IN[0]\nDCL IN[1]\nDCL IN[2]\nDCL OUT[0], POSITION\n"
		 "  0: %s OUT[0]%s\n  1: END\n",
		 row->op, operands[info->sources]);
	lanes_init(&lanes);
	for (unsigned i = 0; i < 4 * LANES; i++) {
		lanes.inputs[0][i / LANES][i % LANES] = row->a;
		lanes.inputs[1][i / LANES][i % LANES] = row->b;
		lanes.inputs[2][i / LANES][i % LANES] = row->c;
	}
	if (!run_text(text, BH_STAGE_VERTEX, backend, &lanes))
		return;
	for (unsigned i = 0; i < 4 * LANES; i++) {
		uint32_t got = lanes.outputs[0][i / LANES][i % LANES];

		if (got != row->result)
			fail_msg("%s: %s(%08x %08x %08x): %08x, not %08x", backend_names[backend],
				 row->op, row->a, row->b, row->c, got, row->result);
	}
}

static void opcodes_give_the_values_of_the_table(void **state)
{
	(void)state;
	FOR_EACH_BACKEND(backend)
	{
		for (size_t i = 0; i < row_count; i++)
			check_row(&rows[i], backend);
	}
}

static void every_opcode_that_computes_is_in_the_table(void **state)
{
	(void)state;
	for (int op = 0; op < BH_OP_COUNT; op++) {
		bool found = bh_op_infos[op].class > BH_CLASS_DOT4 ||
			     bh_op_infos[op].flags & BH_OP_ADDRESS;

		for (size_t i = 0; i < row_count; i++)
			found |= !strcmp(rows[i].op, bh_op_infos[op].name);
		if (!found)
			fail_msg("%s is not tested", bh_op_infos[op].name);
	}
}

/* How a function of one number is swept, and how far it may be from the true value. */
struct sweep {
	const char *op;
	double (*exact)(double);
	float first, step;
	double relative, absolute;
};

static void check_sweep(const struct sweep *sweep, enum bh_gpu_backend backend)
{
	struct bh_shader *shader;
	struct bh_program *program;
	char text[128];

	snprintf(text, sizeof(text),
		 "VERT\nDCL IN[0]\nDCL OUT[0], POSITION\n0: %s OUT[0].x, IN[0].x\n1: END\n",
		 sweep->op);
	shader = parse_valid(text, BH_STAGE_VERTEX);
	program = bh_program_create(shader, backend, NULL);
	for (unsigned block = 0; program && block < 1000; block++) {
		struct lanes lanes;

		lanes_init(&lanes);
		for (unsigned i = 0; i < LANES; i++) {
			float x = sweep->first + (float)(block * LANES + i) * sweep->step;
			lanes.inputs[0][0][i] = bits_of(x);
		}
		run_program(shader, program, &lanes);
		for (unsigned i = 0; i < LANES; i++) {
			double x = float_of(lanes.inputs[0][0][i]);
			double exact = sweep->exact(x), got = float_of(lanes.outputs[0][0][i]);

			if (!(fabs(got - exact) <= sweep->relative * fabs(exact) + sweep->absolute))
				fail_msg("%s(%.9g) = %.9g, not %.9g", sweep->op, x, got, exact);
		}
	}
	bh_program_destroy(program);
	bh_shader_destroy(shader);
}

static void functions_are_near_the_true_value(void **state)
{
	static const struct sweep sweeps[] = {
		{"EX2", exp2, -126, 0.01575f, 2e-7, 0},   {"LG2", log2, 0.0001f, 0.001f, 4e-7, 0},
		{"LG2", log2, 0.9f, 0.0000125f, 4e-7, 0}, {"SIN", sin, -50, 0.00625f, 2e-7, 4e-8},
		{"COS", cos, -50, 0.00625f, 2e-7, 4e-8},  {"SIN", sin, 1000, 0.1f, 0, 1e-6},
	};

	(void)state;
	FOR_EACH_BACKEND(backend)
	{
		for (size_t i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++)
			check_sweep(&sweeps[i], backend);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opcodes_give_the_values_of_the_table),
		cmocka_unit_test(every_opcode_that_computes_is_in_the_table),
		cmocka_unit_test(functions_are_near_the_true_value),
	};

	float_rows();
	integer_rows();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
