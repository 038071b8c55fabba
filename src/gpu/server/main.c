/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead-gpu: serves, records and replays. A program of its own, because it alone has LLVM. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "gpu/inspect/inspect.h"
#include "gpu/server/png.h"
#include "gpu/server/sandbox.h"
#include "gpu/server/trace.h"
#include "gpu/server/vhost_user.h"
#include "gpu/server/vtest.h"
#include "gpu/shader/code_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACE_MAX (1u << 30)

struct options {
	struct bh_gpu_config gpu;
	struct bh_log log;
	const char *vtest, *vhost_user, *output, *png;
	uint32_t width, height; /* of the mode of --vhost-user; 0: what the VMM says */
	uint64_t scanouts;
	uint64_t frame;  /* 0: the last */
	uint64_t client; /* of record: which that connects; 1: the first */
	int cache;       /* of --cache */
	bool once, hash, flip;
};

struct verb {
	const char *name, *usage, *summary;
	int (*run)(struct options *options, int argc, char **argv);
};

static int fail(const char *what, int error)
{
	fprintf(stderr, "bulkhead-gpu: %s: %s\n", what, strerror(error));
	return 1;
}

static int print_diags(struct bh_diags *diags)
{
	for (size_t i = 0; i < diags->count; i++) {
		const struct bh_diag *d = &diags->items[i];

		fprintf(stderr, "%s[%s]: %s\n", bh_level_name(d->level), d->code, d->message);
		if (d->cause)
			fprintf(stderr, "  because %s\n", d->cause);
		if (d->hint)
			fprintf(stderr, "  try: %s\n", d->hint);
	}
	return diags->errors ? 1 : 0;
}

/* A path, or "fd:N": a listening socket that we were started with. */
static int open_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	uint64_t number;
	int fd;

	if (bh_str_starts(path, "fd:") && bh_parse_u64(path + 3, &number))
		return (int)number;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 16)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* In a process of its own, which cannot reach anything but its client. Returns when that has ended.
 */
static int in_child(int fd, const struct options *options,
		    int (*serve)(int fd, const struct options *options))
{
	pid_t child = bh_sandbox_fork(options->gpu.memory_quota, options->gpu.log);
	int status;

	if (child < 0)
		return fail("fork", errno);
	if (!child)
		_exit(serve(fd, options));
	close(fd);
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return fail("waitpid", errno);
	}
	if (WIFSIGNALED(status)) {
		fprintf(stderr, "bulkhead-gpu: the server ended by signal %d\n", WTERMSIG(status));
		return 1;
	}
	return WEXITSTATUS(status);
}

static int serve_client(int fd, const struct options *options, struct bh_trace_writer *trace)
{
	struct bh_vtest_config config = {.gpu = options->gpu, .sandbox = true, .trace = trace};
	struct bh_diags diags;
	int result;

	bh_diags_init(&diags);
	bh_vtest_serve(fd, &config, &diags);
	result = print_diags(&diags);
	bh_diags_finish(&diags);
	return result;
}

static int serve_guest(int fd, const struct options *options)
{
	struct bh_vhost_config config = {
		.gpu = options->gpu,
		.scanouts = (unsigned)options->scanouts,
		.sandbox = true,
		.width = options->width,
		.height = options->height,
	};
	struct bh_diags diags;
	int result;

	bh_diags_init(&diags);
	result = bh_vhost_serve(fd, &config, &diags);
	if (print_diags(&diags) == 0 && result)
		fail(options->vhost_user, -result);
	bh_diags_finish(&diags);
	return result != 0;
}

/* One VMM, then the end: a device that was unplugged has nothing more to do. */
static int serve_vhost_user(const struct options *options)
{
	int listener, fd;

	signal(SIGPIPE, SIG_IGN);
	listener = open_socket(options->vhost_user);
	if (listener < 0)
		return fail(options->vhost_user, errno);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return fail("accept", errno);
	close(listener);
	unlink(options->vhost_user);
	return in_child(fd, options, serve_guest);
}

static int serve_vtest(int fd, const struct options *options)
{
	return serve_client(fd, options, NULL);
}

static int accept_client(int listener)
{
	int fd;

	do {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	return fd;
}

/* The next `count` clients. One process a client: what one breaks is its own. */
static int serve_others(int listener, const struct options *options, uint64_t count)
{
	for (; count; count--) {
		int fd = accept_client(listener);

		if (fd < 0)
			return fail("accept", errno);
		if (bh_sandbox_fork(options->gpu.memory_quota, options->gpu.log) == 0) {
			close(listener);
			_exit(serve_vtest(fd, options));
		}
		close(fd);
	}
	return 0;
}

static int serve(struct options *options, int argc, char **argv)
{
	int listener, fd;

	(void)argc;
	(void)argv;
	if (options->vhost_user)
		return serve_vhost_user(options);
	if (!options->vtest) {
		fputs("bulkhead-gpu: serve needs --vtest SOCKET or --vhost-user SOCKET\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	listener = open_socket(options->vtest);
	if (listener < 0)
		return fail(options->vtest, errno);
	if (!options->once)
		return serve_others(listener, options, UINT64_MAX);
	fd = accept_client(listener);
	if (fd < 0)
		return fail("accept", errno);
	close(listener);
	unlink(options->vtest);
	return in_child(fd, options, serve_vtest);
}

static int record(struct options *options, int argc, char **argv)
{
	struct bh_trace_writer writer;
	int listener, fd, file, result;
	pid_t others;

	(void)argc;
	(void)argv;
	if (!options->vtest || !options->output) {
		fputs("bulkhead-gpu: record needs --vtest SOCKET and --output FILE\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	file = open(options->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (file < 0)
		return fail(options->output, errno);
	listener = open_socket(options->vtest);
	if (listener < 0)
		return fail(options->vtest, errno);
	if (serve_others(listener, options, options->client - 1))
		return 1;
	fd = accept_client(listener);
	if (fd < 0)
		return fail("accept", errno);
	/* Programs have more connections than the one that draws. */
	others = fork();
	if (!others) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fd);
		_exit(serve_others(listener, options, UINT64_MAX));
	}
	close(listener);
	bh_trace_writer_init(&writer, file);
	result = serve_client(fd, options, &writer);
	close(fd);
	errno = -bh_trace_writer_finish(&writer);
	close(file);
	return errno ? fail(options->output, errno) : result;
}

static int write_picture(const struct options *options, const uint8_t *pixels, uint32_t width,
			 uint32_t height)
{
	struct bh_buf png;
	int result;

	bh_buf_init(&png);
	bh_png_write(&png, pixels, width, height, BH_PNG_OPAQUE, options->flip);
	result = bh_file_write(options->png, png.data, png.length, 0644);
	bh_buf_finish(&png);
	return result ? fail(options->png, -result) : 0;
}

static int draw_trace(struct options *options, struct bh_replay *replay)
{
	uint32_t width, height;
	uint64_t hash = 0;
	uint8_t *pixels;
	int result = 0;

	while ((!options->frame || replay->frame < options->frame) && bh_replay_next(replay)) {
		pixels = options->hash ? bh_replay_picture(replay, &width, &height) : NULL;
		if (pixels)
			hash = bh_picture_hash(hash, pixels, width, height);
		free(pixels);
	}
	bh_gpu_wait(replay->gpu);
	if (options->png) {
		pixels = bh_replay_picture(replay, &width, &height);
		if (!pixels) {
			fprintf(stderr, "bulkhead-gpu: nothing is drawn to after frame %u\n",
				replay->frame);
			return 1;
		}
		result = write_picture(options, pixels, width, height);
		free(pixels);
	}
	if (options->hash)
		printf("%016llx %u\n", (unsigned long long)hash, replay->frame);
	else if (!options->png)
		printf("%u frames\n", replay->frame);
	return result;
}

static int replay(struct options *options, int argc, char **argv)
{
	struct bh_diags diags;
	struct bh_replay state;
	struct bh_gpu *gpu;
	char *data;
	size_t size;
	int result;

	if (argc != 1) {
		fputs("bulkhead-gpu: replay needs one TRACE\n", stderr);
		return 2;
	}
	result = bh_file_read(argv[0], TRACE_MAX, &data, &size);
	if (result)
		return fail(argv[0], -result);
	bh_diags_init(&diags);
	gpu = bh_gpu_create(&options->gpu, &diags);
	if (gpu && bh_replay_init(&state, gpu, data, size, &diags)) {
		result = draw_trace(options, &state);
		bh_replay_finish(&state);
	}
	if (print_diags(&diags))
		result = 1;
	bh_gpu_destroy(gpu);
	bh_diags_finish(&diags);
	free(data);
	return result;
}

static int screenshot(struct options *options, int argc, char **argv)
{
	if (argc != 2) {
		fputs("bulkhead-gpu: screenshot needs a TRACE and a PNG\n", stderr);
		return 2;
	}
	options->png = argv[1];
	return replay(options, 1, argv);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int inspect(struct options *options, int argc, char **argv)
{
	struct bh_page_about about = {.frame = (unsigned)options->frame, .flip = options->flip};
	struct bh_diags diags;
	struct bh_buf html;
	char *data;
	size_t size;
	int result;

	if (argc != 1 || !options->output) {
		fputs("bulkhead-gpu: inspect needs one TRACE and --output FILE\n", stderr);
		return 2;
	}
	result = bh_file_read(argv[0], TRACE_MAX, &data, &size);
	if (result)
		return fail(argv[0], -result);
	about.title = base_name(argv[0]);
	options->gpu.compile_now = true; /* the times shown are those of a frame like any other */
	bh_diags_init(&diags);
	bh_buf_init(&html);
	if (bh_inspect(&options->gpu, data, size, &about, &html, &diags)) {
		result = bh_file_write(options->output, html.data, html.length, 0644);
		if (result)
			result = fail(options->output, -result);
	}
	if (print_diags(&diags))
		result = 1;
	bh_buf_finish(&html);
	bh_diags_finish(&diags);
	free(data);
	return result;
}

static const struct verb verbs[] = {
	{"serve", "--vtest SOCKET | --vhost-user SOCKET",
	 "draw for Mesa's virpipe driver, or for a VM", serve},
	{"record", "--vtest SOCKET --output FILE [--client N]",
	 "keep what one client sends, the first or the Nth; serve the others, too", record},
	{"replay", "TRACE [--frame N] [--png FILE] [--hash]", "draw a recording again", replay},
	{"screenshot", "TRACE PNG [--frame N]", "one frame of a recording as a picture",
	 screenshot},
	{"inspect", "TRACE --output FILE.html [--frame N]",
	 "one frame of a recording, stage by stage, as a page", inspect},
};

static void usage(FILE *stream)
{
	fputs("bulkhead-gpu: a GPU in software\n\n", stream);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		fprintf(stream, "  bulkhead-gpu %s %s\n      %s\n", verbs[i].name, verbs[i].usage,
			verbs[i].summary);
	fputs("\nOptions of all:\n"
	      "  --threads N        worker threads (the machine's CPUs)\n"
	      "  --backend NAME     auto, interpreter, simd4, simd8 or simd16\n"
	      "  --memory SIZE      what a client may use (1G)\n"
	      "  --level NAME       what is offered at most: 2d, a (GLES 2), b (GLES 3) or c (GL "
	      "3.3, the default)\n"
	      "  --cache FILE       generated code that outlives the process, or fd:N; see "
	      "docs/gpu.md\n"
	      "  --verbose          say what is wrong with what clients send\n"
	      "Of serve:  --once    one client, then end\n"
	      "           --mode WxH the screens' mode (what the VMM says)\n"
	      "           --scanouts N screens (1)\n"
	      "Of replay, screenshot, inspect:\n"
	      "           --flip    the last row first, as OpenGL's windows have it\n",
	      stream);
}

static bool parse_backend(const char *name, enum bh_gpu_backend *backend)
{
	static const char *const names[] = {"auto", "interpreter", "simd4", "simd8", "simd16"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(name, names[i])) {
			*backend = (enum bh_gpu_backend)i;
			return true;
		}
	}
	return false;
}

static bool parse_level(const char *name, enum bh_gpu_level *level)
{
	static const char *const names[] = {"2d", "a", "b", "c"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(name, names[i])) {
			*level = (enum bh_gpu_level)i;
			return true;
		}
	}
	return false;
}

/* "1280x800" */
static bool parse_mode(const char *text, uint32_t *width, uint32_t *height)
{
	char end;

	return sscanf(text, "%5ux%5u%c", width, height, &end) == 2 && *width >= 64 &&
	       *width <= 4095 && *height >= 64 && *height <= 4095;
}

static bool open_cache(struct options *options, const char *path)
{
	struct bh_diags diags;

	bh_diags_init(&diags);
	options->cache = bh_code_cache_open(path, &diags);
	options->gpu.cache_fd = &options->cache;
	print_diags(&diags);
	bh_diags_finish(&diags);
	return options->cache >= 0;
}

static bool set_option(struct options *options, int letter, const char *value)
{
	uint64_t number;

	switch (letter) {
	case 'v':
		options->vtest = value;
		return true;
	case 'u':
		options->vhost_user = value;
		return true;
	case 'w':
		return parse_mode(value, &options->width, &options->height);
	case 's':
		return bh_parse_u64(value, &options->scanouts) && options->scanouts >= 1 &&
		       options->scanouts <= 16;
	case 'o':
		options->output = value;
		return true;
	case 'p':
		options->png = value;
		return true;
	case 'f':
		return bh_parse_u64(value, &options->frame);
	case 'n':
		return bh_parse_u64(value, &options->client) && options->client;
	case 't':
		if (!bh_parse_u64(value, &number) || number < 1 || number > 64)
			return false;
		options->gpu.threads = (unsigned)number;
		return true;
	case 'b':
		return parse_backend(value, &options->gpu.backend);
	case 'l':
		return parse_level(value, &options->gpu.level);
	case 'm':
		return bh_parse_size(value, &options->gpu.memory_quota);
	case 'V':
		options->log.level = BH_LOG_DEBUG;
		return true;
	case '1':
		options->once = true;
		return true;
	case 'h':
		options->hash = true;
		return true;
	case 'F':
		options->flip = true;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	static const struct option table[] = {
		{"vtest", 1, NULL, 'v'},      {"output", 1, NULL, 'o'},  {"png", 1, NULL, 'p'},
		{"frame", 1, NULL, 'f'},      {"threads", 1, NULL, 't'}, {"backend", 1, NULL, 'b'},
		{"memory", 1, NULL, 'm'},     {"verbose", 0, NULL, 'V'}, {"once", 0, NULL, '1'},
		{"hash", 0, NULL, 'h'},       {"flip", 0, NULL, 'F'},    {"help", 0, NULL, 'H'},
		{"vhost-user", 1, NULL, 'u'}, {"mode", 1, NULL, 'w'},    {"scanouts", 1, NULL, 's'},
		{"level", 1, NULL, 'l'},      {"cache", 1, NULL, 'c'},   {"client", 1, NULL, 'n'},
		{NULL, 0, NULL, 0},
	};
	struct options options = {
		.gpu = {.level = BH_GPU_LEVEL_C, .memory_quota = 1ull << 30},
		.scanouts = 1,
		.client = 1,
		.log = {.fd = 2, .level = BH_LOG_ERROR, .name = "bulkhead-gpu"},
	};
	int letter;

	options.gpu.log = &options.log;
	while ((letter = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (letter == 'H') {
			usage(stdout);
			return 0;
		}
		if (letter == '?')
			return 2;
		/* That one says by itself what is wrong. */
		if (letter == 'c' && !open_cache(&options, optarg))
			return 2;
		if (letter != 'c' && !set_option(&options, letter, optarg)) {
			fprintf(stderr, "bulkhead-gpu: \"%s\" is no value for that option\n",
				optarg);
			return 2;
		}
	}
	for (size_t i = 0; optind < argc && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!strcmp(argv[optind], verbs[i].name))
			return verbs[i].run(&options, argc - optind - 1, argv + optind + 1);
	}
	usage(stderr);
	return 2;
}
