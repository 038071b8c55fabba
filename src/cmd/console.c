/* SPDX-License-Identifier: Apache-2.0 */
/* console: the terminal of a VM. */
#include "cmd/report.h"
#include "cmd/vm.h"
#include "host/control.h"
#include "host/run.h"

#include "base/file.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LEAVE 0x1d /* Ctrl-] */

/* What was typed, up to the key that leaves; false when it was there. */
static bool send_typed(int socket, const char *data, size_t length)
{
	const char *leave = memchr(data, LEAVE, length);

	bh_write_all(socket, data, leave ? (size_t)(leave - data) : length);
	return !leave;
}

/* Carries bytes both ways until one side ends. At the end of a file the VM is still listened to. */
static void relay(int socket)
{
	struct pollfd ends[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
				 {.fd = socket, .events = POLLIN}};
	char data[4096];

	for (;;) {
		if (poll(ends, 2, -1) < 0 && errno != EINTR)
			return;
		if (ends[1].revents) {
			ssize_t got = read(socket, data, sizeof(data));
			if (got <= 0 || bh_write_all(STDOUT_FILENO, data, (size_t)got))
				return;
		}
		if (ends[0].revents) {
			ssize_t got = read(STDIN_FILENO, data, sizeof(data));
			if (got <= 0)
				ends[0].fd = -1;
			else if (!send_typed(socket, data, (size_t)got))
				return;
		}
	}
}

static void attach(int socket, const char *vm)
{
	struct termios before, raw;
	bool terminal = !tcgetattr(STDIN_FILENO, &before);

	if (terminal) {
		fprintf(stderr, "console of %s; Ctrl-] leaves it\n", vm);
		raw = before;
		cfmakeraw(&raw);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	relay(socket);
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
		fputc('\n', stderr);
	}
}

static int run_console(const struct bh_args *args)
{
	const char *vm = args->values[0];
	char *run = bh_run_path();
	struct bh_diags diags;
	int code = BH_EXIT_FAILED;

	bh_diags_init(&diags);
	if (!bh_vm_name_ok(vm) || !bh_vm_is_up(run, vm)) {
		bh_vm_report_absent(run, vm, &diags);
	} else {
		char *path = bh_vm_path(run, vm, "console");
		int socket = bh_socket_connect(path);
		if (socket < 0) {
			bh_diag_hint(bh_error(&diags, "E1120", "the console of %s: %s", vm,
					      strerror(-socket)),
				     "`bulkhead status` shows whether it runs");
		} else {
			if (args->json)
				bh_print_json("bulkhead.console/1",
					      json_pack("{ssss}", "vm", vm, "socket", path));
			else
				attach(socket, vm);
			close(socket);
			code = BH_EXIT_OK;
		}
		free(path);
	}
	bh_print_diags(&diags);
	bh_diags_finish(&diags);
	free(run);
	return code;
}

const struct bh_verb bh_verb_console = {
	.name = "console",
	.summary = "Attach to a VM's console; Ctrl-] leaves it",
	.description = "With --json it is not attached to: its socket, which carries the "
		       "terminal's bytes both ways, is named.",
	.positionals = (const struct bh_positional[]){{.name = "VM"}, {.name = NULL}},
	.json = true,
	.run = run_console,
};
