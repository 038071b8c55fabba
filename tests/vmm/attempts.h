/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody would try who has taken over a VMM. Also made in a running VMM on the lab. */
#ifndef BH_TESTS_VMM_ATTEMPTS_H
#define BH_TESTS_VMM_ATTEMPTS_H

#include <stdbool.h>

struct attempt {
	const char *name;
	const char *call;  /* how the log names it */
	bool alone;        /* fails also where system calls are not filtered */
	long (*act)(void); /* as the system call: negative when it failed */
	unsigned part;     /* BH_HAS_...: VMs with this part do it themselves */
};

/* Ends with a row without a name. */
extern const struct attempt attempts[];

#endif
