/* SPDX-License-Identifier: Apache-2.0 */
/* A display's identification (EDID 1.4) with one mode: the one that was asked for. */
#ifndef BH_GPU_DEVICE_EDID_H
#define BH_GPU_DEVICE_EDID_H

#include <stdint.h>

#define BH_EDID_SIZE 128

/* Width 64 to 4095 and height 64 to 4095, at 60 frames a second; `number` tells screens apart. */
void bh_edid_write(uint8_t edid[BH_EDID_SIZE], uint32_t width, uint32_t height, uint32_t number);

#endif
