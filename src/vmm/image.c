/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/image.h"

#include "vmm/fd.h"

#include "base/file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* The header of an arm64 Image: Documentation/arch/arm64/booting.rst of Linux. */
struct header {
	uint32_t code[2];
	uint64_t text_offset;
	uint64_t image_size;
	uint64_t flags;
	uint64_t reserved[3];
	uint32_t magic;
	uint32_t pe;
};

#define MAGIC           0x644d5241 /* "ARM\x64" */
#define BIG_ENDIAN_FLAG 1
#define PAGE_SIZE       0x1000
#define ALIGN           0x200000 /* of the kernel, and of the space its own large pages may take */
#define TREE_ROOM       0x1000   /* for /chosen */

static int open_sized(const char *path, const char *what, const char *code, uint64_t *size,
		      struct bh_diags *diags)
{
	struct stat info;
	int fd = bh_open(path, O_RDONLY);

	if (fd < 0 || fstat(fd, &info) < 0) {
		bh_diag_hint(bh_error(diags, code, "%s %s: %s", what, path, strerror(errno)),
			     "check `%s` of the VM in bulkhead.toml", what);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (!S_ISREG(info.st_mode) || info.st_size <= 0) {
		bh_error(diags, code, "%s %s: not a file with something in it", what, path);
		close(fd);
		return -1;
	}
	*size = (uint64_t)info.st_size;
	return fd;
}

/* Reads a whole file to `address`. The file may shrink meanwhile: then it is an error. */
static bool read_to(const struct bh_ram *ram, uint64_t address, int fd, uint64_t size)
{
	void *room = bh_ram_at(ram, address, size);

	return room && bh_read_all(fd, room, size) == 0;
}

static bool check_header(const struct header *header, const char *path, struct bh_diags *diags)
{
	if (le32toh(header->magic) != MAGIC) {
		struct bh_diag *diag = bh_error(diags, "E1024", "%s is not an arm64 kernel", path);
		bh_diag_cause(diag, "it does not have the mark of an arm64 Image");
		bh_diag_hint(diag,
			     "use an uncompressed arm64 Image: for Image.gz, gunzip it first");
		return false;
	}
	if (le64toh(header->flags) & BIG_ENDIAN_FLAG || !header->image_size) {
		bh_error(diags, "E1024", "%s is a big-endian kernel, or older than Linux 3.17",
			 path);
		return false;
	}
	return true;
}

/* *end: the first address that the kernel does not use, also after it cleared its BSS. */
static bool load_kernel(struct bh_boot *boot, const struct bh_ram *ram, const char *path,
			uint64_t *end, struct bh_diags *diags)
{
	struct header header;
	uint64_t size, used, offset;
	bool good = false;
	int fd = open_sized(path, "kernel", "E1023", &size, diags);

	if (fd < 0)
		return false;
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
		header.magic = 0;
	if (!check_header(&header, path, diags))
		goto out;
	offset = le64toh(header.text_offset);
	used = le64toh(header.image_size);
	if (used < size)
		used = size;
	if (offset >= ALIGN || !bh_ram_at(ram, ram->guest.base + offset, used)) {
		bh_diag_hint(bh_error(diags, "E1025",
				      "the kernel needs %" PRIu64 " MiB, the VM has %" PRIu64,
				      used >> 20, ram->guest.size >> 20),
			     "give the VM more memory");
		goto out;
	}
	boot->entry.value = ram->guest.base + offset;
	*end = boot->entry.value + used;
	good = read_to(ram, boot->entry.value, fd, size);
	if (!good)
		bh_error(diags, "E1023", "kernel %s: it cannot be read to its end", path);
out:
	close(fd);
	return good;
}

static bool load_initrd(const struct bh_ram *ram, const char *path, struct bh_range *initrd,
			struct bh_diags *diags)
{
	uint64_t size;
	int fd = open_sized(path, "initrd", "E1026", &size, diags);

	if (fd < 0)
		return false;
	initrd->size = size;
	bool fits = bh_ram_at(ram, initrd->base, size);
	bool good = fits && read_to(ram, initrd->base, fd, size);
	close(fd);
	if (!fits)
		bh_diag_hint(bh_error(diags, "E1025",
				      "kernel and initrd do not fit into %" PRIu64 " MiB",
				      ram->guest.size >> 20),
			     "give the VM more memory");
	else if (!good)
		bh_error(diags, "E1026", "initrd %s: it cannot be read to its end", path);
	return good;
}

static int fill_chosen(void *tree, struct bh_range initrd)
{
	uint8_t seed[64];
	int err = 0;
	int chosen = fdt_path_offset(tree, "/chosen");

	if (chosen < 0)
		chosen = fdt_add_subnode(tree, 0, "chosen");
	if (chosen < 0)
		return chosen;
	if (getrandom(seed, sizeof(seed), 0) == (ssize_t)sizeof(seed)) {
		err = fdt_setprop(tree, chosen, "rng-seed", seed, 56);
		if (!err)
			err = fdt_setprop(tree, chosen, "kaslr-seed", seed + 56, 8);
	}
	if (!err && initrd.size)
		err = fdt_setprop_u64(tree, chosen, "linux,initrd-start", initrd.base);
	if (!err && initrd.size)
		err = fdt_setprop_u64(tree, chosen, "linux,initrd-end", initrd.base + initrd.size);
	return err;
}

static bool load_tree(struct bh_boot *boot, const struct bh_ram *ram,
		      const struct bh_manifest *manifest, struct bh_range initrd, uint64_t end,
		      struct bh_diags *diags)
{
	uint64_t room = manifest->tree_size + TREE_ROOM;
	uint64_t at;

	/* One 2 MiB block: the kernel maps no more before it knows its memory. */
	if (!bh_align_up(end, 8, &at))
		return false;
	if (at / ALIGN != (at + room - 1) / ALIGN)
		at = (at / ALIGN + 1) * ALIGN;
	void *tree = bh_ram_at(ram, at, room);
	if (!tree) {
		bh_diag_hint(bh_error(diags, "E1025",
				      "kernel, initrd and device tree do not fit into %" PRIu64
				      " MiB",
				      ram->guest.size >> 20),
			     "give the VM more memory");
		return false;
	}
	memcpy(tree, manifest->tree, manifest->tree_size);
	int err = fdt_open_into(tree, tree, (int)room);
	if (!err)
		err = fill_chosen(tree, initrd);
	if (!err)
		err = fdt_pack(tree);
	boot->tree.value = at;
	if (err)
		bh_error(diags, "E1013", "the guest's device tree: %s", fdt_strerror(err));
	return !err;
}

bool bh_boot_load(struct bh_boot *boot, const struct bh_ram *ram,
		  const struct bh_manifest *manifest, struct bh_diags *diags)
{
	struct bh_range initrd = {0, 0};
	uint64_t end;

	if (!load_kernel(boot, ram, manifest->kernel, &end, diags))
		return false;
	if (!bh_align_up(end, PAGE_SIZE, &initrd.base))
		return false;
	if (manifest->initrd && !load_initrd(ram, manifest->initrd, &initrd, diags))
		return false;
	return load_tree(boot, ram, manifest, initrd, initrd.base + initrd.size, diags);
}
