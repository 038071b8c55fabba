/* SPDX-License-Identifier: Apache-2.0 */
/* Depth functions, offsets and ranges; stencil functions and operations. */
#include "check.h"

#include <math.h>

#define CELL 4
#define SIDE 256

static const GLenum functions[] = {GL_NEVER,   GL_LESS,     GL_EQUAL,  GL_LEQUAL,
				   GL_GREATER, GL_NOTEQUAL, GL_GEQUAL, GL_ALWAYS};

static const char flat_vertex[] =
	"uniform vec3 plane;\n"
	"void main() {\n"
	"vec2 at = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1)) * 2.0 - 1.0;\n"
	"gl_Position = vec4(at, plane.z + dot(at, plane.xy), 1.0);\n"
	"}\n";
static const char white_text[] = "out vec4 color;\nuniform vec4 shade;\n"
				 "void main() { color = shade; }\n";

struct depth_target {
	struct target color;
	GLuint depth;
};

static bool make_depth_target(struct check *check, struct depth_target *target, GLenum format,
			      GLenum attachment)
{
	bool good = make_target(check, &target->color, GL_RGBA8, SIDE, SIDE);

	glGenRenderbuffers(1, &target->depth);
	glBindRenderbuffer(GL_RENDERBUFFER, target->depth);
	glRenderbufferStorage(GL_RENDERBUFFER, format, SIDE, SIDE);
	glFramebufferRenderbuffer(GL_FRAMEBUFFER, attachment, GL_RENDERBUFFER, target->depth);
	return expect(check,
		      good && glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE,
		      "depth format %04x", format);
}

static void drop_depth_target(struct depth_target *target)
{
	glDeleteRenderbuffers(1, &target->depth);
	drop_target(&target->color);
}

static bool holds(unsigned function, float a, float b)
{
	return a < b ? function & 1 : a == b ? function >> 1 & 1 : function >> 2 & 1;
}

/* Each function with what is before, at and behind; writing or not: two draws and a probe. */
static void check_functions_of(struct check *check, GLenum format)
{
	static const float places[3] = {-0.5f, 0, 0.5f};
	static uint8_t found[SIDE * SIDE][4];
	struct depth_target target;
	GLint plane, shade;
	GLuint program;

	if (!make_depth_target(check, &target, format, GL_DEPTH_ATTACHMENT))
		return;
	program = make_program(check, flat_vertex, white_text);
	plane = glGetUniformLocation(program, "plane");
	shade = glGetUniformLocation(program, "shade");
	glClearDepthf(0.5f);
	glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
	glEnable(GL_DEPTH_TEST);
	glEnable(GL_SCISSOR_TEST);
	/* First place 0 everywhere, by rasterisation: so EQUAL compares like with like. */
	glDepthFunc(GL_ALWAYS);
	glUniform3f(plane, 0, 0, 0);
	glUniform4f(shade, 0, 0, 0, 0);
	glViewport(0, 0, SIDE, SIDE);
	glScissor(0, 0, SIDE, SIDE);
	draw_quad();
	for (unsigned i = 0; i < 48; i++) {
		use_cell(&target.color, i, CELL);
		glDepthFunc(functions[i % 8]);
		glDepthMask(i / 24 == 0);
		glUniform3f(plane, 0, 0, places[i / 8 % 3]);
		glUniform4f(shade, 1, 0, 0, 0);
		draw_quad();
		/* Blue where depth is what it should be now. */
		glDepthFunc(GL_EQUAL);
		glDepthMask(0);
		glColorMask(0, 0, 1, 0);
		glUniform4f(shade, 0, 0, 1, 0);
		glUniform3f(plane, 0, 0,
			    i / 24 == 0 && holds(i % 8, places[i / 8 % 3], 0) ? places[i / 8 % 3]
									      : 0);
		draw_quad();
		glColorMask(1, 1, 1, 1);
	}
	glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, found);
	for (unsigned i = 0; i < 48; i++) {
		const uint8_t *pixel = found[cell_pixel(&target.color, i, CELL, 1, 1)];
		bool passes = holds(i % 8, places[i / 8 % 3], 0);

		expect(check, pixel[0] == (passes ? 255 : 0) && pixel[2] == 255,
		       "format %04x, function %u, place %u, writes %d: colour %u, depth right %u",
		       format, i % 8, i / 8 % 3, i < 24, pixel[0], pixel[2]);
	}
	glDepthMask(1);
	glDisable(GL_DEPTH_TEST);
	glDisable(GL_SCISSOR_TEST);
	glDeleteProgram(program);
	drop_depth_target(&target);
}

/* Depth as it is interpolated, seen through a depth texture: planes, ranges, clamping. */
static void check_values(struct check *check)
{
	static const float planes[][5] = {/* x, y, z, near, far */
					  {0, 0, 0, 0, 1},
					  {0.5f, 0, 0, 0, 1},
					  {0, 0.9f, 0, 0, 1},
					  {0.25f, 0.25f, 0.3f, 0, 1},
					  {0.5f, 0.2f, 0, 0.2f, 0.4f},
					  {0.3f, 0.3f, 0, 1, 0}};
	static float found[SIDE * SIDE][4];
	struct target target;
	GLuint program, reader, depth, framebuffer;

	program = make_program(check, flat_vertex, "void main() {}\n");
	reader = make_program(
		check, quad_vertex,
		"uniform sampler2D image; out vec4 color;\n"
		"void main() { color = texelFetch(image, ivec2(gl_FragCoord.xy), 0); }\n");
	glGenTextures(1, &depth);
	glBindTexture(GL_TEXTURE_2D, depth);
	glTexStorage2D(GL_TEXTURE_2D, 1, GL_DEPTH_COMPONENT24, SIDE, SIDE);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
	glGenFramebuffers(1, &framebuffer);
	for (unsigned i = 0; i < sizeof(planes) / sizeof(planes[0]); i++) {
		const float *p = planes[i];
		double worst = 0;

		glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
		glFramebufferTexture2D(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_TEXTURE_2D, depth,
				       0);
		glUseProgram(program);
		glUniform3f(glGetUniformLocation(program, "plane"), p[0], p[1], p[2]);
		glDepthRangef(p[3], p[4]);
		glEnable(GL_DEPTH_TEST);
		glDepthFunc(GL_ALWAYS);
		glViewport(0, 0, SIDE, SIDE);
		draw_quad();
		glDisable(GL_DEPTH_TEST);
		glDepthRangef(0, 1);
		if (!make_target(check, &target, GL_RGBA32F, SIDE, SIDE))
			return;
		glBindTexture(GL_TEXTURE_2D, depth);
		glUseProgram(reader);
		draw_quad();
		glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_FLOAT, found);
		for (int k = 0; k < SIDE * SIDE; k++) {
			double x = (k % SIDE + 0.5) / SIDE * 2 - 1,
			       y = (k / SIDE + 0.5) / SIDE * 2 - 1;
			double z = p[2] + x * (double)p[0] + y * (double)p[1];
			double wanted = (double)p[3] + (z + 1) / 2 * ((double)p[4] - (double)p[3]);

			worst = fmax(worst, fabs(wanted - (double)found[k][0]));
		}
		expect(check, worst < 4e-7, "plane %u: depth is off by %g", i, worst);
		drop_target(&target);
	}
	glDeleteFramebuffers(1, &framebuffer);
	glDeleteTextures(1, &depth);
	glDeleteProgram(program);
	glDeleteProgram(reader);
}

/* A plane with an offset in front of or behind the same plane without. */
static void check_offset(struct check *check)
{
	static const struct {
		float factor, units, slope;
		bool less; /* the second passes LESS */
	} cases[] = {{0, 0, 0, false},      {0, -2, 0, true},      {0, 2, 0, false},
		     {-1, 0, 0.5f, true},   {1, 0, 0.5f, false},   {-1, 0, 0, false},
		     {-1, -1, 0.25f, true}, {1, -1, 0.25f, false}, {0, -1, 0, true}};
	struct depth_target target;
	uint8_t pixel[4];
	GLuint program;

	if (!make_depth_target(check, &target, GL_DEPTH_COMPONENT24, GL_DEPTH_ATTACHMENT))
		return;
	program = make_program(check, flat_vertex, white_text);
	glEnable(GL_DEPTH_TEST);
	glClearDepthf(1);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
		glUniform3f(glGetUniformLocation(program, "plane"), cases[i].slope, 0, 0);
		glUniform4f(glGetUniformLocation(program, "shade"), 0, 1, 0, 0);
		glDepthFunc(GL_LESS);
		glDisable(GL_POLYGON_OFFSET_FILL);
		draw_quad();
		glEnable(GL_POLYGON_OFFSET_FILL);
		glPolygonOffset(cases[i].factor, cases[i].units);
		glUniform4f(glGetUniformLocation(program, "shade"), 1, 0, 0, 0);
		draw_quad();
		glReadPixels(77, 99, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE, pixel);
		expect(check, pixel[0] == (cases[i].less ? 255 : 0), "offset %g %g, slope %g: %s",
		       (double)cases[i].factor, (double)cases[i].units, (double)cases[i].slope,
		       pixel[0] ? "in front" : "not in front");
	}
	glDisable(GL_POLYGON_OFFSET_FILL);
	glDisable(GL_DEPTH_TEST);
	glDeleteProgram(program);
	drop_depth_target(&target);
}

void check_depth(struct check *check)
{
	check_functions_of(check, GL_DEPTH_COMPONENT16);
	check_functions_of(check, GL_DEPTH_COMPONENT24);
	check_functions_of(check, GL_DEPTH_COMPONENT32F);
	check_functions_of(check, GL_DEPTH24_STENCIL8);
	check_functions_of(check, GL_DEPTH32F_STENCIL8);
	check_values(check);
	check_offset(check);
}

static const GLenum operations[] = {GL_KEEP, GL_ZERO,   GL_REPLACE,   GL_INCR,
				    GL_DECR, GL_INVERT, GL_INCR_WRAP, GL_DECR_WRAP};

static uint8_t operate(GLenum operation, uint8_t old, uint8_t reference)
{
	switch (operation) {
	case GL_KEEP:
		return old;
	case GL_ZERO:
		return 0;
	case GL_REPLACE:
		return reference;
	case GL_INCR:
		return old == 255 ? 255 : (uint8_t)(old + 1);
	case GL_DECR:
		return old ? (uint8_t)(old - 1) : 0;
	case GL_INVERT:
		return (uint8_t)~old;
	case GL_INCR_WRAP:
		return (uint8_t)(old + 1);
	default:
		return (uint8_t)(old - 1);
	}
}

struct stencil_case {
	unsigned function, operation, outcome; /* which of the three has the operation */
	uint8_t old, reference, read, write;
	bool back;
};

static struct stencil_case stencil_case(unsigned i)
{
	static const uint8_t olds[] = {0, 7, 255}, references[] = {7, 255, 0, 6};

	return (struct stencil_case){i % 8,
				     i / 8 % 8,
				     i / 64 % 3,
				     olds[i / 192 % 3],
				     references[i % 4],
				     i / 5 % 3 ? 255 : 0x0e,
				     i / 7 % 4 ? 255 : 0x3c,
				     i / 11 % 2};
}

/* The value afterwards; depth fails for outcome 1. */
static uint8_t stencil_after(const struct stencil_case *c, bool *drawn)
{
	bool passes = holds(c->function, c->reference & c->read, c->old & c->read);
	unsigned outcome = !passes ? 0 : c->outcome == 1 ? 1 : 2;
	uint8_t value = outcome == c->outcome
				? operate(operations[c->operation], c->old, c->reference)
				: c->old;

	*drawn = outcome == 2;
	return (uint8_t)((value & c->write) | (c->old & ~c->write));
}

static void draw_stencil_case(const struct stencil_case *c)
{
	GLenum ops[3] = {GL_KEEP, GL_KEEP, GL_KEEP}, face = c->back ? GL_BACK : GL_FRONT;

	ops[c->outcome] = operations[c->operation];
	glClearStencil(c->old);
	glStencilMask(255);
	glClear(GL_STENCIL_BUFFER_BIT);
	/* The other face would show. */
	glStencilFuncSeparate(GL_FRONT_AND_BACK, GL_ALWAYS, 99, 255);
	glStencilOpSeparate(GL_FRONT_AND_BACK, GL_REPLACE, GL_REPLACE, GL_REPLACE);
	glStencilFuncSeparate(face, functions[c->function], c->reference, c->read);
	glStencilOpSeparate(face, ops[0], ops[1], ops[2]);
	glStencilMaskSeparate(face, c->write);
	glFrontFace(c->back ? GL_CW : GL_CCW);
	glDepthFunc(c->outcome == 1 ? GL_NEVER : GL_ALWAYS);
	glColorMask(1, 0, 0, 0);
	draw_quad();
}

/* Green where the value is the one that is wanted. */
static void probe_stencil(uint8_t wanted)
{
	glStencilMask(255);
	glStencilFunc(GL_EQUAL, wanted, 255);
	glStencilOp(GL_KEEP, GL_KEEP, GL_KEEP);
	glDepthFunc(GL_ALWAYS);
	glColorMask(0, 1, 0, 0);
	draw_quad();
}

static void check_stencil_format(struct check *check, GLenum format, unsigned every)
{
	static uint8_t found[SIDE * SIDE][4];
	struct depth_target target;
	GLuint program;

	if (!make_depth_target(check, &target, format,
			       format == GL_STENCIL_INDEX8 ? GL_STENCIL_ATTACHMENT
							   : GL_DEPTH_STENCIL_ATTACHMENT))
		return;
	program = make_program(check, flat_vertex, white_text);
	glUniform3f(glGetUniformLocation(program, "plane"), 0, 0, 0);
	glUniform4f(glGetUniformLocation(program, "shade"), 1, 1, 1, 1);
	glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
	glEnable(GL_STENCIL_TEST);
	glEnable(GL_SCISSOR_TEST);
	if (format != GL_STENCIL_INDEX8)
		glEnable(GL_DEPTH_TEST);
	for (unsigned i = 0; i < 576; i += every) {
		struct stencil_case c = stencil_case(i);
		bool drawn;

		if (format == GL_STENCIL_INDEX8 && c.outcome == 1)
			continue;
		use_cell(&target.color, i, CELL);
		draw_stencil_case(&c);
		probe_stencil(stencil_after(&c, &drawn));
	}
	glColorMask(1, 1, 1, 1);
	glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, found);
	for (unsigned i = 0; i < 576; i += every) {
		const uint8_t *pixel = found[cell_pixel(&target.color, i, CELL, 2, 1)];
		struct stencil_case c = stencil_case(i);
		bool drawn;
		uint8_t wanted = stencil_after(&c, &drawn);

		if (format == GL_STENCIL_INDEX8 && c.outcome == 1)
			continue;
		expect(check, pixel[0] == (drawn ? 255 : 0) && pixel[1] == 255,
		       "format %04x: function %u of %u & %x and %u, operation %u for %u, mask %x, "
		       "%s: drawn %d; value %u %d",
		       format, c.function, c.reference, c.read, c.old, c.operation, c.outcome,
		       c.write, c.back ? "back" : "front", pixel[0] != 0, wanted, pixel[1] != 0);
	}
	glFrontFace(GL_CCW);
	glDisable(GL_STENCIL_TEST);
	glDisable(GL_SCISSOR_TEST);
	glDisable(GL_DEPTH_TEST);
	glDeleteProgram(program);
	drop_depth_target(&target);
}

void check_stencil(struct check *check)
{
	check_stencil_format(check, GL_DEPTH24_STENCIL8, 1);
	check_stencil_format(check, GL_DEPTH32F_STENCIL8, 5);
	check_stencil_format(check, GL_STENCIL_INDEX8, 5);
}
