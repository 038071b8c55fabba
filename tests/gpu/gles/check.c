/* SPDX-License-Identifier: Apache-2.0 */
/* gles [CHECK...]: all checks, or those that are named; TAP. 77: there is no EGL without a screen.
 */
#include "check.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 8 /* wrong cases of a check */

bool expect(struct check *check, bool holds, const char *format, ...)
{
	va_list args;

	check->cases++;
	if (holds)
		return true;
	if (check->failed++ < SHOWN) {
		printf("# ");
		va_start(args, format);
		vprintf(format, args);
		va_end(args);
		printf("\n");
	}
	return false;
}

uint32_t next_number(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

float next_float(uint32_t *state)
{
	return (float)(next_number(state) >> 8) / 16777216.0f;
}

static GLuint make_shader(struct check *check, GLenum stage, const char *text)
{
	static const char head[] = "#version 300 es\nprecision highp float;\nprecision highp int;\n"
				   "precision highp sampler2D;\nprecision highp samplerCube;\n";
	GLuint shader = glCreateShader(stage);
	char log[1000] = "";
	GLint good;

	glShaderSource(shader, 2, (const char *[]){head, text}, NULL);
	glCompileShader(shader);
	glGetShaderiv(shader, GL_COMPILE_STATUS, &good);
	if (!good)
		glGetShaderInfoLog(shader, sizeof(log), NULL, log);
	expect(check, good, "a shader is not taken: %s\n%s", log, text);
	return shader;
}

GLuint make_program(struct check *check, const char *vertex, const char *fragment)
{
	GLuint vs = make_shader(check, GL_VERTEX_SHADER, vertex);
	GLuint fs = make_shader(check, GL_FRAGMENT_SHADER, fragment);
	GLuint program = glCreateProgram();
	GLint good;

	glAttachShader(program, vs);
	glAttachShader(program, fs);
	glLinkProgram(program);
	glDeleteShader(vs);
	glDeleteShader(fs);
	glGetProgramiv(program, GL_LINK_STATUS, &good);
	if (!expect(check, good, "a program is not linked:\n%s\n%s", vertex, fragment))
		return 0;
	glUseProgram(program);
	return program;
}

const char quad_vertex[] = "out vec2 at;\n"
			   "void main() {\n"
			   "at = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1));\n"
			   "gl_Position = vec4(at * 2.0 - 1.0, 0.0, 1.0);\n"
			   "}\n";

void draw_quad(void)
{
	glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
}

bool make_target(struct check *check, struct target *target, GLenum format, int width, int height)
{
	GLenum status;

	*target = (struct target){.width = width, .height = height, .format = format};
	glGenTextures(1, &target->texture);
	glBindTexture(GL_TEXTURE_2D, target->texture);
	glTexStorage2D(GL_TEXTURE_2D, 1, format, width, height);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
	glGenFramebuffers(1, &target->framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, target->framebuffer);
	glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, target->texture,
			       0);
	glViewport(0, 0, width, height);
	status = glCheckFramebufferStatus(GL_FRAMEBUFFER);
	return expect(check, status == GL_FRAMEBUFFER_COMPLETE, "format %04x: status %04x", format,
		      status);
}

void drop_target(struct target *target)
{
	glDeleteFramebuffers(1, &target->framebuffer);
	glDeleteTextures(1, &target->texture);
}

void use_cell(const struct target *target, unsigned index, int size)
{
	int columns = target->width / size;
	int x = (int)index % columns * size, y = (int)index / columns * size;

	glViewport(x, y, size, size);
	glScissor(x, y, size, size);
}

unsigned cell_pixel(const struct target *target, unsigned index, int size, int x, int y)
{
	int columns = target->width / size;

	return (unsigned)(((int)index / columns * size + y) * target->width +
			  (int)index % columns * size + x);
}

GLuint make_texture(GLenum target, GLenum format, int width, int height, GLenum pixels, GLenum type,
		    const void *data, GLenum filter)
{
	GLuint texture;

	glGenTextures(1, &texture);
	glBindTexture(target, texture);
	glTexImage2D(target, 0, (GLint)format, width, height, 0, pixels, type, data);
	glTexParameteri(target, GL_TEXTURE_MIN_FILTER, (GLint)filter);
	glTexParameteri(target, GL_TEXTURE_MAG_FILTER, (GLint)filter);
	return texture;
}

static bool begin_gl(void)
{
	static const EGLint config_wants[] = {EGL_RENDERABLE_TYPE, EGL_OPENGL_ES3_BIT,
					      EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_NONE};
	static const EGLint context_wants[] = {EGL_CONTEXT_MAJOR_VERSION, 3, EGL_NONE};
	EGLDisplay display = eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, NULL, NULL);
	EGLConfig config;
	EGLContext context;
	EGLint count;

	if (!display || !eglInitialize(display, NULL, NULL) ||
	    !eglChooseConfig(display, config_wants, &config, 1, &count) || !count)
		return false;
	eglBindAPI(EGL_OPENGL_ES_API);
	context = eglCreateContext(display, config, EGL_NO_CONTEXT, context_wants);
	return context && eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context);
}

/* What a check finds set, whatever the one before did. */
static void reset_state(void)
{
	static const GLenum switches[] = {GL_BLEND,
					  GL_DEPTH_TEST,
					  GL_STENCIL_TEST,
					  GL_SCISSOR_TEST,
					  GL_CULL_FACE,
					  GL_POLYGON_OFFSET_FILL,
					  GL_PRIMITIVE_RESTART_FIXED_INDEX};

	for (unsigned i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		glDisable(switches[i]);
	glDisable(GL_DITHER);
	glColorMask(1, 1, 1, 1);
	glDepthMask(1);
	glStencilMask(255);
	glClearColor(0, 0, 0, 0);
	glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
	glPixelStorei(GL_PACK_ALIGNMENT, 1);
	while (glGetError())
		;
}

static const struct {
	const char *name;
	void (*run)(struct check *check);
} checks[] = {
	{"blending", check_blending},
	{"depth tests and polygon offset", check_depth},
	{"stencil tests and operations", check_stencil},
	{"scissor and colour masks", check_masks},
	{"texture wrap modes and filters", check_wraps},
	{"texture and framebuffer formats", check_formats},
	{"mipmaps and levels of detail", check_levels},
	{"cube maps", check_cubes},
	{"vertex attributes", check_attributes},
	{"primitives, indices, restart, instances", check_draws},
	{"built-in functions", check_functions},
	{"integers and bits", check_integers},
	{"loops, branches, discards, indices", check_flow},
	{"uniforms", check_uniforms},
	{"triangles", check_triangles},
	{"lines", check_lines},
	{"points", check_points},
	{"inputs, clipping, places and depths of fragments", check_interpolation},
	{"comparing, volumes, arrays, swizzles, fetches", check_lookups},
	{"feedback, queries, pixel buffers, copies", check_buffers},
	{"framebuffers", check_framebuffers},
	{"several samples, their depth, coverage", check_multisampling},
	{"what occlusion queries see", check_occlusion_table},
	{"derivatives", check_derivatives},
	{"places of texels in memory and buffers", check_transfers},
};

static bool is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strstr(name, argv[i]))
			return true;
	}
	return argc == 1;
}

int main(int argc, char **argv)
{
	unsigned number = 0, failed = 0;
	GLenum error;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!begin_gl()) {
		printf("1..0 # SKIP there is no GLES 3.0 without a screen here\n");
		return 77;
	}
	printf("# %s, %s\n", (const char *)glGetString(GL_RENDERER),
	       (const char *)glGetString(GL_VERSION));
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct check check = {.name = checks[i].name};

		if (!is_wanted(check.name, argc, argv))
			continue;
		reset_state();
		checks[i].run(&check);
		error = glGetError();
		expect(&check, !error, "GL error %04x", error);
		printf("%sok %u - %s: %u of %u cases\n", check.failed ? "not " : "", ++number,
		       check.name, check.cases - check.failed, check.cases);
		failed += check.failed;
	}
	printf("1..%u\n", number);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
