/* SPDX-License-Identifier: Apache-2.0 */
/* Integers, loops, branches, discards, indices and uniforms: small programs beside the same in C.
 */
#include "check.h"

#include <stdio.h>
#include <string.h>

#define COUNT 128

/* Of a pixel's number: inputs i, j (any int) and n (0 to 127). */
static void inputs_of(int n, int32_t *i, int32_t *j)
{
	uint32_t state = 1000u + (uint32_t)n * 77u;
	unsigned k = n % 4;

	next_number(&state);
	*i = (int32_t)next_number(&state) >> (k * 8);
	*j = (int32_t)next_number(&state) >> (24 - k * 8);
	if (*j == 0)
		*j = 3;
}

struct snippet {
	const char *text; /* sets int r, which is 0 */
	int32_t (*value)(int32_t i, int32_t j, int32_t n);
};

#define D(name, ...)                                         \
	static int32_t name(int32_t i, int32_t j, int32_t n) \
	{                                                    \
		int32_t r = 0;                               \
		(void)i, (void)j, (void)n;                   \
		__VA_ARGS__;                                 \
		return r;                                    \
	}
#define U(x) ((uint32_t)(x))

D(i_add, r = (int32_t)(U(i) + U(j)))
D(i_sub, r = (int32_t)(U(i) - U(j)))
D(i_mul, r = (int32_t)(U(i) * U(j)))
D(i_div, r = (i & 0xffff) / (n + 1))
D(u_div, r = (int32_t)(U(i) / U(j)))
D(i_mod, r = (i & 0xffff) % (n + 1))
D(u_mod, r = (int32_t)(U(i) % U(j)))
D(i_neg, r = (int32_t)(0u - U(i)))
D(i_not, r = ~i)
D(i_and, r = i & j)
D(i_or, r = i | j)
D(i_xor, r = i ^ j)
D(i_shl, r = (int32_t)(U(i) << (n & 31)))
D(i_shr, r = i >> (n & 31))
D(u_shr, r = (int32_t)(U(i) >> (n & 31)))
D(i_min, r = i < j ? i : j)
D(u_min, r = U(i) < U(j) ? i : j)
D(i_max, r = i > j ? i : j)
D(u_max, r = U(i) > U(j) ? i : j)
D(i_clamp, r = i < -5 ? -5 : i > n ? n : i)
D(i_abs, r = i < 0 ? (int32_t)(0u - U(i)) : i)
D(i_sign, r = (i > 0) - (i < 0))
D(i_compare,
  r = (i < j) + 2 * (i <= j) + 4 * (i > j) + 8 * (i >= j) + 16 * (i == j) + 32 * (i != j))
D(u_compare, r = (U(i) < U(j)) + 2 * (U(i) <= U(j)) + 4 * (U(i) > U(j)) + 8 * (U(i) >= U(j)))
D(i_convert, r = (int32_t)(float)(i >> 9) + (int32_t)(float)(U(i) >> 9))
D(b_logic, r = (i < 0 && j < 0) + 2 * (i < 0 || j < 0) + 4 * ((i < 0) != (j < 0)) + 8 * !(i < 0))
D(l_sum, for (int k = 0; k < n; k++) r += k * k)
D(
	l_break, for (int k = 0; k < 1000; k++) {
		if (k * k > n)
			break;
		r = k;
	})
D(
	l_continue, for (int k = 0; k < n; k++) {
		if (k % 3 == 0)
			continue;
		r += k;
	})
D(
	l_nested, for (int k = 0; k < n % 7; k++) for (int m = k; m < 9; m++) {
		if (m == n % 5)
			break;
		r += m * k + 1;
	})
D(
	l_while, int k = n; while (k > 1) {
		k = k % 2 == 0 ? k / 2 : 3 * k + 1;
		r++;
	})
D(
	l_do, do { r += 3; } while (r < n))
D(
	l_return, r = -1; for (int k = 0; k < 20; k++) {
		if (k == n % 30) {
			r = k * 2;
			break;
		}
	})
D(
	f_if, if (n < 10) r = 1; else if (n < 50) {
		if (n % 2 == 0)
			r = 2;
		else
			r = 3;
	} else r = 4)
D(
	f_switch, switch (n % 6) {
case 0:
	r = 10;
	break;
case 1:
	r = 20;
	__attribute__((fallthrough));
case 2:
	r += 5;
	break;
case 4:
	r = 7;
	break;
default:
	r = 99;
	})
D(f_ternary, r = n < 30 ? (n < 15 ? 1 : 2) : (n > 100 ? 3 : 4))
D(a_read, static const int32_t t[8] = {3, 1, 4, 1, 5, 9, 2, 6}; r = t[n % 8] * 10 + t[(n / 8) % 8])
D(a_write, int32_t t[5] = {0}; for (int k = 0; k < 20; k++) t[(k * n) % 5] += k;
  for (int k = 0; k < 5; k++) r = r * 31 + t[k])
D(a_vector, int32_t v[4] = {n, n + 1, n + 2, n + 3}; v[n % 4] = 100;
  r = v[(n + 1) % 4] * 1000 + v[0])
D(a_matrix, r = (n % 3) * 10 + n % 2)
D(a_struct, r = ((n % 4) * 2 + 1) * 100 + (n % 4) * (n % 4))
D(a_function, r = (n % 5) * 3 + (n % 7) * 4)
D(s_swizzle, r = n * 1000 + 3)

static const struct snippet snippets[] = {
	{"r = i + j;", i_add},
	{"r = i - j;", i_sub},
	{"r = i * j;", i_mul},
	{"r = (i & 0xffff) / (n + 1);", i_div},
	{"r = int(uint(i) / uint(j));", u_div},
	{"r = (i & 0xffff) % (n + 1);", i_mod},
	{"r = int(uint(i) % uint(j));", u_mod},
	{"r = -i;", i_neg},
	{"r = ~i;", i_not},
	{"r = i & j;", i_and},
	{"r = i | j;", i_or},
	{"r = i ^ j;", i_xor},
	{"r = i << (n & 31);", i_shl},
	{"r = i >> (n & 31);", i_shr},
	{"r = int(uint(i) >> uint(n & 31));", u_shr},
	{"r = min(i, j);", i_min},
	{"r = int(min(uint(i), uint(j)));", u_min},
	{"r = max(i, j);", i_max},
	{"r = int(max(uint(i), uint(j)));", u_max},
	{"r = clamp(i, -5, n);", i_clamp},
	{"r = abs(i);", i_abs},
	{"r = sign(i);", i_sign},
	{"r = int(i < j) + 2 * int(i <= j) + 4 * int(i > j) + 8 * int(i >= j) + 16 * int(i == j) + "
	 "32 "
	 "* int(i != j);",
	 i_compare},
	{"uvec2 a = uvec2(i, i), b = uvec2(j, j); r = int(lessThan(a, b).x) + 2 * "
	 "int(lessThanEqual(a, b).y) + 4 * int(greaterThan(a, b).x) + 8 * int(greaterThanEqual(a, "
	 "b).y);",
	 u_compare},
	{"r = int(float(i >> 9)) + int(float(uint(i) >> 9));", i_convert},
	{"bool a = i < 0, b = j < 0; r = int(a && b) + 2 * int(a || b) + 4 * int(a ^^ b) + 8 * "
	 "int(!a);",
	 b_logic},
	{"for (int k = 0; k < n; k++) r += k * k;", l_sum},
	{"for (int k = 0; k < 1000; k++) { if (k * k > n) break; r = k; }", l_break},
	{"for (int k = 0; k < n; k++) { if (k % 3 == 0) continue; r += k; }", l_continue},
	{"for (int k = 0; k < n % 7; k++) for (int m = k; m < 9; m++) { if (m == n % 5) break; r "
	 "+= m * "
	 "k + 1; }",
	 l_nested},
	{"int k = n; while (k > 1) { k = k % 2 == 0 ? k / 2 : 3 * k + 1; r++; }", l_while},
	{"do { r += 3; } while (r < n);", l_do},
	{"r = find(n % 30);", l_return},
	{"if (n < 10) r = 1; else if (n < 50) { if (n % 2 == 0) r = 2; else r = 3; } else r = 4;",
	 f_if},
	{"switch (n % 6) { case 0: r = 10; break; case 1: r = 20; case 2: r += 5; break; case 4: r "
	 "= 7; "
	 "break; default: r = 99; }",
	 f_switch},
	{"r = n < 30 ? (n < 15 ? 1 : 2) : (n > 100 ? 3 : 4);", f_ternary},
	{"int t[8] = int[8](3, 1, 4, 1, 5, 9, 2, 6); r = t[n % 8] * 10 + t[(n / 8) % 8];", a_read},
	{"int t[5]; for (int k = 0; k < 5; k++) t[k] = 0; for (int k = 0; k < 20; k++) t[(k * n) % "
	 "5] += "
	 "k; for (int k = 0; k < 5; k++) r = r * 31 + t[k];",
	 a_write},
	{"ivec4 v = ivec4(n, n + 1, n + 2, n + 3); v[n % 4] = 100; r = v[(n + 1) % 4] * 1000 + "
	 "v[0];",
	 a_vector},
	{"mat3x2 m = mat3x2(0.0, 1.0, 10.0, 11.0, 20.0, 21.0); r = int(m[n % 3][n % 2]);",
	 a_matrix},
	{"pair p[4]; for (int k = 0; k < 4; k++) { p[k].a = float(k * 2 + 1); p[k].b = ivec2(k * "
	 "k); } "
	 "r = int(p[n % 4].a) * 100 + p[n % 4].b.y;",
	 a_struct},
	{"ivec2 v = ivec2(n % 5, n % 7); change(v, 3); r = v.x + v.y;", a_function},
	{"ivec4 v = ivec4(n, 1, 2, 3); v.wzyx = v; r = v.w * 1000 + v.x;", s_swizzle},
};

static const char helpers[] =
	"struct pair { float a; ivec2 b; };\n"
	"int find(int what) { for (int k = 0; k < 20; k++) if (k == what) return k * 2; return -1; "
	"}\n"
	"void change(inout ivec2 v, in int by) { v.x *= by; by++; v.y *= by; }\n";

static void check_snippets(struct check *check, unsigned first, unsigned last)
{
	static int32_t inputs[COUNT][3], found[COUNT][4];
	char vertex[3000], fragment[3000];
	struct target target;
	GLuint buffer;

	if (!make_target(check, &target, GL_RGBA32I, COUNT, 1))
		return;
	for (int n = 0; n < COUNT; n++) {
		inputs_of(n, &inputs[n][0], &inputs[n][1]);
		inputs[n][2] = n;
	}
	glGenBuffers(1, &buffer);
	glBindBuffer(GL_ARRAY_BUFFER, buffer);
	glBufferData(GL_ARRAY_BUFFER, sizeof(inputs), inputs, GL_STATIC_DRAW);
	glEnableVertexAttribArray(0);
	glVertexAttribIPointer(0, 3, GL_INT, 0, NULL);
	for (unsigned s = first * 2; s < last * 2; s++) {
		const struct snippet *snippet = &snippets[s / 2];
		unsigned wrong = 0, at = 0;
		GLuint program;

		snprintf(vertex, sizeof(vertex),
			 "layout(location = 0) in ivec3 given; flat out ivec3 values;\n%s"
			 "void main() { gl_PointSize = 1.0;\n"
			 "gl_Position = vec4((float(gl_VertexID) + 0.5) / 64.0 - 1.0, 0.0, 0.0, "
			 "1.0);\n"
			 "int i = given.x, j = given.y, n = given.z, r = 0; values = "
			 "given;\n%s%s}\n",
			 helpers, s % 2 ? "" : snippet->text, s % 2 ? "" : " values = ivec3(r);");
		snprintf(fragment, sizeof(fragment),
			 "flat in ivec3 values; out ivec4 color;\n%s"
			 "void main() { int i = values.x, j = values.y, n = values.z, r = 0; %s "
			 "color = ivec4(%s); }\n",
			 helpers, s % 2 ? snippet->text : "", s % 2 ? "r" : "i");
		program = make_program(check, vertex, fragment);
		if (!program)
			continue;
		glDrawArrays(GL_POINTS, 0, COUNT);
		glReadPixels(0, 0, COUNT, 1, GL_RGBA_INTEGER, GL_INT, found);
		for (int n = COUNT; n-- > 0;) {
			if (found[n][0] == snippet->value(inputs[n][0], inputs[n][1], n))
				continue;
			wrong++;
			at = (unsigned)n;
		}
		expect(check, !wrong, "%s in a %s shader: %u of %u; of %d, %d, %u: %d, not %d",
		       snippet->text, s % 2 ? "fragment" : "vertex", wrong, COUNT, inputs[at][0],
		       inputs[at][1], at, found[at][0],
		       snippet->value(inputs[at][0], inputs[at][1], (int32_t)at));
		glDeleteProgram(program);
	}
	glDisableVertexAttribArray(0);
	glDeleteBuffers(1, &buffer);
	drop_target(&target);
}

#define FIRST_LOOP 26

void check_integers(struct check *check)
{
	check_snippets(check, 0, FIRST_LOOP);
}

/* Discards by a pattern, in a branch and in a loop; derivatives beside discarded pixels. */
static void check_discards(struct check *check)
{
	static const struct {
		const char *text;
		unsigned kind;
	} cases[] = {
		{"if ((p.x ^ p.y) % 3 == 0) discard;", 0},
		{"for (int k = 0; k < 9; k++) { if (k == p.x % 16 && p.y > 4) discard; }", 1},
		{"if (p.x < 10) { if (p.y < 10) discard; else if (p.y > 20) discard; }", 2},
	};
	static float found[32 * 32][4];
	struct target target;
	char text[600];

	if (!make_target(check, &target, GL_RGBA32F, 32, 32))
		return;
	for (unsigned i = 0; i < 3; i++) {
		unsigned wrong = 0;
		GLuint program;

		snprintf(
			text, sizeof(text),
			"in vec2 at; out vec4 color;\n"
			"void main() { ivec2 p = ivec2(gl_FragCoord.xy); float d = dFdx(at.x); %s\n"
			"color = vec4(1.0, d * 32.0, dFdy(at.y) * 32.0, fwidth(at.x) * 32.0); }\n",
			cases[i].text);
		program = make_program(check, quad_vertex, text);
		glClear(GL_COLOR_BUFFER_BIT);
		draw_quad();
		glReadPixels(0, 0, 32, 32, GL_RGBA, GL_FLOAT, found);
		for (int n = 0; n < 32 * 32; n++) {
			int x = n % 32, y = n / 32;
			bool gone = cases[i].kind == 0   ? (x ^ y) % 3 == 0
				    : cases[i].kind == 1 ? x % 16 < 9 && y > 4
							 : x < 10 && (y < 10 || y > 20);
			float wanted = gone ? 0 : 1;

			for (unsigned c = 0; c < 4; c++)
				wrong += !(found[n][c] > wanted - 1e-3f &&
					   found[n][c] < wanted + 1e-3f);
		}
		expect(check, !wrong, "%s: %u numbers", cases[i].text, wrong);
		glDeleteProgram(program);
	}
	drop_target(&target);
}

void check_flow(struct check *check)
{
	check_snippets(check, FIRST_LOOP, sizeof(snippets) / sizeof(snippets[0]));
	check_discards(check);
}

/* Arrays, matrices and blocks, read at a place that each pixel has for itself. */
void check_uniforms(struct check *check)
{
	static const char text[] =
		"uniform float f[8]; uniform vec3 v[5]; uniform mat3x4 m[2]; uniform ivec2 i[4];\n"
		"uniform uvec4 u; uniform bool b[3]; uniform mat2 t;\n"
		"struct pair { vec2 a; int n; }; uniform pair s[3];\n"
		"layout(std140) uniform block { float one; vec3 two[3]; mat3 three; ivec4 four; "
		"};\n"
		"out vec4 color;\n"
		"void main() { int p = int(gl_FragCoord.x);\n"
		"if (gl_FragCoord.y < 1.0) color = vec4(f[p % 8], v[p % 5].y, m[p % 2][p % 3][p % "
		"4], "
		"float(i[p % 4].y));\n"
		"else if (gl_FragCoord.y < 2.0) color = vec4(float(u[p % 4]), b[p % 3] ? 1.0 : "
		"0.0, "
		"t[p % 2].y, s[p % 3].a.x + float(s[p % 3].n));\n"
		"else color = vec4(one, two[p % 3].z, three[p % 3][p % 2], float(four[p % 4])); "
		"}\n";
	float f[8], v[15], m[24], t[4] = {1, 2, 3, 4}, block[40] = {0}, found[3][32][4];
	GLint i[8], b[3] = {1, 0, 1};
	struct target target;
	GLuint program, buffer;
	int32_t four[4] = {5, 6, 7, 8};

	if (!make_target(check, &target, GL_RGBA32F, 32, 3))
		return;
	program = make_program(check, quad_vertex, text);
	if (!program)
		return;
	for (int k = 0; k < 24; k++) {
		if (k < 8)
			f[k] = (float)k * 1.5f;
		if (k < 15)
			v[k] = (float)k - 7;
		m[k] = (float)(100 + k);
		if (k < 8)
			i[k] = -k * 1000;
	}
#define AT(name) glGetUniformLocation(program, name)
	glUniform1fv(AT("f"), 8, f);
	glUniform3fv(AT("v"), 5, v);
	glUniformMatrix3x4fv(AT("m"), 2, GL_FALSE, m);
	glUniform2iv(AT("i"), 4, i);
	glUniform4ui(AT("u"), 1, 2, 3000000, 4);
	glUniform1iv(AT("b"), 3, b);
	glUniformMatrix2fv(AT("t"), 1, GL_TRUE, t);
	for (int k = 0; k < 3; k++) {
		char name[20];

		snprintf(name, sizeof(name), "s[%d].a", k);
		glUniform2f(AT(name), (float)k * 10, 0);
		snprintf(name, sizeof(name), "s[%d].n", k);
		glUniform1i(AT(name), k + 1);
	}
	/* one at 0, two at 4, three at 16, four at 28 floats; 4 before it for an offset */
	for (int k = 0; k < 28; k++)
		block[k + 4] = (float)k;
	memcpy(block + 32, four, sizeof(four));
	glGenBuffers(1, &buffer);
	glBindBuffer(GL_UNIFORM_BUFFER, buffer);
	glBufferData(GL_UNIFORM_BUFFER, sizeof(block), block, GL_STATIC_DRAW);
	{
		GLint alignment, size;
		float *moved;

		glGetIntegerv(GL_UNIFORM_BUFFER_OFFSET_ALIGNMENT, &alignment);
		size = alignment + (GLint)sizeof(block);
		glBufferData(GL_UNIFORM_BUFFER, size, NULL, GL_STATIC_DRAW);
		moved = glMapBufferRange(GL_UNIFORM_BUFFER, alignment,
					 (GLsizeiptr)sizeof(block) - 16, GL_MAP_WRITE_BIT);
		memcpy(moved, block + 4, sizeof(block) - 16);
		glUnmapBuffer(GL_UNIFORM_BUFFER);
		glBindBufferRange(GL_UNIFORM_BUFFER, 0, buffer, alignment,
				  (GLsizeiptr)sizeof(block) - 16);
	}
	draw_quad();
	glReadPixels(0, 0, 32, 3, GL_RGBA, GL_FLOAT, found);
	for (int p = 0; p < 32; p++) {
		const float wanted[3][4] = {
			{f[p % 8], v[p % 5 * 3 + 1], m[p % 2 * 12 + p % 3 * 4 + p % 4],
			 (float)i[p % 4 * 2 + 1]},
			{p % 4 == 2 ? 3000000.0f : (float)(p % 4 + 1), (float)b[p % 3],
			 t[p % 2 + 2], (float)(p % 3 * 10 + p % 3 + 1)},
			{0, (float)(4 + p % 3 * 4 + 2), (float)(16 + p % 3 * 4 + p % 2),
			 (float)four[p % 4]}};

		for (unsigned k = 0; k < 12; k++)
			expect(check, found[k / 4][p][k % 4] == wanted[k / 4][k % 4],
			       "pixel %d, %u: %g, not %g", p, k, (double)found[k / 4][p][k % 4],
			       (double)wanted[k / 4][k % 4]);
	}
	glDeleteBuffers(1, &buffer);
	glDeleteProgram(program);
	drop_target(&target);
}
