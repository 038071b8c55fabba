/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A balloon: the guest gives pages that it does not need, and the host has them until the guest
 * touches them again. Free pages are reported by guests that can, without being asked.
 *
 * Nothing that a guest gives can hurt anybody else: a page that is discarded reads as zeros, to
 * this guest. What it gives is counted here, page by page, because what it says of itself is no
 * more than that. The floor is kept whatever guest and owner say: beyond it pages are taken and
 * kept.
 */
#include "vmm/virtio/balloon.h"
#include "vmm/virtio/kinds.h"

#include "base/alloc.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* virtio 1.2, section 5.5. */
#define F_STATS     (UINT64_C(1) << 1)
#define F_DEFLATE   (UINT64_C(1) << 2) /* the guest may take pages back when it is in need */
#define F_REPORTING (UINT64_C(1) << 5)

#define PAGE_SHIFT 12 /* of the protocol, whatever the host's is */
#define PAGE_SIZE  (UINT64_C(1) << PAGE_SHIFT)

enum { INFLATE, DEFLATE, OTHERS };

/* Pages looked at in one chain, and in one turn of the loop. Linux gives 256 at a time. */
#define CHAIN_PAGES 4096
#define TURN_PAGES  16384

enum { TAG_FREE = 4, TAG_TOTAL = 5, TAG_AVAILABLE = 6, TAGS_MAX = 16 };

struct config {
	uint32_t pages;  /* what the guest is to give */
	uint32_t actual; /* what it says it gave */
};

struct bh_balloon {
	struct bh_virtio virtio;
	struct config config;
	uint32_t target; /* the guest can write to the configuration */
	uint32_t limit;
	uint64_t host_page;
	uint64_t *inside; /* a bit a page of RAM; made when it is first needed */
	uint32_t given;
	uint64_t reported;
	uint64_t tags[TAG_AVAILABLE + 1];
	bool holds_stats; /* the guest's buffer for statistics, which goes back when they are wanted
			   */
	uint16_t stats_head;
	struct bh_chain chain;
};

/* Gives whole pages of the host back. */
static void discard(struct bh_balloon *balloon, uint8_t *start, uint64_t size)
{
	uint64_t page = balloon->host_page;
	uint64_t from = ((uintptr_t)start + page - 1) & ~(page - 1);
	uint64_t to = ((uintptr_t)start + size) & ~(page - 1);

	if (from < to)
		(void)!madvise(start + (from - (uintptr_t)start), to - from,
			       balloon->virtio.ram->fd < 0 ? MADV_DONTNEED : MADV_REMOVE);
}

/* Notes whether a page is in the balloon; false when nothing changes. */
static bool note(struct bh_balloon *balloon, uint64_t page, bool is_inside)
{
	uint64_t *word = &balloon->inside[page / 64], bit = UINT64_C(1) << page % 64;

	if (!(*word & bit) != is_inside)
		return false;
	*word ^= bit;
	balloon->given += is_inside ? 1 : UINT32_MAX;
	return true;
}

/* A run of pages that follow each other, given back in one call. */
struct run {
	uint64_t first, count;
};

static void finish_run(struct bh_balloon *balloon, struct run *run)
{
	const struct bh_ram *ram = balloon->virtio.ram;

	if (run->count)
		discard(balloon, ram->host + run->first * PAGE_SIZE, run->count * PAGE_SIZE);
	run->count = 0;
}

static void take_page(struct bh_balloon *balloon, uint32_t number, bool inflate, struct run *run)
{
	const struct bh_ram *ram = balloon->virtio.ram;
	uint64_t address = (uint64_t)number << PAGE_SHIFT;

	if (!bh_ram_at(ram, address, PAGE_SIZE))
		return;
	uint64_t page = (address - ram->guest.base) / PAGE_SIZE;
	if (inflate && balloon->given >= balloon->limit)
		return;
	if (!note(balloon, page, inflate) || !inflate)
		return;
	if (!run->count || run->first + run->count != page) {
		finish_run(balloon, run);
		run->first = page;
	}
	run->count++;
}

/* The numbers of pages in a chain; returns how many were looked at. */
static unsigned take_pages(struct bh_balloon *balloon, bool inflate)
{
	uint32_t numbers[256];
	struct run run = {0, 0};
	unsigned done = 0;

	while (done < CHAIN_PAGES) {
		size_t got = bh_chain_read(&balloon->chain, done * sizeof(numbers[0]), numbers,
					   sizeof(numbers)) /
			     sizeof(numbers[0]);
		for (size_t i = 0; i < got; i++)
			take_page(balloon, le32toh(numbers[i]), inflate, &run);
		done += (unsigned)got;
		if (got < sizeof(numbers) / sizeof(numbers[0]))
			break;
	}
	finish_run(balloon, &run);
	return done;
}

/* Free pages that the guest keeps: its buffers are the pages. */
static void take_report(struct bh_balloon *balloon)
{
	const struct bh_chain *chain = &balloon->chain;

	if (chain->writable_bytes > balloon->virtio.ram->guest.size) {
		bh_virtio_break(&balloon->virtio, "more free memory than there is");
		return;
	}
	for (unsigned i = chain->readable; i < chain->readable + chain->writable; i++)
		discard(balloon, chain->parts[i].iov_base, chain->parts[i].iov_len);
	balloon->reported += chain->writable_bytes;
}

/* Its buffer stays here until somebody wants new figures. */
static void take_stats(struct bh_balloon *balloon)
{
	struct {
		uint16_t tag;
		uint64_t value;
	} __attribute__((packed)) stats[TAGS_MAX];
	size_t count = bh_chain_read(&balloon->chain, 0, stats, sizeof(stats)) / sizeof(stats[0]);

	for (size_t i = 0; i < count; i++) {
		uint16_t tag = le16toh(stats[i].tag);
		if (tag <= TAG_AVAILABLE)
			balloon->tags[tag] = le64toh(stats[i].value);
	}
	/* A guest that gives a second one gets the first back. */
	if (balloon->holds_stats)
		bh_queue_push(bh_virtio_ring(&balloon->virtio, OTHERS), balloon->stats_head, 0);
	balloon->stats_head = balloon->chain.head;
	balloon->holds_stats = true;
}

static bool has_stats(const struct bh_virtio *device)
{
	return device->accepted & F_STATS;
}

/* One request; returns how many pages it was about. */
static unsigned serve(struct bh_balloon *balloon, unsigned queue)
{
	struct bh_queue *ring = bh_virtio_ring(&balloon->virtio, queue);
	unsigned pages = 1;

	if (queue == OTHERS && has_stats(&balloon->virtio)) {
		take_stats(balloon);
		return pages;
	}
	if (queue >= OTHERS)
		take_report(balloon);
	else
		pages += take_pages(balloon, queue == INFLATE);
	bh_queue_push(ring, balloon->chain.head, 0);
	return pages;
}

static void process(struct bh_virtio *device, unsigned queue)
{
	struct bh_balloon *balloon = (struct bh_balloon *)device;
	struct bh_queue *ring = bh_virtio_ring(device, queue);
	unsigned pages = 0, chains = 0;

	if (queue < OTHERS && !balloon->inside)
		balloon->inside = bh_try_alloc(device->ram->guest.size / PAGE_SIZE / 64 + 1,
					       sizeof(*balloon->inside));
	if (queue < OTHERS && !balloon->inside) {
		bh_virtio_break(device, "the host is short of memory");
		return;
	}
	do {
		while (bh_queue_pop(ring, &balloon->chain) > 0) {
			pages += serve(balloon, queue);
			if (++chains == BH_VIRTIO_BUDGET || pages >= TURN_PAGES) {
				bh_virtio_kick(device, queue);
				goto out;
			}
		}
	} while (bh_queue_want_kicks(ring, true));
out:
	bh_virtio_signal(device, queue);
}

/* What the guest wrote over is put right. */
static void configured(struct bh_virtio *device, uint32_t offset, uint32_t size)
{
	struct bh_balloon *balloon = (struct bh_balloon *)device;

	(void)offset;
	(void)size;
	balloon->config.pages = htole32(balloon->target);
}

/* After a reset the guest has all its pages again, as far as it knows. */
static void stop(struct bh_virtio *device)
{
	struct bh_balloon *balloon = (struct bh_balloon *)device;

	balloon->holds_stats = false;
	balloon->given = 0;
	balloon->config.actual = 0;
	memset(balloon->tags, 0, sizeof(balloon->tags));
	free(balloon->inside);
	balloon->inside = NULL;
}

static void destroy(struct bh_virtio *device)
{
	bh_virtio_finish(device);
	free(((struct bh_balloon *)device)->inside);
	free(device);
}

static const struct bh_virtio_ops ops = {.id = 5,
					 .pci_class = 0x00ff00,
					 .stop = stop,
					 .process = process,
					 .configured = configured,
					 .destroy = destroy};

bool bh_balloon_ask(struct bh_virtio *device, uint64_t bytes)
{
	struct bh_balloon *balloon = (struct bh_balloon *)device;

	if (bytes / PAGE_SIZE > balloon->limit)
		return false;
	balloon->target = (uint32_t)(bytes / PAGE_SIZE);
	balloon->config.pages = htole32(balloon->target);
	if (device->status & BH_VIRTIO_DRIVER_OK)
		device->transport->signal_config(device);
	return true;
}

void bh_balloon_look(struct bh_virtio *device, bool refresh, struct bh_balloon_view *view)
{
	struct bh_balloon *balloon = (struct bh_balloon *)device;
	struct bh_queue *ring = bh_virtio_ring(device, OTHERS);

	pthread_mutex_lock(&ring->lock);
	*view = (struct bh_balloon_view){
		.target = balloon->target * PAGE_SIZE,
		.given = balloon->given * PAGE_SIZE,
		.reported = balloon->reported,
		.limit = balloon->limit * PAGE_SIZE,
		.guest_free = balloon->tags[TAG_FREE],
		.guest_available = balloon->tags[TAG_AVAILABLE],
		.guest_total = balloon->tags[TAG_TOTAL],
	};
	if (refresh && balloon->holds_stats) {
		balloon->holds_stats = false;
		bh_queue_push(ring, balloon->stats_head, 0);
		bh_virtio_signal(device, OTHERS);
	}
	pthread_mutex_unlock(&ring->lock);
}

struct bh_virtio *bh_balloon_create(const struct bh_manifest_virtio *manifest,
				    const struct bh_virtio_host *host, struct bh_diags *diags)
{
	struct bh_balloon *balloon = bh_alloc(sizeof(*balloon));
	/* Inflate, deflate, and one each for statistics and reports. */
	int err = bh_virtio_init(&balloon->virtio, &ops, manifest->name, host,
				 F_STATS | F_DEFLATE | F_REPORTING | BH_VIRTIO_F_INDIRECT |
					 BH_VIRTIO_F_EVENT_INDEX,
				 4, false);

	balloon->host_page = (uint64_t)sysconf(_SC_PAGESIZE);
	balloon->limit = (uint32_t)((host->ram->guest.size - manifest->floor) / PAGE_SIZE);
	balloon->virtio.config = (uint8_t *)&balloon->config;
	balloon->virtio.config_size = sizeof(balloon->config);
	if (!err)
		return &balloon->virtio;
	bh_error(diags, "E1040", "%s: %s", manifest->name, strerror(-err));
	destroy(&balloon->virtio);
	return NULL;
}
