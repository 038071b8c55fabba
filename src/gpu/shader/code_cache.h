/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machine code that was made before, by what it was made from.
 *
 * A key is the SHA-256 of LLVM's form of a function, unoptimised, and of all that decides what
 * becomes of it: the compiler's version, the CPU, the passes. So an entry is never stale, and no
 * guest can make its shader pass for another. Entries stay in memory; with a file they outlive the
 * process. There is a limit: then those go that came first and were not wanted since, and a server
 * that begins with a file that is nearly so large goes on with its newer half.
 *
 * What is in the file is run. Whoever can write it can run code in the server's place: it belongs
 * to the server's user alone. Torn and foreign records are recognised and left out.
 */
#ifndef BH_GPU_SHADER_CODE_CACHE_H
#define BH_GPU_SHADER_CODE_CACHE_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/sha256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bh_code_cache;

/* A file for it; made where there is none. -1 with E2005 when it cannot be used. */
int bh_code_cache_open(const char *path, struct bh_diags *diags);

/*
 * `fd`: a file open for reading and appending, the caller's; -1: none. `limit`: bytes of all
 * entries; 0: 64 MiB.
 */
struct bh_code_cache *bh_code_cache_create(int fd, size_t limit);
void bh_code_cache_destroy(struct bh_code_cache *cache);

/* Whether it has a file. */
bool bh_code_cache_is_kept(const struct bh_code_cache *cache);

/* All functions below may be called from any thread. What is found is added to `data`. */
bool bh_code_cache_find(struct bh_code_cache *cache, const uint8_t key[BH_SHA256_SIZE],
			struct bh_buf *data);
void bh_code_cache_add(struct bh_code_cache *cache, const uint8_t key[BH_SHA256_SIZE],
		       const void *data, size_t size);

#endif
