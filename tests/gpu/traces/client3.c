/* SPDX-License-Identifier: Apache-2.0 */
/* The GLES 3 and GL 3.3 client behind the later recordings; not built with the rest. */
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES3/gl3.h>
#include <stdlib.h>

#define WIDTH                 96
#define HEIGHT                80
#define GL_GEOMETRY_SHADER    0x8dd9
#define GL_TEXTURE_BUFFER     0x8c2a
#define GL_TEXTURE_2D_SAMPLES 0x9100
#define GL_SOURCE1_COLOR      0x88f9
#define GL_CLAMPED_DEPTH      0x864f
#define EGL_CORE_PROFILE_BIT  1
#define EGL_PROFILE_MASK      0x30fd

extern void glTexBuffer(GLenum target, GLenum format, GLuint buffer);
extern void glFramebufferTexture(GLenum target, GLenum attachment, GLuint texture, GLint level);
typedef void image_with_samples(GLenum target, GLsizei samples, GLenum format, GLsizei width,
				GLsizei height, GLboolean fixed);

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

/* 4: a geometry shader draws to three layers at once, which are then drawn beside each other. */
static const char layers_geometry[] = GL
	"layout(lines) in; layout(triangle_strip, max_vertices=9) out; in vec2 at[];\n"
	"flat out vec3 color; void main() { for (int l = 0; l < 3; l++) {\n"
	"  for (int i = 0; i < 3; i++) { gl_Layer = l; color = vec3(l == 0, l == 1, l == 2)\n"
	"   * (.5 + .25 * float(gl_PrimitiveIDIn)); vec2 p = i < 2 ? at[i] : at[0].yx * float(l);\n"
	"   gl_Position = vec4(p, 0, 1); EmitVertex(); } EndPrimitive(); } }";
static const char layers_fragment[] =
	GL "flat in vec3 color; out vec4 o; void main() { o = vec4(color, 1); }";
static const char whole_vertex[] =
	GL "out vec2 tc; void main() { tc = vec2(gl_VertexID & 1, gl_VertexID >> 1);\n"
	   " gl_Position = vec4(tc * 2. - 1., 0, 1); }";
static const char beside_fragment[] = GL
	"in vec2 tc; out vec4 color; uniform sampler2DArray layers;\n"
	"void main() { color = texture(layers, vec3(fract(tc.x * 3.), tc.y, floor(tc.x * 3.))); }";
/* 5: two sources, depth that is clamped, packed attributes; then each sample by itself. */
static const char sources_vertex[] = GL
	"layout(location=0) in vec2 a; layout(location=1) in vec4 b; noperspective out vec4 c;\n"
	"void main() { c = b; float w = 1. + .5 * a.y; gl_Position = vec4(a * w, a.x * 3., w); }";
static const char sources_fragment[] =
	GL "noperspective in vec4 c; layout(location=0, index=0) out vec4 first;\n"
	   "layout(location=0, index=1) out vec4 second; void main() { first = vec4(c.rgb, 1);\n"
	   " second = vec4(float(gl_PrimitiveID + 3) * .25, c.gb, 1) * .5; }";
static const char apart_fragment[] =
	GL "in vec2 tc; out vec4 color; uniform sampler2DMS image; void main() {\n"
	   " ivec2 part = ivec2(tc * 2.), size = textureSize(image);\n"
	   " color = texelFetch(image, ivec2(fract(tc * 2.) * vec2(size)), part.y * 2 + part.x); }";

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
	eglBindAPI(kind >= 3 ? EGL_OPENGL_API : EGL_OPENGL_ES_API);
	eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE,
		       eglCreateContext(display, NULL, EGL_NO_CONTEXT, kind >= 3 ? gl : es));
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

static void draw_layers(void)
{
	GLuint framebuffer, texture, array;

	glGenTextures(1, &texture);
	glBindTexture(GL_TEXTURE_2D_ARRAY, texture);
	glTexImage3D(GL_TEXTURE_2D_ARRAY, 0, GL_RGBA8, 32, 80, 3, 0, GL_RGBA, GL_UNSIGNED_BYTE,
		     NULL);
	glTexParameteri(GL_TEXTURE_2D_ARRAY, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	glGenFramebuffers(1, &framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
	glFramebufferTexture(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, texture, 0);
	glViewport(0, 0, 32, 80);
	make_program(geometry_vertex, layers_geometry, layers_fragment);
	use_corners();
	glClearColor(.2f, .2f, .2f, 1);
	glClear(GL_COLOR_BUFFER_BIT);
	glDrawArrays(GL_LINES, 0, 8);
	make_framebuffer(GL_RGBA8, 0, 0);
	make_program(whole_vertex, NULL, beside_fragment);
	glGenVertexArrays(1, &array);
	glBindVertexArray(array);
	glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
}

static void draw_sources(void)
{
	static const GLuint colors[] = {0xc00003ff, 0x000ffc00, 0x3ff00000, 0xc007fdff,
					0x2aaaaaaa, 0x15555555, 0x3fffffff, 0xc0000000};
	image_with_samples *make_image =
		(image_with_samples *)eglGetProcAddress("glTexImage2DMultisample");
	GLuint framebuffer, texture, array;

	glGenTextures(1, &texture);
	glBindTexture(GL_TEXTURE_2D_SAMPLES, texture);
	make_image(GL_TEXTURE_2D_SAMPLES, 4, GL_RGBA8, WIDTH, HEIGHT, GL_TRUE);
	glGenFramebuffers(1, &framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
	glFramebufferTexture(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, texture, 0);
	make_target(GL_DEPTH_COMPONENT32F, GL_DEPTH_ATTACHMENT, 4);
	glViewport(0, 0, WIDTH, HEIGHT);
	make_program(sources_vertex, NULL, sources_fragment);
	use_corners();
	make_buffer(GL_ARRAY_BUFFER, colors, sizeof(colors));
	glVertexAttribPointer(1, 4, GL_UNSIGNED_INT_2_10_10_10_REV, GL_TRUE, 0, NULL);
	glEnableVertexAttribArray(1);
	glEnable(GL_DEPTH_TEST);
	glEnable(GL_CLAMPED_DEPTH);
	glEnable(GL_BLEND);
	glBlendFunc(GL_ONE, GL_SOURCE1_COLOR);
	glClearColor(.3f, .2f, .1f, 1);
	glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
	glDrawArrays(GL_TRIANGLES, 0, 6);
	glDepthFunc(GL_ALWAYS);
	glDrawArrays(GL_TRIANGLE_STRIP, 2, 6);
	glDisable(GL_BLEND);
	make_framebuffer(GL_RGBA8, 0, 0);
	make_program(whole_vertex, NULL, apart_fragment);
	glGenVertexArrays(1, &array);
	glBindVertexArray(array);
	glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
}

int main(int argc, char **argv)
{
	static void (*const draws[])(void) = {draw_arrays,   draw_samples, draw_streams,
					      draw_geometry, draw_layers,  draw_sources};
	int kind = argc > 1 ? atoi(argv[1]) % 6 : 0;
	unsigned pixel;

	make_context(kind);
	draws[kind]();
	glFlush();
	glReadPixels(0, 0, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE, &pixel);
	return glGetError();
}
