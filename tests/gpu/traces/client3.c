/* SPDX-License-Identifier: Apache-2.0 */
/* The GLES 3 and GL 3.3 client behind the later recordings; not built with the rest. */
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES3/gl3.h>
#include <stdlib.h>

#define WIDTH                96
#define HEIGHT               80
#define GL_GEOMETRY_SHADER   0x8dd9
#define GL_TEXTURE_BUFFER    0x8c2a
#define EGL_CORE_PROFILE_BIT 1
#define EGL_PROFILE_MASK     0x30fd

extern void glTexBuffer(GLenum target, GLenum format, GLuint buffer);

#define ES "#version 300 es\nprecision highp float; precision highp int;\n"
#define GL "#version 330\n"

/* 0: integers, arrays and volumes, instances, uniform blocks, restarts, two targets. */
static const char arrays_vertex[] =
	ES "layout(location=0) in vec2 a; layout(location=1) in ivec4 b;\n"
	   "uniform Block { vec4 place[4]; vec4 tint; };\n"
	   "out vec2 tc; flat out ivec4 number;\n"
	   "void main() { vec4 p = place[gl_InstanceID]; tc = a * .5 + .5;\n"
	   " number = b + ivec4(gl_VertexID, gl_InstanceID, -1, 1 << gl_InstanceID);\n"
	   " gl_Position = vec4(a * p.zw + p.xy, 0, 1); }";
static const char arrays_fragment[] =
	ES "in vec2 tc; flat in ivec4 number; layout(location=0) out vec4 color;\n"
	   "layout(location=1) out ivec4 bits; uniform Block { vec4 place[4]; vec4 tint; };\n"
	   "uniform highp usampler2DArray array; uniform highp sampler3D volume;\n"
	   "void main() { ivec3 size = textureSize(array, 0);\n"
	   " uvec4 t = texelFetch(array, ivec3(tc * vec2(size.xy), number.y % size.z), 0);\n"
	   " color = vec4(t.xyz, 255u) / 255.0 * tint + texture(volume, vec3(tc, .3)) * .4;\n"
	   " bits = number ^ ivec4(t); }";
/* 1: four samples, centroids, sRGB, depth of floats. */
static const char samples_vertex[] =
	ES "layout(location=0) in vec2 a; uniform vec4 turn; centroid out vec3 c; out float z;\n"
	   "void main() { gl_Position = vec4(a * mat2(turn.x, -turn.y, turn.y, turn.x), a.x * "
	   "turn.z, 1.3);\n"
	   " c = vec3(a, turn.w) * .5 + .5; }";
static const char samples_fragment[] = ES "centroid in vec3 c; out vec4 color;\n"
					  "void main() { color = vec4(c, 1); }";
/* 2: what is streamed out is drawn. */
static const char stream_vertex[] =
	ES "layout(location=0) in vec2 a; out vec4 p; flat out uint n;\n"
	   "void main() { p = vec4(a.yx * .8, 0, 1); n = uint(gl_VertexID) * 0x9e3779b9u;\n"
	   " gl_Position = p; }";
static const char stream_fragment[] = ES "in vec4 p; flat in uint n; out vec4 color;\n"
					 "void main() { color = vec4(float(n >> 24), float(n >> 16 "
					 "& 255u), p.x * 99., 255.) / 255.; }";
/* 3: a geometry shader, numbers of primitives, texels of a buffer. */
static const char geometry_vertex[] =
	GL "layout(location=0) in vec2 a; out vec2 at; void main() { at = a; }";
static const char geometry_geometry[] = GL
	"layout(points) in; layout(triangle_strip, max_vertices=8) out; in vec2 at[];\n"
	"uniform samplerBuffer sizes; flat out int number; out vec2 tc;\n"
	"void main() { float s = texelFetch(sizes, gl_PrimitiveIDIn).x;\n"
	" for (int i = 0; i < 4 + gl_PrimitiveIDIn % 2; i++) { tc = vec2(i & 1, i >> 1);\n"
	"  number = gl_PrimitiveIDIn; gl_Position = vec4(at[0] + (tc - .5) * s, 0, 1);\n"
	"  EmitVertex(); if (i == 2 && gl_PrimitiveIDIn == 3) EndPrimitive(); } EndPrimitive(); }";
static const char geometry_fragment[] =
	GL "flat in int number; in vec2 tc; out vec4 color;\n"
	   "void main() { color = vec4(tc, float(number) / 8., 1); }";

static const GLfloat corners[] = {-.9f, -.8f, .7f, -.9f, -.6f, .8f, .9f, .7f,
				  .1f,  .9f,  .3f, -.2f, -.4f, .1f, .5f, .5f};

static void make_context(int kind)
{
	static const EGLint es[] = {EGL_CONTEXT_MAJOR_VERSION, 3, EGL_NONE};
	static const EGLint gl[] = {
		EGL_CONTEXT_MAJOR_VERSION, 3,       EGL_CONTEXT_MINOR_VERSION, 3, EGL_PROFILE_MASK,
		EGL_CORE_PROFILE_BIT,      EGL_NONE};
	EGLDisplay display =
		eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);

	eglInitialize(display, NULL, NULL);
	eglBindAPI(kind == 3 ? EGL_OPENGL_API : EGL_OPENGL_ES_API);
	eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE,
		       eglCreateContext(display, NULL, EGL_NO_CONTEXT, kind == 3 ? gl : es));
}

static void add(GLuint program, GLenum type, const char *text)
{
	GLuint shader = glCreateShader(type);

	glShaderSource(shader, 1, &text, NULL);
	glCompileShader(shader);
	glAttachShader(program, shader);
}

static GLuint make_program(const char *vertex, const char *geometry, const char *fragment)
{
	static const char *const streamed[] = {"p", "n"};
	GLuint program = glCreateProgram();

	add(program, GL_VERTEX_SHADER, vertex);
	if (geometry)
		add(program, GL_GEOMETRY_SHADER, geometry);
	add(program, GL_FRAGMENT_SHADER, fragment);
	if (vertex == stream_vertex)
		glTransformFeedbackVaryings(program, 2, streamed, GL_INTERLEAVED_ATTRIBS);
	glLinkProgram(program);
	glUseProgram(program);
	return program;
}

static GLuint make_target(GLenum format, GLenum attachment, int samples)
{
	GLuint buffer;

	glGenRenderbuffers(1, &buffer);
	glBindRenderbuffer(GL_RENDERBUFFER, buffer);
	glRenderbufferStorageMultisample(GL_RENDERBUFFER, samples, format, WIDTH, HEIGHT);
	glFramebufferRenderbuffer(GL_FRAMEBUFFER, attachment, GL_RENDERBUFFER, buffer);
	return buffer;
}

static GLuint make_framebuffer(GLenum format, GLenum second, int samples)
{
	static const GLenum both[] = {GL_COLOR_ATTACHMENT0, GL_COLOR_ATTACHMENT1};
	GLuint framebuffer;

	glGenFramebuffers(1, &framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
	make_target(format, GL_COLOR_ATTACHMENT0, samples);
	if (second == GL_DEPTH_COMPONENT32F)
		make_target(second, GL_DEPTH_ATTACHMENT, samples);
	else if (second)
		make_target(second, GL_COLOR_ATTACHMENT1, samples);
	glDrawBuffers(second && second != GL_DEPTH_COMPONENT32F ? 2 : 1, both);
	glViewport(0, 0, WIDTH, HEIGHT);
	return framebuffer;
}

static GLuint make_buffer(GLenum target, const void *data, GLsizeiptr bytes)
{
	GLuint buffer;

	glGenBuffers(1, &buffer);
	glBindBuffer(target, buffer);
	glBufferData(target, bytes, data, GL_STATIC_DRAW);
	return buffer;
}

static void use_corners(void)
{
	GLuint array;

	glGenVertexArrays(1, &array);
	glBindVertexArray(array);
	make_buffer(GL_ARRAY_BUFFER, corners, sizeof(corners));
	glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, NULL);
	glEnableVertexAttribArray(0);
}

static void draw_arrays(void)
{
	static const GLfloat block[] = {-.5f, -.5f, .5f, .4f, .5f, -.5f, .4f, .5f, -.5f, .5f,
					.5f,  .5f,  .5f, .5f, .4f, -.4f, 1,   .8f, .6f,  1};
	static const GLushort strip[] = {0, 1, 2, 3, 0xffff, 4, 5, 6, 7};
	static const GLbyte numbers[] = {1, -2, 3, -4, 5, -6, 7, -128, 9, 8, 7, 6, 5, 4, 3, 2,
					 1, 2,  3, 4,  5, 6,  7, 8,    9, 8, 7, 6, 5, 4, 3, 2};
	GLubyte texels[4 * 4 * 3 * 4];
	GLuint program = make_program(arrays_vertex, NULL, arrays_fragment), textures[2];

	for (unsigned i = 0; i < sizeof(texels); i++)
		texels[i] = (GLubyte)(i * 37 ^ i >> 3);
	make_framebuffer(GL_RGBA8, GL_RGBA32I, 0);
	use_corners();
	make_buffer(GL_ARRAY_BUFFER, numbers, sizeof(numbers));
	glVertexAttribIPointer(1, 4, GL_BYTE, 0, NULL);
	glEnableVertexAttribArray(1);
	make_buffer(GL_ELEMENT_ARRAY_BUFFER, strip, sizeof(strip));
	glBindBufferBase(GL_UNIFORM_BUFFER, 0,
			 make_buffer(GL_UNIFORM_BUFFER, block, sizeof(block)));
	glGenTextures(2, textures);
	glBindTexture(GL_TEXTURE_2D_ARRAY, textures[0]);
	glTexImage3D(GL_TEXTURE_2D_ARRAY, 0, GL_RGBA8UI, 4, 4, 3, 0, GL_RGBA_INTEGER,
		     GL_UNSIGNED_BYTE, texels);
	glTexParameteri(GL_TEXTURE_2D_ARRAY, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	glTexParameteri(GL_TEXTURE_2D_ARRAY, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
	glActiveTexture(GL_TEXTURE1);
	glBindTexture(GL_TEXTURE_3D, textures[1]);
	glTexImage3D(GL_TEXTURE_3D, 0, GL_RGBA8, 4, 4, 3, 0, GL_RGBA, GL_UNSIGNED_BYTE, texels);
	glTexParameteri(GL_TEXTURE_3D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
	glUniform1i(glGetUniformLocation(program, "volume"), 1);
	glEnable(GL_PRIMITIVE_RESTART_FIXED_INDEX);
	glClear(GL_COLOR_BUFFER_BIT);
	glClearBufferiv(GL_COLOR, 1, (const GLint[]){-1, 2, -3, 4});
	glDrawElementsInstanced(GL_TRIANGLE_STRIP, 9, GL_UNSIGNED_SHORT, NULL, 4);
}

static void draw_samples(void)
{
	GLuint program = make_program(samples_vertex, NULL, samples_fragment);
	GLuint many = make_framebuffer(GL_SRGB8_ALPHA8, GL_DEPTH_COMPONENT32F, 4), one;

	one = make_framebuffer(GL_SRGB8_ALPHA8, 0, 0);
	glBindFramebuffer(GL_FRAMEBUFFER, many);
	use_corners();
	glEnable(GL_DEPTH_TEST);
	glClearColor(.2f, .1f, .4f, 1);
	glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
	for (int i = 0; i < 3; i++) {
		float t = .4f * (float)i;

		glUniform4f(glGetUniformLocation(program, "turn"), 1 - t * t, t, t - .5f, t);
		glDrawArrays(GL_TRIANGLE_STRIP, 0, 8);
	}
	glBindFramebuffer(GL_DRAW_FRAMEBUFFER, one);
	glBlitFramebuffer(0, 0, WIDTH, HEIGHT, 0, 0, WIDTH, HEIGHT, GL_COLOR_BUFFER_BIT,
			  GL_NEAREST);
	glBindFramebuffer(GL_FRAMEBUFFER, one);
}

static void draw_streams(void)
{
	GLuint streamed, array;

	make_framebuffer(GL_RGBA8, 0, 0);
	make_program(stream_vertex, NULL, stream_fragment);
	use_corners();
	streamed = make_buffer(GL_TRANSFORM_FEEDBACK_BUFFER, NULL, 4096);
	glBindBufferBase(GL_TRANSFORM_FEEDBACK_BUFFER, 0, streamed);
	glEnable(GL_RASTERIZER_DISCARD);
	glBeginTransformFeedback(GL_TRIANGLES);
	glDrawArrays(GL_TRIANGLES, 0, 6);
	glEndTransformFeedback();
	glDisable(GL_RASTERIZER_DISCARD);
	glBindBufferBase(GL_TRANSFORM_FEEDBACK_BUFFER, 0, 0);
	glGenVertexArrays(1, &array);
	glBindVertexArray(array);
	glBindBuffer(GL_ARRAY_BUFFER, streamed);
	glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 20, NULL);
	glEnableVertexAttribArray(0);
	glClear(GL_COLOR_BUFFER_BIT);
	glDrawArrays(GL_TRIANGLES, 0, 6);
}

static void draw_geometry(void)
{
	static const GLfloat sizes[] = {.2f, .3f, .5f, .6f, .4f, .3f, .2f, .7f};
	GLuint texture, buffer;

	make_framebuffer(GL_RGBA8, 0, 0);
	make_program(geometry_vertex, geometry_geometry, geometry_fragment);
	use_corners();
	buffer = make_buffer(GL_TEXTURE_BUFFER, sizes, sizeof(sizes));
	glGenTextures(1, &texture);
	glBindTexture(GL_TEXTURE_BUFFER, texture);
	glTexBuffer(GL_TEXTURE_BUFFER, GL_R32F, buffer);
	glClear(GL_COLOR_BUFFER_BIT);
	glDrawArrays(GL_POINTS, 0, 8);
}

int main(int argc, char **argv)
{
	static void (*const draws[])(void) = {draw_arrays, draw_samples, draw_streams,
					      draw_geometry};
	int kind = argc > 1 ? atoi(argv[1]) % 4 : 0;
	unsigned pixel;

	make_context(kind);
	draws[kind]();
	glFlush();
	glReadPixels(0, 0, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE, &pixel);
	return glGetError();
}
