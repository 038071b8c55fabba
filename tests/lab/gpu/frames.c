/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaded into glmark2 before its libraries: time goes on by a sixtieth of a second a frame, and
 * after frame FRAME the picture goes to the file PICTURE and the program ends. So two drivers draw
 * the same frame.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define GL_RGBA          0x1908
#define GL_UNSIGNED_BYTE 0x1401
#define GL_VIEWPORT      0x0ba2
#define EXPORT           __attribute__((visibility("default")))

typedef void *(*lookup_fn)(void *handle, const char *name);
typedef void (*any_fn)(void);
typedef any_fn (*proc_fn)(const char *name);
typedef void (*read_fn)(int x, int y, int width, int height, unsigned format, unsigned type,
			void *pixels);
typedef void (*get_fn)(unsigned name, int *values);

static unsigned frames;
static proc_fn real_get_proc;
static void (*real_finish)(void);
static unsigned (*real_swap)(void *display, void *surface);

static void *lookup(void *handle, const char *name)
{
	static lookup_fn real;

	if (!real)
		*(void **)&real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
	return real(handle, name);
}

static void keep_picture(void)
{
	int view[4] = {0};
	read_fn read_pixels = (read_fn)real_get_proc("glReadPixels");
	get_fn get = (get_fn)real_get_proc("glGetIntegerv");
	unsigned char *pixels;
	FILE *file = fopen(getenv("PICTURE"), "wb");

	get(GL_VIEWPORT, view);
	pixels = calloc((size_t)view[2] * (size_t)view[3], 4);
	read_pixels(0, 0, view[2], view[3], GL_RGBA, GL_UNSIGNED_BYTE, pixels);
	fprintf(file, "P6\n%d %d\n255\n", view[2], view[3]);
	for (int y = view[3] - 1; y >= 0; y--) {
		for (int x = 0; x < view[2]; x++)
			fwrite(pixels + ((size_t)y * (size_t)view[2] + (size_t)x) * 4, 3, 1, file);
	}
	_exit(fclose(file) ? 1 : 0);
}

static void count_frame(void)
{
	if (++frames == (unsigned)atoi(getenv("FRAME")))
		keep_picture();
}

static void finish(void)
{
	real_finish();
	count_frame();
}

static unsigned swap(void *display, void *surface)
{
	count_frame();
	return real_swap(display, surface);
}

static any_fn get_proc(const char *name)
{
	if (!strcmp(name, "glFinish")) {
		real_finish = real_get_proc(name);
		return finish;
	}
	return real_get_proc(name);
}

EXPORT void *dlsym(void *handle, const char *name)
{
	void *found = lookup(handle, name);

	if (!found)
		return NULL;
	if (!strcmp(name, "eglGetProcAddress")) {
		*(void **)&real_get_proc = found;
		return (void *)get_proc;
	}
	if (!strcmp(name, "eglSwapBuffers")) {
		*(void **)&real_swap = found;
		return (void *)swap;
	}
	if (!strcmp(name, "glFinish")) {
		*(void **)&real_finish = found;
		return (void *)finish;
	}
	return found;
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *now)
{
	unsigned long long ns = 1000000000ull + frames * 1000000000ull / 60;

	(void)clock;
	*now = (struct timespec){(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
	return 0;
}
