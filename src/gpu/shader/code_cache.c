/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/shader/code_cache.h"

#include "base/alloc.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define LIMIT_DEFAULT ((size_t)64 << 20)
#define SLOTS         4096
#define MAGIC         0x31434842u /* "BHC1" */

/* A record of the file: this, then the data. The digest is of the key and the data. */
struct record {
	uint32_t magic, size;
	uint8_t key[BH_SHA256_SIZE];
	uint8_t digest[BH_SHA256_SIZE];
};

struct entry {
	struct entry *next; /* the one that was added after it */
	struct entry *same; /* another of the same slot */
	uint32_t size;
	bool found; /* since it was last to go */
	uint8_t key[BH_SHA256_SIZE];
	uint8_t data[];
};

struct bh_code_cache {
	pthread_mutex_t lock;
	struct entry *slots[SLOTS]; /* by the key's first bytes: it is a digest */
	struct entry *oldest, **end;
	size_t limit, file_limit; /* in memory; of the file, which has digests, too */
	size_t bytes, file_bytes;
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

static struct entry **slot_of(struct bh_code_cache *cache, const uint8_t *key)
{
	return &cache->slots[(key[0] | key[1] << 8) % SLOTS];
}

static struct entry *find_entry(struct bh_code_cache *cache, const uint8_t *key)
{
	struct entry *entry = *slot_of(cache, key);

	while (entry && memcmp(entry->key, key, sizeof(entry->key)))
		entry = entry->same;
	return entry;
}

static void append_entry(struct bh_code_cache *cache, struct entry *entry)
{
	entry->next = NULL;
	*cache->end = entry;
	cache->end = &entry->next;
}

static struct entry *take_oldest(struct bh_code_cache *cache)
{
	struct entry *entry = cache->oldest;

	cache->oldest = entry->next;
	if (!cache->oldest)
		cache->end = &cache->oldest;
	return entry;
}

/* The oldest go, but those that were found since they came, or were spared, are spared once. */
static void make_room(struct bh_code_cache *cache, size_t size)
{
	while (cache->oldest && size > cache->limit - cache->bytes) {
		struct entry *entry = take_oldest(cache), **at;

		if (entry->found) {
			entry->found = false;
			append_entry(cache, entry);
			continue;
		}
		at = slot_of(cache, entry->key);
		while (*at != entry)
			at = &(*at)->same;
		*at = entry->same;
		cache->bytes -= entry->size;
		free(entry);
	}
}

static void add_entry(struct bh_code_cache *cache, const uint8_t *key, const void *data,
		      uint32_t size)
{
	struct entry *entry, **slot = slot_of(cache, key);

	if (find_entry(cache, key))
		return;
	make_room(cache, size);
	entry = bh_alloc(sizeof(*entry) + size);
	entry->size = size;
	memcpy(entry->key, key, sizeof(entry->key));
	memcpy(entry->data, data, size);
	append_entry(cache, entry);
	cache->bytes += size;
	entry->same = *slot;
	*slot = entry;
}

/* Whole records up to the first that is none: returns where that begins. */
static size_t read_records(struct bh_code_cache *cache, const uint8_t *data, size_t size)
{
	struct record record;
	size_t at;

	for (at = 0; size - at >= sizeof(record); at += sizeof(record) + record.size) {
		uint8_t digest[BH_SHA256_SIZE];

		memcpy(&record, data + at, sizeof(record));
		if (record.magic != MAGIC || record.size > size - at - sizeof(record) ||
		    record.size > cache->limit)
			break;
		make_digest(&record, data + at + sizeof(record), digest);
		if (memcmp(digest, record.digest, sizeof(digest)))
			break;
		add_entry(cache, record.key, data + at + sizeof(record), record.size);
	}
	return at;
}

/* In one piece at the file's end, so that servers may share one. */
static void append(struct bh_code_cache *cache, const struct entry *entry)
{
	struct record record = {.magic = MAGIC, .size = entry->size};
	struct iovec parts[] = {{&record, sizeof(record)}, {(void *)entry->data, entry->size}};
	size_t size = sizeof(record) + entry->size;

	/* The next server that begins makes room. */
	if (size > cache->file_limit - cache->file_bytes)
		return;
	memcpy(record.key, entry->key, sizeof(record.key));
	make_digest(&record, entry->data, record.digest);
	if (writev(cache->fd, parts, 2) < 0)
		return; /* it stays in memory */
	cache->file_bytes += size;
}

/* Whether the file is empty or begins as ours do: others' are not touched. */
static bool is_ours(const uint8_t *data, size_t size)
{
	const uint32_t magic = MAGIC;

	return !size || !memcmp(data, &magic, size < sizeof(magic) ? size : sizeof(magic));
}

/*
 * What is behind the last whole record could never be read, nor could anything be that is added
 * behind it. A file that is full goes on with the newer half.
 */
static void mend_file(struct bh_code_cache *cache, size_t whole, size_t size)
{
	size_t older = cache->bytes / 2;

	cache->file_bytes = whole;
	if (whole < size && !ftruncate(cache->fd, (off_t)whole))
		size = whole;
	if (size < cache->limit / 8 * 7 || ftruncate(cache->fd, 0))
		return;
	cache->file_bytes = 0;
	for (const struct entry *entry = cache->oldest; entry; entry = entry->next) {
		if (older < entry->size) {
			older = 0;
			append(cache, entry);
		} else {
			older -= entry->size;
		}
	}
}

static void read_file(struct bh_code_cache *cache)
{
	struct stat status;
	size_t size, filled = 0;
	uint8_t *data;

	if (fstat(cache->fd, &status) || !S_ISREG(status.st_mode))
		return;
	size = (size_t)status.st_size > cache->file_limit ? cache->file_limit
							  : (size_t)status.st_size;
	data = bh_try_alloc(1, size + 1);
	while (data && filled < size) {
		ssize_t part = pread(cache->fd, data + filled, size - filled, (off_t)filled);

		if (part <= 0)
			break;
		filled += (size_t)part;
	}
	cache->file_bytes = cache->file_limit;
	if (data && is_ours(data, filled))
		mend_file(cache, read_records(cache, data, filled), (size_t)status.st_size);
	free(data);
}

struct bh_code_cache *bh_code_cache_create(int fd, size_t limit)
{
	struct bh_code_cache *cache = bh_alloc(sizeof(*cache));

	cache->fd = fd;
	cache->limit = limit ? limit : LIMIT_DEFAULT;
	cache->file_limit = cache->limit / 4 * 5;
	cache->end = &cache->oldest;
	pthread_mutex_init(&cache->lock, NULL);
	if (fd >= 0)
		read_file(cache);
	return cache;
}

void bh_code_cache_destroy(struct bh_code_cache *cache)
{
	if (!cache)
		return;
	while (cache->oldest)
		free(take_oldest(cache));
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

bool bh_code_cache_is_kept(const struct bh_code_cache *cache)
{
	return cache->fd >= 0;
}

bool bh_code_cache_find(struct bh_code_cache *cache, const uint8_t key[BH_SHA256_SIZE],
			struct bh_buf *data)
{
	struct entry *entry;

	pthread_mutex_lock(&cache->lock);
	entry = find_entry(cache, key);
	if (entry) {
		entry->found = true;
		bh_buf_add(data, entry->data, entry->size);
	}
	pthread_mutex_unlock(&cache->lock);
	return entry;
}

void bh_code_cache_add(struct bh_code_cache *cache, const uint8_t key[BH_SHA256_SIZE],
		       const void *data, size_t size)
{
	if (size > cache->limit)
		return;
	pthread_mutex_lock(&cache->lock);
	if (!find_entry(cache, key)) {
		add_entry(cache, key, data, (uint32_t)size);
		if (cache->fd >= 0)
			append(cache, find_entry(cache, key));
	}
	pthread_mutex_unlock(&cache->lock);
}

/* Why the file cannot be used; NULL: it can. */
/* Whose it is, who gave it to us answers for. */
static const char *find_given_fault(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat status;

	if (flags < 0 || fstat(fd, &status))
		return strerror(errno);
	if (!S_ISREG(status.st_mode))
		return "it is no regular file";
	return (flags & O_ACCMODE) == O_RDWR && flags & O_APPEND
		       ? NULL
		       : "it is not open for reading and appending";
}

static const char *find_fault(int fd)
{
	struct stat status;
	uint8_t first[4];
	ssize_t size;

	if (fstat(fd, &status))
		return strerror(errno);
	if (!S_ISREG(status.st_mode))
		return "it is no regular file";
	if (status.st_uid != geteuid())
		return "it belongs to another user than the server's";
	if (status.st_mode & 022)
		return "others than its owner may write it";
	size = pread(fd, first, sizeof(first), 0);
	if (size < 0)
		return strerror(errno);
	return is_ours(first, (size_t)size) ? NULL : "it holds something else";
}

int bh_code_cache_open(const char *path, struct bh_diags *diags)
{
	const char *fault = NULL;
	struct bh_diag *diag;
	uint64_t number;
	int fd;

	if (bh_str_starts(path, "fd:") && bh_parse_u64(path + 3, &number) && number <= INT_MAX) {
		fd = (int)number;
		fault = find_given_fault(fd);
	} else {
		fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
			  0600);
		if (fd < 0)
			fault = errno == EISDIR ? "it is a folder, not a file" : strerror(errno);
		else
			fault = find_fault(fd);
	}
	if (!fault)
		return fd;
	diag = bh_error(diags, "E2005", "the code cache \"%s\" cannot be used", path);
	bh_diag_cause(diag, "%s", fault);
	bh_diag_hint(diag, "name a file of the server's user in a folder that only this user can "
			   "write, with mode 0600; it is made where there is none");
	if (fd >= 0)
		close(fd);
	return -1;
}
