/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare A.ppm B.ppm LIMIT PERCENT: two pictures agree when they have one size and at most PERCENT
 * of their pixels differ by more than LIMIT of 255 in any colour. Prints what it found.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct picture {
	unsigned width, height;
	unsigned char *pixels;
};

static bool load(const char *path, struct picture *picture)
{
	FILE *file = fopen(path, "rb");
	size_t size;
	bool good;

	if (!file || fscanf(file, "P6 %5u %5u 255", &picture->width, &picture->height) != 2 ||
	    fgetc(file) != '\n') {
		fprintf(stderr, "%s: no picture\n", path);
		return false;
	}
	size = (size_t)picture->width * picture->height * 3;
	picture->pixels = malloc(size ? size : 1);
	good = picture->pixels && fread(picture->pixels, 1, size, file) == size;
	fclose(file);
	if (!good)
		fprintf(stderr, "%s: too short\n", path);
	return good;
}

static int difference(const unsigned char *a, const unsigned char *b)
{
	int most = 0;

	for (int i = 0; i < 3; i++) {
		int d = abs(a[i] - b[i]);

		most = d > most ? d : most;
	}
	return most;
}

int main(int argc, char **argv)
{
	struct picture a, b;
	size_t count, beyond = 0, colors = 0;
	int most = 0;
	double percent;

	if (argc != 5 || !load(argv[1], &a) || !load(argv[2], &b))
		return 2;
	if (a.width != b.width || a.height != b.height) {
		printf("%ux%u and %ux%u\n", a.width, a.height, b.width, b.height);
		return 1;
	}
	count = (size_t)a.width * a.height;
	for (size_t i = 0; i < count; i++) {
		int d = difference(a.pixels + i * 3, b.pixels + i * 3);

		most = d > most ? d : most;
		beyond += d > atoi(argv[3]);
		colors += difference(a.pixels + i * 3, a.pixels) > 0;
	}
	percent = count ? 100.0 * (double)beyond / (double)count : 0;
	printf("%ux%u, %.2f %% differ by more than %s, %d at most, %zu pixels unlike the first\n",
	       a.width, a.height, percent, argv[3], most, colors);
	return percent <= atof(argv[4]) ? 0 : 1;
}
