/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/device/edid.h"

#include <stdio.h>
#include <string.h>

#define DPI       96
#define REFRESH   60
#define H_BLANK   160 /* reduced blanking, as for flat screens */
#define H_FRONT   48
#define H_SYNC    32
#define V_BLANK   30
#define V_FRONT   3
#define V_SYNC    6
#define CLOCK_MAX 655350 /* kHz: the field counts 10 kHz in 16 bits */

static uint32_t millimetres(uint32_t pixels)
{
	return (pixels * 254 + DPI * 5) / (DPI * 10);
}

/* An 18-byte descriptor: the mode. */
static void write_mode(uint8_t *to, uint32_t width, uint32_t height)
{
	uint64_t clock = (uint64_t)(width + H_BLANK) * (height + V_BLANK) * REFRESH / 1000;
	uint32_t mm_x = millimetres(width), mm_y = millimetres(height), tens;

	if (clock > CLOCK_MAX)
		clock = CLOCK_MAX;
	tens = (uint32_t)clock / 10;
	to[0] = (uint8_t)tens;
	to[1] = (uint8_t)(tens >> 8);
	to[2] = (uint8_t)width;
	to[3] = H_BLANK;
	to[4] = (uint8_t)((width >> 8) << 4 | H_BLANK >> 8);
	to[5] = (uint8_t)height;
	to[6] = V_BLANK;
	to[7] = (uint8_t)((height >> 8) << 4 | V_BLANK >> 8);
	to[8] = H_FRONT;
	to[9] = H_SYNC;
	to[10] = V_FRONT << 4 | V_SYNC;
	to[11] = 0;
	to[12] = (uint8_t)mm_x;
	to[13] = (uint8_t)mm_y;
	to[14] = (uint8_t)((mm_x >> 8) << 4 | mm_y >> 8);
	to[17] = 0x1e; /* separate syncs, both positive */
}

/* A descriptor of text: padded with a line feed and blanks. */
static void write_text(uint8_t *to, uint8_t tag, const char *text)
{
	size_t length = strlen(text);

	to[3] = tag;
	memset(to + 5, ' ', 13);
	memcpy(to + 5, text, length);
	if (length < 13)
		to[5 + length] = '\n';
}

static void write_limits(uint8_t *to)
{
	static const uint8_t limits[] = {0, 0, 0, 0xfd, 0, 50, 75, 20, 160, 65, 1, '\n'};

	memcpy(to, limits, sizeof(limits));
	memset(to + sizeof(limits), ' ', 18 - sizeof(limits));
}

void bh_edid_write(uint8_t edid[BH_EDID_SIZE], uint32_t width, uint32_t height, uint32_t number)
{
	static const uint8_t magic[] = {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0};
	/* sRGB primaries */
	static const uint8_t colors[] = {0xee, 0x91, 0xa3, 0x54, 0x4c,
					 0x99, 0x26, 0x0f, 0x50, 0x54};
	uint8_t sum = 0;
	char serial[14];

	memset(edid, 0, BH_EDID_SIZE);
	memcpy(edid, magic, sizeof(magic));
	/* The maker, "BHD": five bits a letter. */
	edid[8] = (uint8_t)(('B' - 64) << 2 | ('H' - 64) >> 3);
	edid[9] = (uint8_t)((('H' - 64) & 7) << 5 | ('D' - 64));
	edid[10] = 1; /* product */
	edid[12] = (uint8_t)(number + 1);
	edid[16] = 1;  /* week */
	edid[17] = 36; /* 1990 + 36 */
	edid[18] = 1;
	edid[19] = 4;
	edid[20] = 0xa5; /* digital, 8 bits a colour, DisplayPort */
	edid[21] = (uint8_t)((millimetres(width) + 5) / 10 & 0xff);
	edid[22] = (uint8_t)((millimetres(height) + 5) / 10 & 0xff);
	edid[23] = 120;  /* gamma 2.2 */
	edid[24] = 0x06; /* sRGB; the first mode is the native one */
	memcpy(edid + 25, colors, sizeof(colors));
	memset(edid + 38, 1, 16); /* no standard modes */
	write_mode(edid + 54, width, height);
	write_limits(edid + 72);
	write_text(edid + 90, 0xfc, "Bulkhead");
	(void)snprintf(serial, sizeof(serial), "%u", (unsigned)number + 1);
	write_text(edid + 108, 0xff, serial);
	for (unsigned i = 0; i < BH_EDID_SIZE - 1; i++)
		sum = (uint8_t)(sum + edid[i]);
	edid[BH_EDID_SIZE - 1] = (uint8_t)-sum;
}
