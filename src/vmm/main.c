/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead-vmm: runs one VM from its manifest. */
#include "vmm/fd.h"
#include "vmm/program.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "machine/cpus.h"

#include <errno.h>
#include <fcntl.h>
#include <libfdt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

static const int exit_codes[] = {
	[BH_END_NONE] = BH_VMM_FAILED,       [BH_END_OFF] = BH_VMM_OFF,
	[BH_END_RESET] = BH_VMM_RESET,       [BH_END_CRASHED] = BH_VMM_CRASHED,
	[BH_END_STOPPED] = BH_VMM_STOPPED,   [BH_END_FAILED] = BH_VMM_FAILED,
	[BH_END_WATCHDOG] = BH_VMM_WATCHDOG,
};

static const char usage[] =
	"usage: bulkhead-vmm MANIFEST [--log FILE] [--console [NAME=]SOCKET] [--no-restart]\n"
	"                    [--control SOCKET] [--console-log [NAME=]FILE]\n"
	"                    [--kvm FILE] [--memory FILE] [--isolate[=root]]\n"
	"Runs the virtual machine that MANIFEST describes. NAME is \"uart\" or a virtio device;\n"
	"without one, the first console. \"-\" as SOCKET: this terminal. Every FILE and SOCKET\n"
	"may be \"fd:N\"; with --isolate all must be, and all that MANIFEST names: the VMM opens\n"
	"nothing. --isolate=root: it has a mount namespace of its own, whose root is to be "
	"emptied.\n";

static void print_diags(const struct bh_diags *diags)
{
	for (size_t i = 0; i < diags->count; i++) {
		const struct bh_diag *diag = &diags->items[i];
		fprintf(stderr, "%s[%s]: %s\n", bh_level_name(diag->level), diag->code,
			diag->message);
		if (diag->node)
			fprintf(stderr, "  in: %s %s\n", diag->node,
				diag->property ? diag->property : "");
		if (diag->cause)
			fprintf(stderr, "  cause: %s\n", diag->cause);
		if (diag->hint)
			fprintf(stderr, "  next: %s\n", diag->hint);
	}
}

static bool take_value(int argc, char **argv, int *at, const char *option, const char **value)
{
	if (!bh_str_eq(argv[*at], option) || *at + 1 >= argc)
		return false;
	*value = argv[++*at];
	return true;
}

static bool parse(struct bh_options *options, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *console;

		if (take_value(argc, argv, &i, "--log", &options->log) ||
		    take_value(argc, argv, &i, "--kvm", &options->kvm) ||
		    take_value(argc, argv, &i, "--memory", &options->memory) ||
		    take_value(argc, argv, &i, "--control", &options->control))
			continue;
		if (take_value(argc, argv, &i, "--console", &console)) {
			if (options->console_count == BH_CONSOLES_MAX)
				return false;
			options->consoles[options->console_count++] = console;
		} else if (take_value(argc, argv, &i, "--console-log", &console)) {
			if (options->console_log_count == BH_CONSOLES_MAX)
				return false;
			options->console_logs[options->console_log_count++] = console;
		} else if (bh_str_eq(argv[i], "--no-restart")) {
			options->no_restart = true;
		} else if (bh_str_eq(argv[i], "--isolate") ||
			   bh_str_eq(argv[i], "--isolate=root")) {
			/* Each life of the guest is another process: what makes a machine is
			 * refused to one that runs. */
			options->isolate = options->no_restart = true;
			options->own_root = argv[i][strlen("--isolate")] == '=';
		} else if (argv[i][0] == '-' || options->manifest) {
			return false;
		} else {
			options->manifest = argv[i];
		}
	}
	return options->manifest;
}

/* The manifest is mapped, not copied: its guest tree is the largest part. */
static bool read_manifest(struct bh_program *program, struct bh_diags *diags)
{
	struct stat info = {0};
	int fd = bh_open(program->options.manifest, O_RDONLY);

	if (fd >= 0 && fstat(fd, &info) == 0 && info.st_size > 0)
		program->blob = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (!program->blob || program->blob == MAP_FAILED) {
		bh_error(diags, "E1028", "manifest %s: %s", program->options.manifest,
			 fd < 0 ? strerror(errno) : "it cannot be read");
		program->blob = NULL;
	}
	if (fd >= 0)
		close(fd);
	return program->blob &&
	       bh_manifest_read(&program->manifest, program->blob, (size_t)info.st_size, diags);
}

static void on_signal(void *owner, uint32_t events)
{
	struct bh_program *program = owner;
	struct signalfd_siginfo info;

	(void)events;
	if (read(program->signals.fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		bh_vm_end(&program->vm, BH_END_STOPPED);
}

/* Termination is an event of the loop: nothing is torn down in a signal handler. */
static int watch_signals(struct bh_program *program)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	program->signals = (struct bh_watch){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
					     .ready = on_signal,
					     .owner = program};
	if (program->signals.fd < 0)
		return -errno;
	return bh_loop_add(&program->loop, &program->signals, EPOLLIN);
}

/* The console that a name means: "uart", or a virtio console. NULL: the first there is. */
static struct bh_console *find_console(struct bh_program *program, const char *name, size_t length)
{
	const struct bh_manifest *manifest = &program->manifest;

	if (manifest->uart.present && (!name || (length == 4 && !strncmp(name, "uart", 4))))
		return &program->consoles[0];
	for (size_t i = 0; i < manifest->virtio_count; i++) {
		const struct bh_manifest_virtio *virtio = &manifest->virtio[i];
		if (virtio->kind == BH_VIRTIO_CONSOLE &&
		    (!name ||
		     (strlen(virtio->name) == length && !strncmp(virtio->name, name, length))))
			return &program->consoles[i + 1];
	}
	return NULL;
}

/* "[NAME=]WHERE" */
static struct bh_console *named_console(struct bh_program *program, const char *text,
					const char **where, struct bh_diags *diags)
{
	const char *equals = strchr(text, '=');
	struct bh_console *console =
		find_console(program, equals ? text : NULL, equals ? (size_t)(equals - text) : 0);

	*where = equals ? equals + 1 : text;
	if (!console)
		bh_error(diags, "E1029", "the VM has no console for \"%s\"", text);
	return console;
}

static bool open_console(struct bh_program *program, const char *text, struct bh_diags *diags)
{
	const char *where;
	struct bh_console *console = named_console(program, text, &where, diags);

	if (!console)
		return false;
	if (bh_str_eq(where, "-")) {
		(void)bh_console_attach(console, STDIN_FILENO, STDOUT_FILENO);
		return true;
	}
	int fd = bh_listen(where);
	if (fd < 0 || bh_console_listen(console, fd) < 0) {
		bh_error(diags, "E1029", "console socket %s: %s", where, strerror(errno));
		return false;
	}
	return true;
}

static bool open_console_log(struct bh_program *program, const char *text, struct bh_diags *diags)
{
	const char *where;
	struct bh_console *console = named_console(program, text, &where, diags);

	if (!console)
		return false;
	console->log = bh_open(where, O_WRONLY | O_CREAT | O_APPEND);
	if (console->log < 0)
		bh_error(diags, "E1029", "console log %s: %s", where, strerror(errno));
	return console->log >= 0;
}

static bool open_consoles(struct bh_program *program, struct bh_diags *diags)
{
	for (size_t i = 0; i <= program->manifest.virtio_count; i++) {
		if (bh_console_init(&program->consoles[i], &program->loop, -1) < 0)
			return false;
		program->console_count++;
	}
	for (size_t i = 0; i < program->options.console_log_count; i++) {
		if (!open_console_log(program, program->options.console_logs[i], diags))
			return false;
	}
	for (size_t i = 0; i < program->options.console_count; i++) {
		if (!open_console(program, program->options.consoles[i], diags))
			return false;
	}
	return program->options.console_count || !find_console(program, NULL, 0) ||
	       open_console(program, "-", diags);
}

static bool open_control(struct bh_program *program, struct bh_diags *diags)
{
	const char *name = program->options.control;
	int fd = name ? bh_listen(name) : -1;

	if ((name && fd < 0) ||
	    bh_control_init(&program->control, &program->loop, fd, bh_commands, program) < 0) {
		bh_error(diags, "E1035", "control socket %s: %s", name, strerror(errno));
		return false;
	}
	return true;
}

static bool open_all(struct bh_program *program, struct bh_diags *diags)
{
	const struct bh_options *options = &program->options;

	program->device = bh_open(options->kvm ? options->kvm : "/dev/kvm", O_RDWR);
	if (program->device < 0) {
		bh_diag_hint(bh_error(diags, "E1030", "%s: %s",
				      options->kvm ? options->kvm : "/dev/kvm", strerror(errno)),
			     "`bulkhead doctor` shows what is wrong with virtualization here");
		return false;
	}
	if (options->memory)
		program->direct = bh_open(options->memory, O_RDWR);
	int err = bh_loop_init(&program->loop);
	if (!err)
		err = watch_signals(program);
	if (err) {
		bh_error(diags, "E1027", "the event loop: %s", strerror(-err));
		return false;
	}
	return open_consoles(program, diags) && open_control(program, diags);
}

/* Every thread has given up what it must; then the guest's first instruction. */
static void let_go(struct bh_program *program)
{
	bh_kvm_pause(&program->kvm, true);
	bh_sandbox_wait(&program->sandbox);
	bh_sandbox_thread(&program->sandbox, BH_THREAD_LOOP);
	bh_kvm_pause(&program->kvm, false);
}

/* What takes a machine apart is refused by now: the kernel does it when the process ends. The
 * guest stands still first, and no device writes to its memory any more. */
static _Noreturn void end_confined(struct bh_program *program)
{
	bh_kvm_pause(&program->kvm, true);
	bh_vfio_reset(&program->vm.vfio);
	for (size_t i = 0; i < program->console_count; i++)
		bh_console_flush(&program->consoles[i]);
	_exit(exit_codes[program->vm.end]);
}

/* One life of the VM, from reset to its end. */
static enum bh_end run_once(struct bh_program *program, struct bh_diags *diags)
{
	struct bh_vm_host host = {.loop = &program->loop,
				  .log = &program->log,
				  .consoles = program->consoles,
				  .direct_memory = program->direct,
				  .sandbox = &program->sandbox,
				  .threads = true};
	enum bh_end end = BH_END_FAILED;
	struct bh_boot boot;

	if (!bh_kvm_init(&program->kvm, &program->manifest, program->device, &program->log, diags))
		return BH_END_FAILED;
	program->kvm.sandbox = &program->sandbox;
	if (!bh_vm_init(&program->vm, &program->manifest, &host, &program->kvm.hv, diags))
		goto no_vm;
	if (!bh_boot_load(&boot, &program->vm.ram, &program->manifest, diags))
		goto out;
	program->boots++;
	program->paused = false;
	program->started = bh_now_ms();
	int err = bh_kvm_start(&program->kvm, &program->vm, &boot);
	if (err) {
		bh_error(diags, "E1034", "the vCPUs do not start: %s", strerror(-err));
	} else {
		let_go(program);
		bh_loop_run(&program->loop);
		if (program->sandbox.on)
			end_confined(program);
	}
	bh_kvm_stop(&program->kvm);
	if (!err)
		end = (enum bh_end)program->vm.end;
out:
	bh_vm_finish(&program->vm);
no_vm:
	bh_kvm_finish(&program->kvm);
	return end;
}

static enum bh_end run(struct bh_program *program, struct bh_diags *diags)
{
	enum bh_end end;

	do {
		end = run_once(program, diags);
	} while (end == BH_END_RESET && !program->options.no_restart);
	return end;
}

int main(int argc, char **argv)
{
	struct bh_program *program = bh_alloc(sizeof(*program));
	struct bh_diags diags;
	int code = BH_VMM_USAGE;

	bh_diags_init(&diags);
	program->device = program->direct = -1;
	program->log =
		(struct bh_log){.fd = STDERR_FILENO, .level = BH_LOG_INFO, .name = "bulkhead-vmm"};
	if (!parse(&program->options, argc, argv)) {
		fputs(usage, stderr);
		goto out;
	}
	program->sandbox = (struct bh_sandbox){.on = program->options.isolate,
					       .own_root = program->options.own_root,
					       .log = &program->log};
	if (program->options.log) {
		int fd = bh_open(program->options.log, O_WRONLY | O_CREAT | O_APPEND);
		if (fd >= 0)
			program->log.fd = fd;
	}
	if (!read_manifest(program, &diags))
		goto out;
	program->log.name = program->manifest.vm;
	program->sandbox.has = bh_sandbox_parts(&program->manifest);
	code = BH_VMM_FAILED;
	/* Before there are threads: they inherit it. */
	if (bh_cpus_use(program->manifest.cpus, program->manifest.vm, &diags) &&
	    (!program->sandbox.on || bh_sandbox_process(&program->sandbox, &diags)) &&
	    open_all(program, &diags))
		code = exit_codes[run(program, &diags)];
	if (program->control.loop)
		bh_control_finish(&program->control);
	for (size_t i = 0; i < program->console_count; i++)
		bh_console_finish(&program->consoles[i]);
out:
	print_diags(&diags);
	bh_diags_finish(&diags);
	free(program);
	return code;
}
