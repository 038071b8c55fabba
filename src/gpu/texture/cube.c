/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/texture/cube.h"

#include <math.h>

struct bh_taps bh_wrap_seamless(float s, int size)
{
	float u = (s >= 0 ? s <= 1 ? s : 1 : 0) * (float)size - 0.5f, base = floorf(u);

	return (struct bh_taps){.index = {(int)base, (int)base + 1}, .weight = u - base};
}

/* For each face: the axes of s, t and of the face itself, and their signs. */
static const struct {
	signed char axis[3], sign[3];
} faces[6] = {
	{{2, 1, 0}, {-1, -1, 1}}, {{2, 1, 0}, {1, -1, -1}}, {{0, 2, 1}, {1, 1, 1}},
	{{0, 2, 1}, {1, -1, -1}}, {{0, 1, 2}, {1, -1, 1}},  {{0, 1, 2}, {-1, -1, -1}},
};

/*
 * Texel centres as vectors from the cube's middle, in units of half a texel: the face is `size`
 * away, and a centre that is one texel outside is size + 1 away along the axis of the face it
 * belongs to.
 */
void bh_cube_neighbour(int *face, int *x, int *y, int size)
{
	int at[3], vector[3], next = *face;

	if (*x >= 0 && *x < size && *y >= 0 && *y < size)
		return;
	at[0] = 2 * *x + 1 - size;
	at[1] = 2 * *y + 1 - size;
	at[2] = size;
	for (unsigned i = 0; i < 3; i++)
		vector[faces[*face].axis[i]] = at[i] * faces[*face].sign[i];
	for (int i = 0; i < 6; i++) {
		if (vector[faces[i].axis[2]] * faces[i].sign[2] == size + 1)
			next = i;
	}
	for (unsigned i = 0; i < 2; i++) {
		int c = vector[faces[next].axis[i]] * faces[next].sign[i];

		at[i] = (c + size - 1) / 2;
		at[i] = at[i] < 0 ? 0 : at[i] >= size ? size - 1 : at[i];
	}
	*face = next;
	*x = at[0];
	*y = at[1];
}
