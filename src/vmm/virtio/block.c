/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk over a raw image or a block device. The format is never guessed: what a guest writes
 * cannot turn its image into something else. I/O is buffered, because direct I/O cannot reach RAM
 * that the host only reserved; what the guest flushed is on the disk.
 */
#include "vmm/virtio/kinds.h"

#include "vmm/fd.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512

enum { READ = 0, WRITE = 1, FLUSH = 4, GET_ID = 8, DISCARD = 11, WRITE_ZEROES = 13 };
enum { OK = 0, IO_ERROR = 1, UNSUPPORTED = 2 };
enum { ID_SIZE = 20, RANGES_MAX = 16, UNMAP = 1 };

#define F_SEGMENTS_MAX (UINT64_C(1) << 2)
#define F_READ_ONLY    (UINT64_C(1) << 5)
#define F_BLOCK_SIZE   (UINT64_C(1) << 6)
#define F_FLUSH        (UINT64_C(1) << 9)
#define F_QUEUES       (UINT64_C(1) << 12)
#define F_DISCARD      (UINT64_C(1) << 13)
#define F_WRITE_ZEROES (UINT64_C(1) << 14)

/* Requests answered before the guest is told: more in a row would keep it waiting. */
#define BATCH 16

/* Parts of a request: 1 MiB in single pages, so that it need not be split. Header and status come
 * on top, and the queue is longer still. */
#define SEGMENTS_MAX 256

struct config {
	uint64_t capacity;
	uint32_t size_max, segments_max;
	uint8_t geometry[4];
	uint32_t block_size;
	uint8_t topology[8];
	uint8_t write_back, unused;
	uint16_t queues;
	uint32_t discard_sectors_max, discard_ranges_max, discard_alignment;
	uint32_t zeroes_sectors_max, zeroes_ranges_max;
	uint8_t zeroes_may_unmap, unused_too[3];
};
_Static_assert(sizeof(struct config) == 60 + 4, "padded at its end only");

struct header {
	uint32_t type, reserved;
	uint64_t sector;
};

/* Of discard and write-zeroes. */
struct range {
	uint64_t sector;
	uint32_t sectors, flags;
};

struct bh_block {
	struct bh_virtio virtio;
	int fd;
	bool readonly, keeps; /* keeps: what is discarded, too */
	const char *serial;
	uint64_t size; /* whole sectors, in bytes */
	struct config config;
	struct bh_chain *chains; /* one a queue */
};

static bool in_disk(const struct bh_block *block, uint64_t sector, uint64_t bytes)
{
	return bytes % SECTOR == 0 && bytes <= block->size &&
	       sector <= (block->size - bytes) / SECTOR;
}

/* Reads or writes all parts, whatever interrupts. */
static bool move(int fd, struct iovec *parts, unsigned count, uint64_t offset, bool write)
{
	while (count) {
		ssize_t done = write ? pwritev(fd, parts, (int)count, (off_t)offset)
				     : preadv(fd, parts, (int)count, (off_t)offset);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		offset += (uint64_t)done;
		count = bh_parts_skip(&parts, count, (uint64_t)done);
	}
	return true;
}

static uint8_t read_or_write(struct bh_block *block, struct bh_chain *chain,
			     const struct header *header)
{
	bool write = header->type == WRITE;
	struct iovec *parts = write ? chain->parts : chain->parts + chain->readable;
	unsigned count = write ? chain->readable : chain->writable;
	uint64_t bytes =
		write ? chain->readable_bytes - sizeof(*header) : chain->writable_bytes - 1;

	if (!in_disk(block, header->sector, bytes) || (write && block->readonly))
		return IO_ERROR;
	if (write)
		count = bh_parts_skip(&parts, count, sizeof(*header));
	if (!move(block->fd, parts, count, header->sector * SECTOR, write))
		return IO_ERROR;
	/* Without flushes the driver takes what is written for stored. */
	if (write && !(block->virtio.accepted & F_FLUSH) && fdatasync(block->fd) < 0)
		return IO_ERROR;
	return OK;
}

static bool write_zeroes(int fd, uint64_t offset, uint64_t bytes)
{
	static const char zeroes[4096];

	while (bytes) {
		size_t size = bytes < sizeof(zeroes) ? bytes : sizeof(zeroes);
		ssize_t done = pwrite(fd, zeroes, size, (off_t)offset);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		offset += (uint64_t)done;
		bytes -= (uint64_t)done;
	}
	return true;
}

static uint8_t erase_range(const struct bh_block *block, const struct range *range, bool zero)
{
	uint64_t bytes = (uint64_t)range->sectors * SECTOR;
	off_t offset = (off_t)(range->sector * SECTOR);
	uint32_t flags = zero ? range->flags & ~(uint32_t)UNMAP : range->flags;

	if (flags)
		return UNSUPPORTED;
	if (!in_disk(block, range->sector, bytes))
		return IO_ERROR;
	if (!bytes)
		return OK;
	bool punch = !zero || range->flags & UNMAP;
	if (fallocate(block->fd,
		      FALLOC_FL_KEEP_SIZE | (punch ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE),
		      offset, (off_t)bytes) == 0)
		return OK;
	/* A discard is a wish; zeroes are a duty. */
	return !zero || write_zeroes(block->fd, (uint64_t)offset, bytes) ? OK : IO_ERROR;
}

static uint8_t erase(const struct bh_block *block, const struct bh_chain *chain, bool zero)
{
	uint64_t bytes = chain->readable_bytes - sizeof(struct header);
	struct range range;

	if (block->readonly)
		return IO_ERROR;
	if (bytes % sizeof(range) || bytes / sizeof(range) > RANGES_MAX)
		return UNSUPPORTED;
	for (uint64_t at = 0; at < bytes; at += sizeof(range)) {
		bh_chain_read(chain, sizeof(struct header) + at, &range, sizeof(range));
		uint8_t status = erase_range(block, &range, zero);
		if (status != OK)
			return status;
	}
	return OK;
}

static uint8_t get_id(const struct bh_block *block, const struct bh_chain *chain)
{
	char id[ID_SIZE] = {0};

	memcpy(id, block->serial, strnlen(block->serial, sizeof(id)));
	bh_chain_write(chain, 0, id, sizeof(id));
	return OK;
}

static uint8_t serve(struct bh_block *block, struct bh_chain *chain, const struct header *header)
{
	switch (header->type) {
	case READ:
	case WRITE:
		return read_or_write(block, chain, header);
	case FLUSH:
		return block->readonly || fdatasync(block->fd) == 0 ? OK : IO_ERROR;
	case GET_ID:
		return get_id(block, chain);
	case DISCARD:
		return block->keeps ? UNSUPPORTED : erase(block, chain, false);
	case WRITE_ZEROES:
		return block->keeps ? UNSUPPORTED : erase(block, chain, true);
	default:
		return UNSUPPORTED;
	}
}

/* Answers a request; false when it has not even room for an answer. */
static bool answer(struct bh_block *block, struct bh_queue *ring, struct bh_chain *chain)
{
	struct header header;

	if (!chain->writable || !chain->writable_bytes ||
	    bh_chain_read(chain, 0, &header, sizeof(header)) != sizeof(header))
		return false;
	/* The last byte is the status. Empty buffers may follow the one that has it. */
	unsigned last = chain->readable + chain->writable - 1;
	while (!chain->parts[last].iov_len)
		last--;
	uint8_t *status = (uint8_t *)chain->parts[last].iov_base + --chain->parts[last].iov_len;
	chain->writable = last + 1 - chain->readable;
	uint64_t written = chain->writable_bytes;
	uint8_t result = serve(block, chain, &header);

	*status = result;
	bool to_guest = header.type == READ || header.type == GET_ID;
	bh_queue_push(ring, chain->head, to_guest && result == OK ? (uint32_t)written : 1);
	return true;
}

static void process(struct bh_virtio *device, unsigned queue)
{
	struct bh_block *block = (struct bh_block *)device;
	struct bh_queue *ring = bh_virtio_ring(device, queue);
	struct bh_chain *chain = &block->chains[queue];
	unsigned batch = 0;

	do {
		bh_queue_want_kicks(ring, false);
		while (bh_queue_pop(ring, chain) > 0) {
			if (!answer(block, ring, chain)) {
				ring->broken = true;
				return;
			}
			if (++batch == BATCH) {
				bh_virtio_signal(device, queue);
				batch = 0;
			}
		}
	} while (bh_queue_want_kicks(ring, true));
	bh_virtio_signal(device, queue);
}

static void destroy(struct bh_virtio *device)
{
	struct bh_block *block = (struct bh_block *)device;

	bh_virtio_finish(device);
	if (block->fd >= 0)
		close(block->fd);
	free(block->chains);
	free(block);
}

static const struct bh_virtio_ops ops = {
	.id = 2, .pci_class = 0x018000, .process = process, .destroy = destroy};

static bool open_disk(struct bh_block *block, const struct bh_manifest_virtio *manifest,
		      struct bh_diags *diags)
{
	struct stat info;

	block->readonly = manifest->readonly;
	block->keeps = manifest->no_discard;
	block->serial = manifest->serial ? manifest->serial : manifest->name;
	block->fd = bh_open(manifest->host, block->readonly ? O_RDONLY : O_RDWR);
	off_t end = block->fd < 0 ? -1 : lseek(block->fd, 0, SEEK_END);
	if (end < 0 || fstat(block->fd, &info) < 0) {
		bh_diag_hint(bh_error(diags, "E1041", "%s: %s: %s", manifest->name, manifest->host,
				      strerror(errno)),
			     "check the VM's disk in bulkhead.toml");
		return false;
	}
	block->size = (uint64_t)end / SECTOR * SECTOR;
	if ((!S_ISREG(info.st_mode) && !S_ISBLK(info.st_mode)) || !block->size) {
		bh_error(diags, "E1041", "%s: %s is not an image with at least one sector",
			 manifest->name, manifest->host);
		return false;
	}
	return true;
}

static uint64_t configure(struct bh_block *block, unsigned queues)
{
	uint64_t features = F_SEGMENTS_MAX | F_BLOCK_SIZE | F_FLUSH | BH_VIRTIO_F_INDIRECT |
			    BH_VIRTIO_F_EVENT_INDEX;
	uint32_t most = UINT32_MAX / SECTOR;

	block->config = (struct config){
		.capacity = block->size / SECTOR,
		.segments_max = SEGMENTS_MAX,
		.block_size = SECTOR,
		.queues = (uint16_t)queues,
		.discard_sectors_max = most,
		.discard_ranges_max = RANGES_MAX,
		.discard_alignment = 1,
		.zeroes_sectors_max = most,
		.zeroes_ranges_max = RANGES_MAX,
		.zeroes_may_unmap = 1,
	};
	block->virtio.config = (uint8_t *)&block->config;
	block->virtio.config_size = offsetof(struct config, unused_too) + 3;
	features |= queues > 1 ? F_QUEUES : 0;
	if (block->readonly)
		return features | F_READ_ONLY;
	return features | (block->keeps ? 0 : F_DISCARD | F_WRITE_ZEROES);
}

struct bh_virtio *bh_block_create(const struct bh_manifest_virtio *manifest,
				  const struct bh_virtio_host *host, struct bh_diags *diags)
{
	struct bh_block *block = bh_alloc(sizeof(*block));
	unsigned queues = manifest->queues ? manifest->queues : 1;

	block->chains = bh_alloc(queues * sizeof(*block->chains));
	if (!open_disk(block, manifest, diags))
		goto fail;
	int err = bh_virtio_init(&block->virtio, &ops, manifest->name, host,
				 configure(block, queues), queues, true);
	if (!err)
		return &block->virtio;
	bh_error(diags, "E1040", "%s: %s", manifest->name, strerror(-err));
fail:
	destroy(&block->virtio);
	return NULL;
}
