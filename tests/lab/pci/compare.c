/* SPDX-License-Identifier: Apache-2.0 */
/* compare FILE: whether a PPM is the picture; prints its size and how many pixels differ. */
#include "picture.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	unsigned width, height, most;
	unsigned long wrong = 0;
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;

	if (!file || fscanf(file, "P6 %u %u %u", &width, &height, &most) != 3 || most != 255 ||
	    width < 2 || height < 2 || fgetc(file) == EOF)
		return 2;
	for (unsigned y = 0; y < height; y++) {
		for (unsigned x = 0; x < width; x++) {
			int red = fgetc(file), green = fgetc(file), blue = fgetc(file);
			if (blue < 0)
				return 2;
			wrong += (uint32_t)(red << 16 | green << 8 | blue) !=
				 picture(x, y, width, height);
		}
	}
	printf("%ux%u, %lu differ\n", width, height, wrong);
	return wrong != 0;
}
