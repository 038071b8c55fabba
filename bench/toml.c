/* SPDX-License-Identifier: Apache-2.0 */
/* The TOML reader beside a pass of memchr over the same bytes, and how it grows with its input. */
#include "config/toml.h"
#include "base/buf.h"
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT (4u << 20)

static void parse(void *data)
{
	const struct bh_buf *text = data;
	struct bh_arena arena;
	struct bh_diags diags;
	struct bh_toml toml;

	bh_arena_init(&arena);
	bh_diags_init(&diags);
	if (bh_toml_parse(&toml, &arena, "bench", text->data, text->length, &diags)) {
		fprintf(stderr, "%u: %s\n", diags.items[0].span.line, diags.items[0].message);
		exit(1);
	}
	bh_toml_finish(&toml);
	bh_diags_finish(&diags);
	bh_arena_finish(&arena);
}

/* Looks at every byte, for one that is not there. */
static void scan(void *data)
{
	const struct bh_buf *text = data;

	if (memchr(text->data, 0xff, text->length))
		exit(1);
}

static void add_machines(struct bh_buf *text, unsigned i)
{
	bh_buf_addf(text,
		    "[vm.guest%u]\nmemory = \"512M\"\ncpus = %u\nkernel = \"/srv/images/Image\"\n"
		    "devices = [\"ethernet%u\", \"usb%u\"] # what it owns\nautostart = true\n"
		    "[[vm.guest%u.disk]]\npath = \"/srv/images/guest%u.img\"\nreadonly = false\n\n",
		    i, i % 8 + 1, i, i, i, i);
}

static void add_numbers(struct bh_buf *text, unsigned i)
{
	bh_buf_addf(text, "n%u = [%u, -%u, 0x%x, %u.%u, 1e%u, 1979-05-27T07:32:00Z]\n", i, i, i * 7,
		    i, i, i % 1000, i % 20);
}

static void add_text(struct bh_buf *text, unsigned i)
{
	bh_buf_addf(
		text,
		"t%u = \"\"\"\nThe quick brown fox jumps over the lazy dog, again and again, until "
		"the line is as long as lines of text are.\nAnd a second one, \\\"quoted\\\", with "
		"an escape or two: \\u00e9\\n\"\"\"\n",
		i);
}

static void add_comments(struct bh_buf *text, unsigned i)
{
	bh_buf_addf(
		text,
		"# A comment as they stand above a key, to say in so many words what the key is "
		"there for.\nkey%u = true\n",
		i);
}

static const struct {
	const char *name;
	void (*add)(struct bh_buf *text, unsigned i);
} kinds[] = {
	{"TOML: machines", add_machines},
	{"TOML: numbers and dates", add_numbers},
	{"TOML: texts", add_text},
	{"TOML: comments", add_comments},
};

static void measure(const char *name, void (*add)(struct bh_buf *text, unsigned i))
{
	struct bh_buf text = {0};
	char own[32], peer[32];

	for (unsigned i = 0; text.length < DOCUMENT; i++)
		add(&text, i);
	struct bench_pair times = bench_compare(parse, scan, &text, 15);
	double bytes = (double)text.length;
	snprintf(own, sizeof(own), "%.0f MB/s", bytes / times.own * 1e3);
	snprintf(peer, sizeof(peer), "memchr %.0f MB/s", bytes / times.peer * 1e3);
	bench_result(name, own, peer, times.peer / times.own);
	bh_buf_finish(&text);
}

/* One table with that many keys. */
static void make_keys(struct bh_buf *text, unsigned keys)
{
	for (unsigned i = 0; i < keys; i++)
		bh_buf_addf(text, "key-%u = %u\n", i, i);
}

struct growth {
	struct bh_buf small, large;
};

/* As many small documents as make up the keys of the large one. */
static void parse_small(void *data)
{
	struct growth *growth = data;

	for (int i = 0; i < 100; i++)
		parse(&growth->small);
}

static void parse_large(void *data)
{
	struct growth *growth = data;

	parse(&growth->large);
}

static void measure_growth(void)
{
	struct growth growth = {{0}, {0}};
	char own[32], peer[48];

	make_keys(&growth.small, 1000);
	make_keys(&growth.large, 100000);
	struct bench_pair times = bench_compare(parse_large, parse_small, &growth, 7);
	snprintf(own, sizeof(own), "%.1f ms", times.own / 1e6);
	snprintf(peer, sizeof(peer), "100 of 1000 keys %.1f ms", times.peer / 1e6);
	bench_result("TOML: a table of 100000 keys", own, peer, times.own / times.peer);
	bh_buf_finish(&growth.small);
	bh_buf_finish(&growth.large);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		measure(kinds[i].name, kinds[i].add);
	measure_growth();
	return 0;
}
