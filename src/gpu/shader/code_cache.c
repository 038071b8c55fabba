/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/shader/code_cache.h"

#include "base/alloc.h"
#include "base/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* All entries together; beyond it nothing is added. */
#define BYTES_MAX (64u << 20)
#define MAGIC     0x31434842u /* "BHC1" */

/* A record of the file: this, then the data. The digest is of the key and the data. */
struct record {
	uint32_t magic, size;
	uint8_t key[BH_SHA256_SIZE];
	uint8_t digest[BH_SHA256_SIZE];
};

struct entry {
	struct entry *next; /* of those that were added */
	uint32_t size;
	uint8_t key[BH_SHA256_SIZE];
	uint8_t data[];
};

struct bh_code_cache {
	pthread_mutex_t lock;
	struct bh_map records; /* struct entry, by key */
	struct entry *entries;
	size_t bytes;
	int fd;
};

static void make_digest(const struct record *record, const void *data,
			uint8_t digest[BH_SHA256_SIZE])
{
	struct bh_sha256 sha;

	bh_sha256_init(&sha);
	bh_sha256_add(&sha, record->key, sizeof(record->key));
	bh_sha256_add(&sha, data, record->size);
	bh_sha256_finish(&sha, digest);
}

static void add_entry(struct bh_code_cache *cache, const uint8_t *key, const void *data,
		      uint32_t size)
{
	struct entry *entry = bh_alloc(sizeof(*entry) + size);

	entry->size = size;
	memcpy(entry->key, key, sizeof(entry->key));
	memcpy(entry->data, data, size);
	entry->next = cache->entries;
	cache->entries = entry;
	cache->bytes += size;
	bh_map_set_bytes(&cache->records, (const char *)entry->key, sizeof(entry->key), entry);
}

/* Whole records up to the first that is none. */
static void read_records(struct bh_code_cache *cache, const uint8_t *data, size_t size)
{
	struct record record;

	for (size_t at = 0; size - at >= sizeof(record); at += sizeof(record) + record.size) {
		uint8_t digest[BH_SHA256_SIZE];

		memcpy(&record, data + at, sizeof(record));
		if (record.magic != MAGIC || record.size > size - at - sizeof(record))
			return;
		make_digest(&record, data + at + sizeof(record), digest);
		if (memcmp(digest, record.digest, sizeof(digest)))
			return;
		add_entry(cache, record.key, data + at + sizeof(record), record.size);
	}
}

static void read_file(struct bh_code_cache *cache)
{
	struct stat status;
	size_t size, filled = 0;
	uint8_t *data;

	if (fstat(cache->fd, &status) || !S_ISREG(status.st_mode))
		return;
	size = status.st_size > BYTES_MAX ? BYTES_MAX : (size_t)status.st_size;
	data = bh_try_alloc(1, size + 1);
	while (data && filled < size) {
		ssize_t part = pread(cache->fd, data + filled, size - filled, (off_t)filled);

		if (part <= 0)
			break;
		filled += (size_t)part;
	}
	if (data)
		read_records(cache, data, filled);
	free(data);
}

struct bh_code_cache *bh_code_cache_create(int fd)
{
	struct bh_code_cache *cache = bh_alloc(sizeof(*cache));

	cache->fd = fd;
	pthread_mutex_init(&cache->lock, NULL);
	bh_map_init(&cache->records);
	if (fd >= 0)
		read_file(cache);
	return cache;
}

void bh_code_cache_destroy(struct bh_code_cache *cache)
{
	if (!cache)
		return;
	while (cache->entries) {
		struct entry *next = cache->entries->next;

		free(cache->entries);
		cache->entries = next;
	}
	bh_map_finish(&cache->records);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

bool bh_code_cache_is_kept(const struct bh_code_cache *cache)
{
	return cache->fd >= 0;
}

bool bh_code_cache_find(struct bh_code_cache *cache, const uint8_t key[BH_SHA256_SIZE],
			const void **data, size_t *size)
{
	struct entry *entry;

	pthread_mutex_lock(&cache->lock);
	entry = bh_map_get_bytes(&cache->records, (const char *)key, BH_SHA256_SIZE);
	pthread_mutex_unlock(&cache->lock);
	if (!entry)
		return false;
	*data = entry->data;
	*size = entry->size;
	return true;
}

/* In one piece at the file's end, so that servers may share one. A torn record is left out later.
 */
static void append(const struct bh_code_cache *cache, const uint8_t *key, const void *data,
		   uint32_t size)
{
	struct record record = {.magic = MAGIC, .size = size};
	struct iovec parts[] = {{&record, sizeof(record)}, {(void *)data, size}};

	memcpy(record.key, key, sizeof(record.key));
	make_digest(&record, data, record.digest);
	if (writev(cache->fd, parts, 2) < 0)
		return; /* it stays in memory */
}

void bh_code_cache_add(struct bh_code_cache *cache, const uint8_t key[BH_SHA256_SIZE],
		       const void *data, size_t size)
{
	pthread_mutex_lock(&cache->lock);
	if (size <= BYTES_MAX - cache->bytes &&
	    !bh_map_get_bytes(&cache->records, (const char *)key, BH_SHA256_SIZE)) {
		add_entry(cache, key, data, (uint32_t)size);
		if (cache->fd >= 0)
			append(cache, key, data, (uint32_t)size);
	}
	pthread_mutex_unlock(&cache->lock);
}
