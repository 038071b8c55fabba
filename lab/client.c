/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/client.h"

#include "base/alloc.h"
#include "base/file.h"
#include "lab/console.h"
#include "lab/rundir.h"
#include "lab/supervisor.h"
#include "lab/tree.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TAIL_LINES 25

void bh_lab_client_init(struct bh_lab_client *client)
{
	memset(client, 0, sizeof(*client));
	client->fd = -1;
	client->cancel = -1;
	bh_frame_reader_init(&client->reader, false);
	bh_buf_init(&client->tail);
}

void bh_lab_client_finish(struct bh_lab_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->name);
	free(client->console);
	bh_frame_reader_finish(&client->reader);
	bh_buf_finish(&client->tail);
}

/* What to do next, by the code of why the board ended. */
static const char *next_step(const char *code)
{
	if (!strcmp(code, "E0706"))
		return "check --qemu-arg, --disk and --memory; is the machine short of memory?";
	if (!strcmp(code, "E0707"))
		return "`bulkhead lab log` shows all of its console";
	return "`bulkhead lab up` starts it again";
}

/* `text` as GONE carries it. */
static void report_gone(struct bh_lab_client *client, const char *text, struct bh_diags *diags)
{
	char code[6] = "E0714";
	const char *message = strchr(text, '\n');
	const char *end = message ? strchr(message + 1, '\n') : NULL;

	if (!end || message - text != 5) {
		bh_diag_hint(bh_error(diags, code, "the supervisor of %s ended without a word",
				      client->name),
			     "`bulkhead lab down %s` removes what is left", client->name);
		return;
	}
	memcpy(code, text, 5);
	struct bh_diag *diag = bh_error(diags, code, "%.*s", (int)(end - message - 1), message + 1);
	bh_diag_hint(diag, "%s", next_step(code));
	bh_buf_clear(&client->tail);
	bh_buf_adds(&client->tail, end + 1);
}

/* The supervisor is not there any more: it was killed, or it left a note. */
static void report_left(struct bh_lab_client *client, const struct bh_rundir *dir,
			struct bh_diags *diags)
{
	char *note = bh_rundir_file(dir, "gone"), *console = bh_rundir_file(dir, "console");
	char *text;
	size_t size;

	if (!bh_file_read(note, 1u << 20, &text, &size)) {
		report_gone(client, text, diags);
		free(text);
	} else {
		report_gone(client, "", diags);
		if (!bh_file_read(console, 2 * BH_CONSOLE_FILE_MAX, &text, &size)) {
			bh_buf_adds(&client->tail, bh_console_tail(text, size, TAIL_LINES));
			free(text);
		}
	}
	free(note);
	free(console);
}

static void connection_ended(struct bh_lab_client *client, struct bh_diags *diags)
{
	struct bh_rundir dir;

	if (bh_rundir_open(&dir, client->name) == BH_RUNDIR_NONE)
		report_gone(client, "", diags);
	else
		report_left(client, &dir, diags);
	bh_rundir_finish(&dir);
}

static bool cancelled(const struct bh_lab_client *client, struct bh_diags *diags)
{
	struct pollfd polls[] = {{client->fd, POLLIN, 0}, {client->cancel, POLLIN, 0}};

	if (client->cancel < 0)
		return false;
	while (poll(polls, 2, -1) < 0 && errno == EINTR)
		;
	if (!polls[1].revents)
		return false;
	bh_diag_hint(bh_error(diags, "E0716", "interrupted while waiting for %s", client->name),
		     "start it again when you want it");
	return true;
}

bool bh_lab_receive(struct bh_lab_client *client, struct bh_frame *frame, struct bh_diags *diags)
{
	char piece[65536];
	int got;

	while (!(got = bh_frame_next(&client->reader, frame))) {
		if (cancelled(client, diags))
			return false;
		ssize_t count = read(client->fd, piece, sizeof(piece));
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0) {
			connection_ended(client, diags);
			return false;
		}
		bh_frame_reader_add(&client->reader, piece, (size_t)count);
	}
	if (got < 0 || frame->windowed) {
		connection_ended(client, diags);
		return false;
	}
	if (frame->type == BH_FRAME_GONE) {
		char *text = bh_strndup((const char *)frame->data, frame->length);
		report_gone(client, text, diags);
		free(text);
		return false;
	}
	return true;
}

/* Errors are left to the next receive, which knows why. */
bool bh_lab_send(struct bh_lab_client *client, const struct bh_frame *frame)
{
	struct bh_buf out;
	bool ok = true;

	bh_buf_init(&out);
	bh_frame_put(&out, frame);
	for (size_t at = 0; at < out.length;) {
		ssize_t put = send(client->fd, out.data + at, out.length - at, MSG_NOSIGNAL);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			ok = false;
			break;
		}
		at += (size_t)put;
	}
	bh_buf_finish(&out);
	return ok;
}

static bool wait_until_ready(struct bh_lab_client *client, struct bh_diags *diags)
{
	struct bh_frame frame;

	do {
		if (!bh_lab_receive(client, &frame, diags))
			return false;
	} while (frame.type != BH_FRAME_READY);
	client->ready = true;
	return true;
}

static bool no_such_board(const char *name, struct bh_diags *diags)
{
	bh_diag_hint(bh_error(diags, "E0703", "no board named %s is running", name),
		     "`bulkhead lab up` starts one; `bulkhead lab status` shows what runs");
	return false;
}

bool bh_lab_connect(struct bh_lab_client *client, const char *name, struct bh_diags *diags)
{
	struct bh_rundir dir;
	bool ok = false;

	client->name = bh_strdup(name);
	if (!bh_lab_name_valid(name))
		return no_such_board(name, diags);
	enum bh_rundir_state state = bh_rundir_open(&dir, name);
	client->console = bh_rundir_file(&dir, "console");
	if (state == BH_RUNDIR_NONE) {
		no_such_board(name, diags);
	} else if (state == BH_RUNDIR_DEAD) {
		report_left(client, &dir, diags);
	} else {
		client->fd = bh_rundir_connect(&dir, "socket");
		ok = client->fd >= 0;
		if (!ok)
			no_such_board(name, diags);
	}
	bh_rundir_finish(&dir);
	return ok;
}

/* Forks the supervisor; our end of its connection. */
static int start_supervisor(const struct bh_lab_options *options,
			    const struct bh_lab_pieces *pieces, struct bh_rundir *dir,
			    const char *tree)
{
	int both[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both))
		return -errno;
	pid_t pid = fork();
	if (pid < 0) {
		int error = -errno;
		close(both[0]);
		close(both[1]);
		return error;
	}
	if (!pid) {
		/* A second fork, so that nobody has to wait for it. */
		if (fork())
			_exit(0);
		bh_lab_supervise(options, pieces, dir, tree, both[1]);
		_exit(0);
	}
	close(both[1]);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return both[0];
}

bool bh_lab_up(struct bh_lab_client *client, const struct bh_lab_options *options,
	       const struct bh_lab_pieces *pieces, double *seconds, struct bh_diags *diags)
{
	struct bh_rundir dir;
	bool needed, ok = false;

	client->name = bh_strdup(options->name);
	if (!bh_rundir_create(&dir, options->name, diags))
		return false;
	client->console = bh_rundir_file(&dir, "console");
	char *tree = bh_rundir_file(&dir, "board.dtb");
	if (!bh_lab_tree_write(options, pieces, tree, false, &needed, diags)) {
		bh_rundir_remove(&dir);
		goto out;
	}
	client->fd = start_supervisor(options, pieces, &dir, needed ? tree : NULL);
	if (client->fd < 0) {
		bh_diag_hint(bh_error(diags, "E0706", "the supervisor cannot be started: %s",
				      strerror(-client->fd)),
			     "is the machine out of processes or memory?");
		bh_rundir_remove(&dir);
		goto out;
	}
	ok = wait_until_ready(client, diags);
	if (ok) {
		char *text = bh_lab_status(client, diags);
		const char *at = text ? strstr(text, "ready_ms=") : NULL;
		*seconds = at ? strtod(at + strlen("ready_ms="), NULL) / 1000 : 0;
		ok = text;
		free(text);
	}
out:
	free(tree);
	bh_rundir_finish(&dir);
	return ok;
}

void bh_lab_detach(struct bh_lab_client *client)
{
	struct bh_frame detach = {.type = BH_FRAME_DETACH};

	bh_lab_send(client, &detach);
}

char *bh_lab_status(struct bh_lab_client *client, struct bh_diags *diags)
{
	struct bh_frame frame = {.type = BH_FRAME_STATUS};

	bh_lab_send(client, &frame);
	do {
		if (!bh_lab_receive(client, &frame, diags))
			return NULL;
	} while (frame.type != BH_FRAME_STATUS);
	return bh_strndup((const char *)frame.data, frame.length);
}

/* Asks the supervisor to end, and waits until it has. */
static void ask_to_end(const struct bh_rundir *dir, const char *name)
{
	struct bh_lab_client client;
	struct bh_frame frame = {.type = BH_FRAME_DOWN};
	struct bh_diags ignored;

	bh_diags_init(&ignored);
	bh_lab_client_init(&client);
	client.name = bh_strdup(name);
	client.fd = bh_rundir_connect(dir, "socket");
	if (client.fd >= 0 && bh_lab_send(&client, &frame))
		while (bh_lab_receive(&client, &frame, &ignored))
			;
	bh_lab_client_finish(&client);
	bh_diags_finish(&ignored);
}

bool bh_lab_down(const char *name, struct bh_diags *diags)
{
	struct bh_rundir dir;

	if (!bh_lab_name_valid(name))
		return no_such_board(name, diags);
	enum bh_rundir_state state = bh_rundir_open(&dir, name);
	if (state == BH_RUNDIR_LIVE)
		ask_to_end(&dir, name);
	else if (state == BH_RUNDIR_DEAD)
		bh_rundir_remove(&dir);
	bh_rundir_finish(&dir);
	return state == BH_RUNDIR_NONE ? no_such_board(name, diags) : true;
}
