/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/ram.h"

#include "kernel/bulkhead.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE 0x200000ull

/* Address space whose address equals the guest's modulo 2 MiB, so that huge pages fit both. */
static void *reserve(uint64_t size)
{
	uint64_t room = size + HUGE_PAGE;
	uint8_t *space =
		mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (space == MAP_FAILED)
		return NULL;
	uint64_t skip = -(uintptr_t)space & (HUGE_PAGE - 1);
	if (skip)
		munmap(space, skip);
	munmap(space + skip + size, room - skip - size);
	return space + skip;
}

static bool map_at(struct bh_ram *ram, int flags, int fd)
{
	void *space = reserve(ram->guest.size);

	if (!space)
		return false;
	if (mmap(space, ram->guest.size, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0) ==
	    MAP_FAILED) {
		munmap(space, ram->guest.size);
		return false;
	}
	ram->host = space;
	return true;
}

static bool take_plain(struct bh_ram *ram, bool shared, struct bh_diags *diags)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

	if (shared) {
		ram->fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		flags = MAP_SHARED | MAP_NORESERVE;
		if (ram->fd < 0 || ftruncate(ram->fd, (off_t)ram->guest.size) < 0 ||
		    fcntl(ram->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
			goto fail;
	}
	if (!map_at(ram, flags, ram->fd))
		goto fail;
	/* Without huge pages the guest is slower, and no less correct. */
	(void)!madvise(ram->host, ram->guest.size, MADV_HUGEPAGE);
	return true;
fail:
	bh_diag_hint(bh_error(diags, "E1020", "no memory for the guest: %s", strerror(errno)),
		     "give the VM less memory, or stop another VM");
	return false;
}

static bool take_direct(struct bh_ram *ram, const struct bh_manifest_memory *memory, int device,
			struct bh_diags *diags)
{
	struct bulkhead_hello hello = {.argsz = sizeof(hello), .version = BULKHEAD_UAPI_VERSION};
	struct bulkhead_memory region = {.argsz = sizeof(region)};

	ram->fd = device >= 0 ? fcntl(device, F_DUPFD_CLOEXEC, 3)
			      : open("/dev/bulkhead", O_RDWR | O_CLOEXEC);
	if (ram->fd < 0 || ioctl(ram->fd, BULKHEAD_HELLO, &hello) < 0) {
		struct bh_diag *diag = bh_error(diags, "E1021", "no direct memory: %s",
						errno == EPROTO ? "bulkhead.ko has another version"
								: strerror(errno));
		bh_diag_hint(diag, "load the bulkhead module of this release: modprobe bulkhead");
		return false;
	}
	snprintf(region.name, sizeof(region.name), "%s", memory->region);
	if (ioctl(ram->fd, BULKHEAD_MEMORY_SELECT, &region) < 0 && errno != EEXIST) {
		bh_diag_hint(bh_error(diags, "E1021", "memory region \"%s\": %s", memory->region,
				      errno == EBUSY    ? "another VM has it"
				      : errno == ENOENT ? "the host has none of this name"
							: strerror(errno)),
			     "`bulkhead status` shows who has it, `bulkhead doctor` what the host "
			     "reserved");
		return false;
	}
	if (region.base != memory->base.value || region.size < memory->size) {
		bh_error(diags, "E1022",
			 "memory region \"%s\" has %" PRIu64 " bytes at 0x%" PRIx64
			 ", the plan has %" PRIu64 " at 0x%" PRIx64,
			 memory->region, (uint64_t)region.size, (uint64_t)region.base, memory->size,
			 memory->base.value);
		return false;
	}
	/* The module chooses an address that suits large pages. */
	ram->host = mmap(NULL, memory->size, PROT_READ | PROT_WRITE, MAP_SHARED, ram->fd, 0);
	if (ram->host == MAP_FAILED) {
		ram->host = NULL;
		bh_error(diags, "E1021", "memory region \"%s\" cannot be mapped: %s",
			 memory->region, strerror(errno));
		return false;
	}
	return true;
}

bool bh_ram_init(struct bh_ram *ram, const struct bh_manifest_memory *memory, int direct,
		 struct bh_diags *diags)
{
	*ram = (struct bh_ram){.guest = {memory->base.value, memory->size}, .fd = -1};
	bool good = memory->kind == BH_MEMORY_DIRECT
			    ? take_direct(ram, memory, direct, diags)
			    : take_plain(ram, memory->kind == BH_MEMORY_SHARED, diags);
	if (!good)
		bh_ram_finish(ram);
	return good;
}

void bh_ram_finish(struct bh_ram *ram)
{
	if (ram->host)
		munmap(ram->host, ram->guest.size);
	if (ram->fd >= 0)
		close(ram->fd);
	*ram = (struct bh_ram){.fd = -1};
}
