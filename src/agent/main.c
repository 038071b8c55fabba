/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulkhead-agent: runs in a guest and tells its host, over vsock, that the guest is ready
 * (machine/ready.h). Guests with systemd do not need it.
 */
#include "machine/ready.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "bulkhead-agent: %s: %s\n", what, strerror(errno));
	return 1;
}

/* The address that the host knows this guest by. */
static int own_address(unsigned *cid)
{
	int fd = open("/dev/vsock", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail("/dev/vsock (is the module vmw_vsock_virtio_transport loaded?)");
	int error = ioctl(fd, IOCTL_VM_SOCKETS_GET_LOCAL_CID, cid) ? fail("/dev/vsock") : 0;
	close(fd);
	return error;
}

static int tell(unsigned cid, const char *words)
{
	const struct sockaddr_vm host = {
		.svm_family = AF_VSOCK, .svm_cid = BH_READY_HOST, .svm_port = BH_READY_PORT(cid)};
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fail("no vsock");
	if (connect(fd, (const struct sockaddr *)&host, sizeof(host)))
		return fail("the host does not listen (is `ready = \"vsock\"` set for this VM?)");
	if (write(fd, words, strlen(words)) != (ssize_t)strlen(words))
		return fail("the host does not take it");
	/* Until the host has read it: what a closed connection still held would be lost. */
	shutdown(fd, SHUT_WR);
	char byte;
	while (read(fd, &byte, 1) > 0)
		continue;
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned cid;

	if (argc != 2 || strcmp(argv[1], "ready") != 0) {
		fputs("usage: bulkhead-agent ready\n"
		      "Tells the host that this guest is ready, for VMs with `ready = "
		      "\"vsock\"`.\n",
		      stderr);
		return 2;
	}
	int error = own_address(&cid);
	return error ? error : tell(cid, BH_READY_WORD "\n");
}
