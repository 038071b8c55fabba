/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the checks look at: files below a root, and what only system calls tell. Tests give a
 * made-up root and made-up answers.
 */
#ifndef BH_HOST_DOCTOR_FACTS_H
#define BH_HOST_DOCTOR_FACTS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct bh_host_facts {
	const char *root; /* before every path: "" on the machine itself */
	char machine[65]; /* uname -m */
	char release[65]; /* uname -r */
	unsigned cpus;
	bool root_user;

	/* Of /dev/kvm. */
	int kvm_error; /* of opening it: 0 or a negative errno */
	int kvm_version;
	bool gic2, gic3, its;
	int address_bits; /* of guest-physical addresses; 0: unknown */
	bool hvc_to_user; /* a guest's HVC can be answered in user space */
	bool resample;    /* level interrupts by eventfd */

	int landlock; /* its ABI, or a negative errno */
};

/* Asks the machine itself. */
void bh_host_facts_probe(struct bh_host_facts *facts);

/* Below the root. 0 or a negative errno. */
int bh_host_read(const struct bh_host_facts *facts, const char *path, struct bh_buf *text);
bool bh_host_exists(const struct bh_host_facts *facts, const char *path);
/* 0 when it can be read and written, else a negative errno: -ENOENT, -EACCES. */
int bh_host_access(const struct bh_host_facts *facts, const char *path);

/* How many entries a folder has; 0 when it is not there. */
size_t bh_host_count(const struct bh_host_facts *facts, const char *path);

/* True when `word` stands in `text` between blanks or line ends. */
bool bh_has_word(const char *text, const char *word);

#endif
