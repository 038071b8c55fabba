/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4): names for contents that nobody can give to other contents. */
#ifndef BH_BASE_SHA256_H
#define BH_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define BH_SHA256_SIZE 32

struct bh_sha256 {
	uint32_t state[8];
	uint64_t length;   /* bytes so far */
	uint8_t block[64]; /* the last length % 64 of them */
};

void bh_sha256_init(struct bh_sha256 *sha);
void bh_sha256_add(struct bh_sha256 *sha, const void *data, size_t size);
void bh_sha256_finish(struct bh_sha256 *sha, uint8_t digest[BH_SHA256_SIZE]);

#endif
