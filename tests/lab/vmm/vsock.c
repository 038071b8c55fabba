/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vsock listen PORT: takes one connection and prints what it brings. vsock send CID PORT: connects
 * and sends its standard input.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* After the one that has its types. */
#include <linux/vm_sockets.h>

static int copy(int from, int to)
{
	char data[4096];
	ssize_t count;

	while ((count = read(from, data, sizeof(data))) > 0) {
		if (write(to, data, (size_t)count) != count)
			return 1;
	}
	return count < 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY};
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (argc == 3 && !strcmp(argv[1], "listen")) {
		address.svm_port = (unsigned)atoi(argv[2]);
		if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 1))
			return 1;
		return copy(accept(fd, NULL, NULL), 1);
	}
	if (argc != 4 || strcmp(argv[1], "send") != 0)
		return 2;
	address.svm_cid = (unsigned)atoi(argv[2]);
	address.svm_port = (unsigned)atoi(argv[3]);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return 1;
	return copy(0, fd);
}
