/* SPDX-License-Identifier: Apache-2.0 */
/* What a server can still do once it is locked in, and what not. Each in a process of its own. */
#include "gpu/server/sandbox.h"
#include "gpu/shader/shader.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The exit status of `body` in a process that is locked in; 99: it could not be. */
static int locked_in(int (*body)(void))
{
	int status;
	pid_t child = fork();

	if (!child)
		_exit(bh_sandbox_enter(NULL) ? 99 : body());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int open_file(void)
{
	return open("/", O_RDONLY) < 0 ? errno : 0;
}

static int make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
}

static int make_process(void)
{
	pid_t child = fork();

	if (!child)
		_exit(0);
	return child < 0 ? errno : 0;
}

static int execute(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return errno;
}

static int signal_others(void)
{
	return kill(getppid(), 0) ? errno : 0;
}

static void files_networks_and_processes_are_out_of_reach(void **state)
{
	(void)state;
	assert_int_equal(locked_in(open_file), EPERM);
	assert_int_equal(locked_in(make_socket), EPERM);
	assert_int_equal(locked_in(make_process), EPERM);
	assert_int_equal(locked_in(execute), EPERM);
	assert_int_equal(locked_in(signal_others), EPERM);
}

static int use_memory(void)
{
	void *page = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED || mprotect(page, 65536, PROT_READ | PROT_EXEC) ||
	       munmap(page, 65536);
}

static void *nothing(void *data)
{
	return data;
}

static int use_threads(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL);
}

/* Compiles and runs a shader; without LLVM there is nothing to compile. */
static int generate_code(void)
{
	static const char text[] = "VERT\nDCL OUT[0], POSITION\nIMM[0] FLT32 {2, 0, 0, 0}\n"
				   "0: EX2 OUT[0], IMM[0]\n1: END\n";
	struct bh_shader *shader = bh_shader_parse(text, sizeof(text), BH_STAGE_VERTEX, NULL);
	struct bh_program *program = bh_program_create(shader, BH_GPU_AUTO, NULL);
	float outputs[4 * BH_LANES_MAX] = {0};
	struct bh_invocation invocation = {.outputs = outputs, .mask = 1};

	bh_program_run(program, &invocation);
	bh_program_destroy(program);
	bh_shader_destroy(shader);
	return outputs[0] != 4;
}

static void memory_and_threads_are_not(void **state)
{
	(void)state;
	assert_int_equal(locked_in(use_memory), 0);
	assert_int_equal(locked_in(use_threads), 0);
	assert_int_equal(locked_in(generate_code), 0);
}

/* The second time the kernel refuses: the first filter has taken that, too. */
static int lock_in_again(void)
{
	struct bh_diags diags;
	int result;

	bh_diags_init(&diags);
	result = bh_sandbox_enter(&diags) && diags.errors == 1 &&
		 !strcmp(diags.items[0].code, "E2201");
	bh_diags_finish(&diags);
	return !result;
}

static void a_kernel_that_refuses_is_reported(void **state)
{
	(void)state;
	assert_int_equal(locked_in(lock_in_again), 0);
}

/* The inode of a namespace, 0 when it cannot be seen. */
static ino_t namespace(const char *path)
{
	struct stat status;

	return stat(path, &status) ? 0 : status.st_ino;
}

/* What is wrong in a child with namespaces of its own; 77 when this machine gives it none. */
static int look_around(ino_t network)
{
	struct rlimit data;

	if (getpid() != 1)
		return 77;
	if (access("/etc", F_OK) == 0 || open("/file", O_CREAT | O_WRONLY, 0600) >= 0)
		return 1;
	if (namespace("/proc/self/ns/net") == network)
		return 2;
	if (!setuid(0) && !mount("none", "/", "tmpfs", 0, NULL))
		return 3;
	if (getrlimit(RLIMIT_DATA, &data) || data.rlim_cur == RLIM_INFINITY)
		return 4;
	return 0;
}

static void a_server_has_namespaces_of_its_own(void **state)
{
	ino_t network = namespace("/proc/self/ns/net");
	int status;
	pid_t child = bh_sandbox_fork(1u << 20, NULL);

	(void)state;
	if (!child)
		_exit(look_around(network));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_networks_and_processes_are_out_of_reach),
		cmocka_unit_test(memory_and_threads_are_not),
		cmocka_unit_test(a_kernel_that_refuses_is_reported),
		cmocka_unit_test(a_server_has_namespaces_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
