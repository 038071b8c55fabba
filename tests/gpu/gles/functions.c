/* SPDX-License-Identifier: Apache-2.0 */
/* Built-in functions of numbers, in vertex and fragment shaders, beside double precision. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT 256

/* Inputs: a runs over [low, high], b over [low2, high2] in another order, c is in [0, 1]. */
struct function {
	const char *text;
	double (*value)(double a, double b, double c);
	float low, high, low2, high2;
	double absolute, relative; /* one of them must hold */
};

#define D(name, expression)                              \
	static double name(double a, double b, double c) \
	{                                                \
		(void)a, (void)b, (void)c;               \
		return expression;                       \
	}

#define PI 3.14159265358979323846
D(f_add, a + b)
D(f_sub, a - b)
D(f_mul, a *b)
D(f_div, a / b)
D(f_neg, -a)
D(f_radians, a *PI / 180)
D(f_degrees, a * 180 / PI)
D(f_sin, sin(a))
D(f_cos, cos(a))
D(f_tan, tan(a))
D(f_asin, asin(a))
D(f_acos, acos(a))
D(f_atan, atan(a))
D(f_atan2, atan2(a, b))
D(f_sinh, sinh(a))
D(f_cosh, cosh(a))
D(f_tanh, tanh(a))
D(f_asinh, asinh(a))
D(f_acosh, acosh(a))
D(f_atanh, atanh(a))
D(f_pow, pow(a, b))
D(f_exp, exp(a))
D(f_log, log(a))
D(f_exp2, exp2(a))
D(f_log2, log2(a))
D(f_sqrt, sqrt(a))
D(f_inversesqrt, 1 / sqrt(a))
D(f_abs, fabs(a))
D(f_sign, (a > 0) - (a < 0))
D(f_floor, floor(a))
D(f_trunc, trunc(a))
D(f_round, rint(a))
D(f_ceil, ceil(a))
D(f_fract, a - floor(a))
D(f_mod, a - b * floor(a / b))
D(f_min, fmin(a, b))
D(f_max, fmax(a, b))
D(f_clamp, fmin(fmax(a, -c), c))
D(f_mix, a *(1 - c) + b * c)
D(f_step, b < a ? 0 : 1)
D(f_length, sqrt(a *a + b * b + c * c))
D(f_distance, hypot(a - c, b - a))
D(f_dot, a *b + b * c + c * a)
D(f_cross, a *a - b * c)
D(f_normalize, b / sqrt(a * a + b * b + c * c))
D(f_reflect, a - 2 * (a * 0.6 + b * 0.8) * 0.6)
D(f_determinant, a *b - c * 2)
D(f_matrix, a *b + 2 * c)
D(f_inverse, b / (a * b - c * 0.5))
D(f_transpose, c)
D(f_outer, a *b)

static double f_smoothstep(double a, double b, double c)
{
	double t = fmin(fmax((a - b) / (c + 1), 0), 1);

	return t * t * (3 - 2 * t);
}

static double f_refract(double a, double b, double c)
{
	/* Of a unit vector in the plane, at the normal (0, 1), with eta c. */
	double l = hypot(a, b), x = a / l, d = b / l, k = 1 - c * c * (1 - d * d);

	return k < 0 ? 0 : c * x;
}

static double f_half(double a, double b, double c)
{
	(void)b, (void)c;
	return a;
}

static const struct function functions[] = {
	{"a + b", f_add, -100, 100, -3, 3, 0, 1.2e-7},
	{"a - b", f_sub, -100, 100, -3, 3, 0, 1.2e-7},
	{"a * b", f_mul, -100, 100, -3, 3, 0, 1.2e-7},
	{"a / b", f_div, -100, 100, 0.5f, 30, 0, 3e-7},
	{"-a", f_neg, -100, 100, 0, 1, 0, 0},
	{"radians(a)", f_radians, -400, 400, 0, 1, 0, 3e-7},
	{"degrees(a)", f_degrees, -10, 10, 0, 1, 0, 3e-7},
	{"sin(a)", f_sin, -3.14159f, 3.14159f, 0, 1, 4.9e-4, 0},
	{"cos(a)", f_cos, -3.14159f, 3.14159f, 0, 1, 4.9e-4, 0},
	{"sin(a)", f_sin, -100, 100, 0, 1, 1e-3, 0},
	{"cos(a)", f_cos, -100, 100, 0, 1, 1e-3, 0},
	{"tan(a)", f_tan, -1.3f, 1.3f, 0, 1, 1e-3, 2e-3},
	{"asin(a)", f_asin, -1, 1, 0, 1, 1e-3, 0},
	{"acos(a)", f_acos, -1, 1, 0, 1, 1e-3, 0},
	{"atan(a)", f_atan, -30, 30, 0, 1, 0, 4.9e-4},
	{"atan(a, b)", f_atan2, -5, 5, -7, 7, 0, 4.9e-4},
	{"sinh(a)", f_sinh, -8, 8, 0, 1, 2e-6, 2e-5},
	{"cosh(a)", f_cosh, -8, 8, 0, 1, 0, 2e-5},
	{"tanh(a)", f_tanh, -12, 12, 0, 1, 2e-5, 0},
	{"asinh(a)", f_asinh, -20, 20, 0, 1, 1e-4, 1e-4},
	{"acosh(a)", f_acosh, 1.001f, 50, 0, 1, 1e-3, 1e-4},
	{"atanh(a)", f_atanh, -0.99f, 0.99f, 0, 1, 1e-5, 1e-4},
	{"pow(a, b)", f_pow, 0.01f, 20, -4, 4, 0, 1e-5},
	{"exp(a)", f_exp, -20, 20, 0, 1, 0, 1e-5},
	{"log(a)", f_log, 0.001f, 1000, 0, 1, 5e-7, 4e-7},
	{"exp2(a)", f_exp2, -30, 30, 0, 1, 0, 8e-6},
	{"log2(a)", f_log2, 0.001f, 1000, 0, 1, 5e-7, 4e-7},
	{"sqrt(a)", f_sqrt, 0, 1000, 0, 1, 0, 4e-7},
	{"inversesqrt(a)", f_inversesqrt, 0.001f, 1000, 0, 1, 0, 3e-7},
	{"abs(a)", f_abs, -100, 100, 0, 1, 0, 0},
	{"sign(a)", f_sign, -2, 2, 0, 1, 0, 0},
	{"floor(a)", f_floor, -30, 30, 0, 1, 0, 0},
	{"trunc(a)", f_trunc, -30, 30, 0, 1, 0, 0},
	{"roundEven(a)", f_round, -8, 8, 0, 1, 0, 0},
	{"round(a + 0.1)", f_round, 1, 1, 0, 1, 0, 0},
	{"ceil(a)", f_ceil, -30, 30, 0, 1, 0, 0},
	{"fract(a)", f_fract, -30, 30, 0, 1, 2e-6, 0},
	{"mod(a, b)", f_mod, -30, 30, 0.7f, 5, 2e-5, 0},
	{"min(a, b)", f_min, -3, 3, -3, 3, 0, 0},
	{"max(a, b)", f_max, -3, 3, -3, 3, 0, 0},
	{"clamp(a, -c, c)", f_clamp, -1, 1, 0, 1, 0, 0},
	{"mix(a, b, c)", f_mix, -10, 10, -10, 10, 3e-6, 0},
	{"step(a, b)", f_step, -1, 1, -1, 1, 0, 0},
	{"smoothstep(b, b + c + 1.0, a)", f_smoothstep, -3, 3, -1, 1, 3e-6, 0},
	{"length(vec3(a, b, c))", f_length, -10, 10, -10, 10, 0, 1e-6},
	{"distance(vec2(a, b), vec2(c, a))", f_distance, -10, 10, -10, 10, 1e-5, 1e-6},
	{"dot(vec3(a, b, c), vec3(b, c, a))", f_dot, -10, 10, -10, 10, 3e-5, 0},
	{"cross(vec3(0.0, a, b), vec3(0.0, c, a)).x", f_cross, -10, 10, -10, 10, 3e-5, 0},
	{"normalize(vec3(a, b, c)).y", f_normalize, -10, 10, -10, 10, 1e-6, 0},
	{"reflect(vec2(a, b), vec2(0.6, 0.8)).x", f_reflect, -10, 10, -10, 10, 1e-5, 0},
	{"refract(normalize(vec2(a, b)), vec2(0.0, 1.0), c).x", f_refract, 1, 10, 2, 10, 1e-5, 0},
	{"faceforward(vec2(a), vec2(b, 0.0), vec2(-1.0, 0.0)).y", f_half, -10, 10, 1, 2, 0, 0},
	{"determinant(mat2(a, c, 2.0, b))", f_determinant, -10, 10, -10, 10, 3e-5, 0},
	{"(mat2(a, 0.5, c, 1.0) * vec2(b, 2.0)).x", f_matrix, -10, 10, -10, 10, 3e-5, 0},
	{"inverse(mat2(a, c, 0.5, b))[0].x", f_inverse, 2, 9, 2, 9, 0, 1e-5},
	{"transpose(mat3(vec3(a), vec3(c), vec3(b)))[2].y", f_transpose, 1, 2, 1, 2, 0, 0},
	{"outerProduct(vec3(1.0, a, 2.0), vec4(0.0, 3.0, b, 1.0))[2].y", f_outer, -9, 9, -9, 9,
	 3e-5, 0},
	{"unpackHalf2x16(packHalf2x16(vec2(b, a))).y", f_half, -100, 100, 0, 1, 1e-6, 4.9e-4},
	{"unpackSnorm2x16(packSnorm2x16(vec2(a, b))).x", f_half, -1, 1, 0, 1, 1.6e-5, 0},
	{"unpackUnorm2x16(packUnorm2x16(vec2(b, c))).y", f_transpose, 0, 1, 0, 1, 8e-6, 0},
	{"intBitsToFloat(floatBitsToInt(a))", f_half, -100, 100, 0, 1, 0, 0},
	{"uintBitsToFloat(floatBitsToUint(a))", f_half, -100, 100, 0, 1, 0, 0},
	{"float(isnan(a / b - a / b)) + float(isinf(1.0 / b)) + a", f_half, 1, 9, 1, 9, 0, 0},
	{"float(int(a))", f_trunc, -100, 100, 0, 1, 0, 0},
	{"float(uint(a))", f_trunc, 0, 100, 0, 1, 0, 0},
};

static void inputs_of(const struct function *f, unsigned i, float *a, float *b, float *c)
{
	*a = f->low + (f->high - f->low) * (float)i / (COUNT - 1);
	*b = f->low2 + (f->high2 - f->low2) * (float)(i * 37 % COUNT) / (COUNT - 1);
	*c = (float)(i * 91 % COUNT) / (COUNT - 1);
}

static void compare(struct check *check, const struct function *f, const char *stage)
{
	static float found[COUNT][4];
	unsigned wrong = 0, first = 0;
	float a, b, c;

	glReadPixels(0, 0, COUNT, 1, GL_RGBA, GL_FLOAT, found);
	for (unsigned i = 0; i < COUNT; i++) {
		double wanted, off;

		inputs_of(f, i, &a, &b, &c);
		wanted = f->value((double)a, (double)b, (double)c);
		off = fabs(wanted - (double)found[i][0]);
		if (!(off <= f->absolute || off <= fabs(wanted) * f->relative) && !wrong++)
			first = i;
	}
	inputs_of(f, first, &a, &b, &c);
	expect(check, !wrong, "%s in a %s shader: %u of %u; of %.9g, %.9g, %.9g: %.9g, not %.9g",
	       f->text, stage, wrong, COUNT, (double)a, (double)b, (double)c,
	       (double)found[first][0], f->value((double)a, (double)b, (double)c));
}

static void check_function(struct check *check, const struct function *f, GLuint buffer)
{
	static float inputs[COUNT][3];
	char text[2000];
	GLuint program;

	for (unsigned i = 0; i < COUNT; i++)
		inputs_of(f, i, &inputs[i][0], &inputs[i][1], &inputs[i][2]);
	glBindBuffer(GL_ARRAY_BUFFER, buffer);
	glBufferData(GL_ARRAY_BUFFER, sizeof(inputs), inputs, GL_STREAM_DRAW);
	for (unsigned stage = 0; stage < 2; stage++) {
		char fragment[600];

		snprintf(text, sizeof(text),
			 "layout(location = 0) in vec3 given; flat out vec3 v;\n"
			 "void main() {\n"
			 "float a = given.x, b = given.y, c = given.z;\n"
			 "gl_PointSize = 1.0;\n"
			 "gl_Position = vec4((float(gl_VertexID) + 0.5) / 128.0 - 1.0, 0.0, 0.0, "
			 "1.0);\n"
			 "v = %s%s%s;\n"
			 "}\n",
			 stage ? "given; //" : "vec3(", f->text, stage ? "" : ")");
		snprintf(fragment, sizeof(fragment),
			 "flat in vec3 v; out vec4 color;\n"
			 "void main() { float a = v.x, b = v.y, c = v.z; color = vec4(%s); }\n",
			 stage ? f->text : "a");
		program = make_program(check, text, fragment);
		if (!program)
			continue;
		glDrawArrays(GL_POINTS, 0, COUNT);
		compare(check, f, stage ? "fragment" : "vertex");
		glDeleteProgram(program);
	}
}

void check_functions(struct check *check)
{
	struct target target;
	GLuint buffer;

	if (!make_target(check, &target, GL_RGBA32F, COUNT, 1))
		return;
	glGenBuffers(1, &buffer);
	glBindBuffer(GL_ARRAY_BUFFER, buffer);
	glEnableVertexAttribArray(0);
	glVertexAttribPointer(0, 3, GL_FLOAT, GL_FALSE, 0, NULL);
	for (unsigned i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		check_function(check, &functions[i], buffer);
	glDisableVertexAttribArray(0);
	glDeleteBuffers(1, &buffer);
	drop_target(&target);
}
