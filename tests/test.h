/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test includes. One behaviour, one test; its name is the behaviour. */
#ifndef BH_TEST_H
#define BH_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
