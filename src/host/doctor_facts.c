/* SPDX-License-Identifier: Apache-2.0 */
#include "host/doctor_facts.h"

#include "base/alloc.h"
#include "base/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define FILE_LIMIT (4u << 20)

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif
#define LANDLOCK_VERSION 1u /* LANDLOCK_CREATE_RULESET_VERSION, newer than some headers */

/* Of KVM on arm64, where this machine's headers may be older or of another architecture. */
#define DEVICE_GIC2        5
#define DEVICE_GIC3        7
#define DEVICE_ITS         8
#define CAP_ADDRESS_BITS   165
#define GROUP_SMCCC        0
#define SMCCC_FILTER_ATTR  0
#define DEFAULT_ADDRESSING 40

static bool has_device(int vm, unsigned type)
{
	struct kvm_create_device create = {.type = type, .flags = KVM_CREATE_DEVICE_TEST};

	return !ioctl(vm, KVM_CREATE_DEVICE, &create);
}

static void probe_kvm(struct bh_host_facts *facts)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	facts->kvm_error = kvm < 0 ? -errno : 0;
	if (kvm < 0)
		return;
	facts->kvm_version = ioctl(kvm, KVM_GET_API_VERSION, 0);
	facts->resample = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_IRQFD_RESAMPLE) > 0;
	if (!strcmp(facts->machine, "aarch64")) {
		int bits = ioctl(kvm, KVM_CHECK_EXTENSION, CAP_ADDRESS_BITS);
		facts->address_bits = bits > 0 ? bits : DEFAULT_ADDRESSING;
		int vm = ioctl(kvm, KVM_CREATE_VM, 0);
		if (vm >= 0) {
			struct kvm_device_attr filter = {.group = GROUP_SMCCC,
							 .attr = SMCCC_FILTER_ATTR};
			facts->gic2 = has_device(vm, DEVICE_GIC2);
			facts->gic3 = has_device(vm, DEVICE_GIC3);
			facts->its = has_device(vm, DEVICE_ITS);
			facts->hvc_to_user = !ioctl(vm, KVM_HAS_DEVICE_ATTR, &filter);
			close(vm);
		}
	}
	close(kvm);
}

void bh_host_facts_probe(struct bh_host_facts *facts)
{
	struct utsname name;

	*facts = (struct bh_host_facts){.root = ""};
	uname(&name);
	snprintf(facts->machine, sizeof(facts->machine), "%s", name.machine);
	snprintf(facts->release, sizeof(facts->release), "%s", name.release);
	facts->cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	facts->root_user = !geteuid();
	probe_kvm(facts);
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
	facts->landlock = abi < 0 ? -errno : (int)abi;
}

static char *below(const struct bh_host_facts *facts, const char *path)
{
	return bh_strf("%s%s", facts->root, path);
}

/*
 * The kernel's log gives one line a read, and waits for more at its end unless it is told not to.
 */
int bh_host_read(const struct bh_host_facts *facts, const char *path, struct bh_buf *text)
{
	char *full = below(facts, path), piece[8192];
	int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int error = fd < 0 ? -errno : 0;

	free(full);
	while (!error && text->length < FILE_LIMIT) {
		ssize_t got = read(fd, piece, sizeof(piece));
		if (got > 0)
			bh_buf_add(text, piece, (size_t)got);
		else if (!got || errno == EAGAIN)
			break;
		else if (errno != EINTR && errno != EPIPE) /* EPIPE: a line of the log is gone */
			error = -errno;
	}
	if (fd >= 0)
		close(fd);
	return error;
}

bool bh_host_exists(const struct bh_host_facts *facts, const char *path)
{
	char *full = below(facts, path);
	bool exists = bh_path_exists(full);

	free(full);
	return exists;
}

int bh_host_access(const struct bh_host_facts *facts, const char *path)
{
	char *full = below(facts, path);
	int error = access(full, R_OK | W_OK) ? -errno : 0;

	free(full);
	return error;
}

size_t bh_host_count(const struct bh_host_facts *facts, const char *path)
{
	char *full = below(facts, path);
	DIR *dir = opendir(full);
	size_t count = 0;

	free(full);
	if (!dir)
		return 0;
	for (struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

bool bh_has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++) {
		if ((at == text || isspace((unsigned char)at[-1])) &&
		    (!at[length] || isspace((unsigned char)at[length])))
			return true;
	}
	return false;
}
