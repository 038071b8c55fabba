/* SPDX-License-Identifier: Apache-2.0 */
/* The GLES 2 client behind the recordings; not built with the rest, as it needs EGL and GLES. */
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES2/gl2.h>
#include <stdlib.h>

#define WIDTH  128
#define HEIGHT 96

static const char vertex_text[] =
	"attribute vec4 a; uniform mat4 m; varying vec3 col; varying vec2 tc;"
	"void main() { gl_Position = m * a; gl_PointSize = 7.0;"
	" col = a.xyz * .5 + .5; tc = a.xy * 2.0; }";

static const char *const fragment_texts[] = {
	"precision mediump float; varying vec3 col; void main() { gl_FragColor = vec4(col, 1.0); }",
	"precision mediump float; varying vec3 col; varying vec2 tc; uniform sampler2D s;"
	"void main() { gl_FragColor = texture2D(s, tc) * vec4(col, 0.6); }",
	"precision mediump float; varying vec3 col; varying vec2 tc;"
	"void main() { float a = 0.0;"
	" for (int i = 0; i < 6; i++) a += sin(tc.x * float(i) * 3.0) * cos(tc.y * float(i));"
	" if (a > 0.9) discard; gl_FragColor = vec4(col * abs(a), 1.0); }",
};

static const GLfloat corners[] = {
	-.7f, -.7f, -.7f, .7f, -.7f, -.7f, .7f, .7f, -.7f, -.7f, .7f, -.7f,
	-.7f, -.7f, .7f,  .7f, -.7f, .7f,  .7f, .7f, .7f,  -.7f, .7f, .7f,
};

static const GLushort faces[] = {
	0, 1, 2, 0, 2, 3, 4, 6, 5, 4, 7, 6, 0, 4, 5, 0, 5, 1,
	3, 2, 6, 3, 6, 7, 0, 3, 7, 0, 7, 4, 1, 5, 6, 1, 6, 2,
};

static void make_context(void)
{
	static const EGLint want[] = {EGL_RENDERABLE_TYPE, EGL_OPENGL_ES2_BIT, EGL_SURFACE_TYPE,
				      EGL_PBUFFER_BIT, EGL_NONE};
	static const EGLint version[] = {EGL_CONTEXT_CLIENT_VERSION, 2, EGL_NONE};
	EGLDisplay display =
		eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
	EGLConfig config;
	EGLint count;

	eglInitialize(display, NULL, NULL);
	eglBindAPI(EGL_OPENGL_ES_API);
	eglChooseConfig(display, want, &config, 1, &count);
	eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE,
		       eglCreateContext(display, config, EGL_NO_CONTEXT, version));
}

static void make_target(void)
{
	GLuint color, depth, target;

	glGenTextures(1, &color);
	glBindTexture(GL_TEXTURE_2D, color);
	glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, WIDTH, HEIGHT, 0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
	glGenFramebuffers(1, &target);
	glBindFramebuffer(GL_FRAMEBUFFER, target);
	glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, color, 0);
	glGenRenderbuffers(1, &depth);
	glBindRenderbuffer(GL_RENDERBUFFER, depth);
	glRenderbufferStorage(GL_RENDERBUFFER, GL_DEPTH_COMPONENT16, WIDTH, HEIGHT);
	glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_RENDERBUFFER, depth);
	glViewport(0, 0, WIDTH, HEIGHT);
	glClearColor(.1f, .2f, .3f, 1);
	glEnable(GL_DEPTH_TEST);
}

static void add_shader(GLuint program, GLenum type, const char *text)
{
	GLuint shader = glCreateShader(type);

	glShaderSource(shader, 1, &text, NULL);
	glCompileShader(shader);
	glAttachShader(program, shader);
}

static GLuint make_program(int kind)
{
	GLuint program = glCreateProgram();

	add_shader(program, GL_VERTEX_SHADER, vertex_text);
	add_shader(program, GL_FRAGMENT_SHADER, fragment_texts[kind]);
	glBindAttribLocation(program, 0, "a");
	glLinkProgram(program);
	glUseProgram(program);
	return program;
}

static void make_texture(void)
{
	unsigned char texels[16 * 16 * 4];
	GLuint texture;

	for (int i = 0; i < 256; i++) {
		texels[i * 4] = (unsigned char)i;
		texels[i * 4 + 1] = (unsigned char)(i * 7);
		texels[i * 4 + 2] = (unsigned char)(((i >> 4) ^ i) * 13);
		texels[i * 4 + 3] = (unsigned char)(255 - i);
	}
	glGenTextures(1, &texture);
	glBindTexture(GL_TEXTURE_2D, texture);
	glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, 16, 16, 0, GL_RGBA, GL_UNSIGNED_BYTE, texels);
	glGenerateMipmap(GL_TEXTURE_2D);
	glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR_MIPMAP_LINEAR);
	glEnable(GL_BLEND);
	glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
}

int main(int argc, char **argv)
{
	int kind = argc > 1 ? atoi(argv[1]) % 3 : 0;
	GLuint program, buffers[2];
	GLint matrix;

	make_context();
	make_target();
	program = make_program(kind);
	matrix = glGetUniformLocation(program, "m");
	if (kind == 1)
		make_texture();
	glGenBuffers(2, buffers);
	glBindBuffer(GL_ARRAY_BUFFER, buffers[0]);
	glBufferData(GL_ARRAY_BUFFER, sizeof(corners), corners, GL_STATIC_DRAW);
	glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, buffers[1]);
	glBufferData(GL_ELEMENT_ARRAY_BUFFER, sizeof(faces), faces, GL_STATIC_DRAW);
	glVertexAttribPointer(0, 3, GL_FLOAT, GL_FALSE, 0, NULL);
	glEnableVertexAttribArray(0);
	for (int i = 0; i < 3; i++) {
		float s = .3f * (float)i + .4f;
		float m[16] = {.8f, 0,    -s * .5f, -s * .5f, .1f, .9f, .3f, .3f,
			       s,   -.3f, .8f,      .8f,      0,   0,   .2f, 1.8f};
		unsigned pixel;

		glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
		glUniformMatrix4fv(matrix, 1, GL_FALSE, m);
		glDrawElements(GL_TRIANGLES, 36, GL_UNSIGNED_SHORT, NULL);
		glDrawElements(GL_LINE_LOOP, 8, GL_UNSIGNED_SHORT, NULL);
		glDrawArrays(GL_POINTS, 0, 8);
		if (i == 1) {
			glEnable(GL_SCISSOR_TEST);
			glScissor(20, 10, 60, 60);
		}
		glFlush();
		glReadPixels(0, 0, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE, &pixel);
	}
	return 0;
}
