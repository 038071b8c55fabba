/* SPDX-License-Identifier: Apache-2.0 */
/* Time that only goes forward. */
#ifndef BH_BASE_CLOCK_H
#define BH_BASE_CLOCK_H

#include <stdint.h>

int64_t bh_now_ms(void);

#endif
