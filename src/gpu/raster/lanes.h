/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of LANES values, which the includer defines to 4, 8 or 16. The compiler turns them into
 * what the file's instruction set has. A comparison gives -1 or 0 in each lane.
 */
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef float vf __attribute__((vector_size(LANES * 4), aligned(LANES * 4)));
typedef int32_t vi __attribute__((vector_size(LANES * 4), aligned(LANES * 4)));
typedef uint32_t vu __attribute__((vector_size(LANES * 4), aligned(LANES * 4)));

#define ALIGNED _Alignas(64)

static inline vf vf_set(float value)
{
	return value - (vf){0};
}

static inline vi vi_set(int32_t value)
{
	return value - (vi){0};
}

static inline vu vu_set(uint32_t value)
{
	return value - (vu){0};
}

static inline vf vf_select(vi mask, vf yes, vf no)
{
	return (vf)((mask & (vi)yes) | (~mask & (vi)no));
}

static inline vi vi_select(vi mask, vi yes, vi no)
{
	return (mask & yes) | (~mask & no);
}

/* Bit i of the result is lane i's. */
static inline uint32_t vi_bits(vi mask)
{
#if LANES == 16 && defined(__AVX512F__)
	return _mm512_test_epi32_mask((__m512i)mask, (__m512i)mask);
#elif LANES == 8 && defined(__AVX2__)
	return (uint32_t)_mm256_movemask_ps((__m256)mask);
#elif LANES == 4 && defined(__SSE2__)
	return (uint32_t)_mm_movemask_ps((__m128)mask);
#else
	uint32_t bits = 0;

	for (unsigned i = 0; i < LANES; i++)
		bits |= (uint32_t)(mask[i] & 1) << i;
	return bits;
#endif
}

/* Bit i of the result is the sign of lane i. */
static inline uint32_t vi_signs(vi value)
{
#if LANES == 16 && defined(__AVX512DQ__)
	return _mm512_movepi32_mask((__m512i)value);
#elif LANES == 8 && defined(__AVX2__)
	return (uint32_t)_mm256_movemask_ps((__m256)value);
#elif LANES == 4 && defined(__SSE2__)
	return (uint32_t)_mm_movemask_ps((__m128)value);
#else
	return vi_bits(value < vi_set(0));
#endif
}

static inline vi vi_iota(void)
{
	vi lanes;

	for (int i = 0; i < LANES; i++)
		lanes[i] = i;
	return lanes;
}

static inline vi vi_from_bits(uint32_t bits)
{
	return ((vi_set((int32_t)bits) >> vi_iota()) & 1) != 0;
}

static inline vi vf_to_int(vf value) /* towards zero; the value fits */
{
	return __builtin_convertvector(value, vi);
}

static inline vf vi_to_float(vi value)
{
	return __builtin_convertvector(value, vf);
}

static inline vf vf_min(vf a, vf b)
{
	return vf_select(a < b, a, b);
}

static inline vf vf_max(vf a, vf b)
{
	return vf_select(a > b, a, b);
}

/* To [0, 1]; NaN becomes 0. */
static inline vf vf_saturate(vf value)
{
	value = vf_select(value > vf_set(0), value, vf_set(0));
	return vf_select(value < vf_set(1), value, vf_set(1));
}

static inline vf vf_load(const float *from)
{
	vf value;

	memcpy(&value, from, sizeof(value));
	return value;
}

static inline void vf_store(float *to, vf value)
{
	memcpy(to, &value, sizeof(value));
}

static inline void vi_store(void *to, vi value)
{
	memcpy(to, &value, sizeof(value));
}

static inline float bh_saturate(float value)
{
	return !(value > 0) ? 0 : value > 1 ? 1 : value;
}

#define GROUP_WIDTH (LANES / 2) /* a group is this wide and two rows high */

/* A lane's pixel inside its group: quads from left to right. */
static inline vi lane_x(void)
{
	vi lane = vi_iota();

	return ((lane >> 2) << 1) + (lane & 1);
}

static inline vi lane_y(void)
{
	return (vi_iota() >> 1) & 1;
}
