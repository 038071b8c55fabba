/* SPDX-License-Identifier: Apache-2.0 */
/* Golden files: what a program says, kept where a reviewer reads it. */
#ifndef BH_TESTS_GOLDEN_H
#define BH_TESTS_GOLDEN_H

#include "test.h"

/*
 * Fails the test unless the file holds exactly the text. With UPDATE=1 in the environment, the file
 * is written instead, to be looked at before it is committed.
 */
void golden(const char *path, const char *text);

/* One test for each file of the folder that ends with `suffix`; its state is the file's path
 * without the suffix. Adds to *tests (count of them so far: `count`) and returns the new count. */
size_t golden_cases(struct CMUnitTest **tests, size_t count, const char *folder, const char *suffix,
		    CMUnitTestFunction test);

void golden_cases_finish(struct CMUnitTest *tests, size_t count);

#endif
