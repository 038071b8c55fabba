/* SPDX-License-Identifier: Apache-2.0 */
/* Whether any sample passed: whatever stops samples, alone and together. */
#include "check.h"

#define SIDE 16

enum { DEPTH_FAILS = 1, STENCIL_FAILS = 2, OUTSIDE = 4, CULLED = 8, DISCARDED = 16, NOTHING = 32 };

static const char shade_text[] = "uniform float gone; out vec4 color;\n"
				 "void main() { if (gone > 0.5) discard; color = vec4(1.0); }\n";

static void draw_case(unsigned stops, bool masked, GLint gone)
{
	glEnable(GL_DEPTH_TEST);
	glDepthFunc(stops & DEPTH_FAILS ? GL_GREATER : GL_LEQUAL);
	glEnable(GL_STENCIL_TEST);
	glStencilFunc(stops & STENCIL_FAILS ? GL_NOTEQUAL : GL_EQUAL, 0, 255);
	glEnable(GL_SCISSOR_TEST);
	glScissor(stops & OUTSIDE ? SIDE : SIDE - 1, 0, SIDE, SIDE);
	glEnable(GL_CULL_FACE);
	glCullFace(stops & CULLED ? GL_FRONT_AND_BACK : GL_BACK);
	glFrontFace(GL_CCW);
	glUniform1f(gone, stops & DISCARDED ? 1 : 0);
	/* What is written is another matter. */
	glColorMask(!masked, !masked, !masked, !masked);
	glDepthMask(!masked);
	if (stops & NOTHING)
		glDrawArrays(GL_TRIANGLE_STRIP, 0, 2);
	else
		draw_quad();
}

void check_occlusion_table(struct check *check)
{
	static const GLenum kinds[] = {GL_ANY_SAMPLES_PASSED, GL_ANY_SAMPLES_PASSED_CONSERVATIVE};
	struct target target;
	GLuint program, queries[2], depth;
	GLint gone;

	if (!make_target(check, &target, GL_RGBA8, SIDE, SIDE))
		return;
	glGenRenderbuffers(1, &depth);
	glBindRenderbuffer(GL_RENDERBUFFER, depth);
	glRenderbufferStorage(GL_RENDERBUFFER, GL_DEPTH24_STENCIL8, SIDE, SIDE);
	glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_STENCIL_ATTACHMENT, GL_RENDERBUFFER,
				  depth);
	program = make_program(check, quad_vertex, shade_text);
	gone = glGetUniformLocation(program, "gone");
	glGenQueries(2, queries);
	glClearDepthf(1);
	glClearStencil(0);
	glStencilMask(255);
	glStencilOp(GL_KEEP, GL_KEEP, GL_KEEP);
	for (unsigned i = 0; i < 64 * 4; i++) {
		GLenum kind = kinds[i & 1];
		bool masked = i & 2;
		GLuint passed = 77;

		glDisable(GL_SCISSOR_TEST);
		glDepthMask(1);
		glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT | GL_STENCIL_BUFFER_BIT);
		glBeginQuery(kind, queries[i & 1]);
		draw_case(i / 4, masked, gone);
		glEndQuery(kind);
		glGetQueryObjectuiv(queries[i & 1], GL_QUERY_RESULT, &passed);
		/* Conservative ones may say yes too often, but never no. */
		expect(check, passed == (i / 4 == 0) || (kind == kinds[1] && passed == 1),
		       "stopped by %02x, query %04x: %u", i / 4, kind, passed);
	}
	glDisable(GL_DEPTH_TEST);
	glDisable(GL_STENCIL_TEST);
	glDisable(GL_SCISSOR_TEST);
	glDisable(GL_CULL_FACE);
	glColorMask(1, 1, 1, 1);
	glDepthMask(1);
	glDepthFunc(GL_LESS);
	glDeleteQueries(2, queries);
	glDeleteProgram(program);
	glDeleteRenderbuffers(1, &depth);
	drop_target(&target);
}
