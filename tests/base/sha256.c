/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/sha256.h"

#include <stdio.h>
#include <string.h>

static void assert_digest(struct bh_sha256 *sha, const char *expected)
{
	uint8_t digest[BH_SHA256_SIZE];
	char text[BH_SHA256_SIZE * 2 + 1];

	bh_sha256_finish(sha, digest);
	for (unsigned i = 0; i < BH_SHA256_SIZE; i++)
		snprintf(text + (size_t)i * 2, 3, "%02x", digest[i]);
	assert_string_equal(text, expected);
}

static void the_standards_examples_come_out(void **state)
{
	static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	struct bh_sha256 sha;

	(void)state;
	bh_sha256_init(&sha);
	assert_digest(&sha, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	bh_sha256_init(&sha);
	bh_sha256_add(&sha, "abc", 3);
	assert_digest(&sha, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	bh_sha256_init(&sha);
	bh_sha256_add(&sha, two_blocks, strlen(two_blocks));
	assert_digest(&sha, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void parts_give_what_the_whole_gives(void **state)
{
	struct bh_sha256 sha;

	(void)state;
	bh_sha256_init(&sha);
	for (unsigned i = 0; i < 1000000 / 10; i++)
		bh_sha256_add(&sha, "aaaaaaaaaa", 10);
	assert_digest(&sha, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_standards_examples_come_out),
		cmocka_unit_test(parts_give_what_the_whole_gives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
