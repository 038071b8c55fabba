/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a vtest client. What the server answers goes nowhere. */
#include "gpu/server/vtest.h"

#include "base/file.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_vtest_config config = {
		.gpu = {BH_GPU_INTERPRETER, BH_GPU_LEVEL_A, 1, 16 << 20, NULL, 1 << 14}};
	int fds[2], room = 1 << 20;

	if (size > 60000 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return 0;
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	/* Answers that nobody reads must fail, not block. */
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	bh_write_all(fds[1], data, size);
	shutdown(fds[1], SHUT_WR);
	bh_vtest_serve(fds[0], &config, NULL);
	close(fds[0]);
	close(fds[1]);
	return 0;
}
