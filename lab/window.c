/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/window.h"

#include <string.h>

#define SLOT_WORDS (BH_FRAME_MAX / 8)

void bh_window_init(struct bh_window *window, void *memory, bool host)
{
	volatile uint64_t *first = memory;
	volatile uint64_t *second = first ? first + BH_WINDOW_SLOTS * SLOT_WORDS : NULL;

	memset(window, 0, sizeof(*window));
	window->out = host ? first : second;
	window->in = host ? second : first;
}

bool bh_window_put(struct bh_window *window, const uint8_t *data, uint32_t length, uint16_t *slot)
{
	uint16_t i = 0;

	while (i < BH_WINDOW_SLOTS && window->taken[i])
		i++;
	if (!window->out || i == BH_WINDOW_SLOTS || length > BH_FRAME_MAX)
		return false;
	window->taken[i] = true;
	window->taken_count++;
	*slot = i;
	/* Whole aligned words: on the board this is mapped as device memory, where nothing else is
	 * allowed. */
	volatile uint64_t *to = window->out + i * SLOT_WORDS;
	for (uint32_t at = 0; at < length; at += 8) {
		uint64_t word = 0;
		memcpy(&word, data + at, length - at < 8 ? length - at : 8);
		to[at / 8] = word;
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return true;
}

bool bh_window_get(const struct bh_window *window, uint16_t slot, uint32_t length,
		   struct bh_buf *into)
{
	if (!window->in || slot >= BH_WINDOW_SLOTS || length > BH_FRAME_MAX)
		return false;
	const volatile uint64_t *from = window->in + slot * SLOT_WORDS;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	bh_buf_clear(into);
	for (uint32_t at = 0; at < length; at += 8) {
		uint64_t word = from[at / 8];
		bh_buf_add(into, &word, length - at < 8 ? length - at : 8);
	}
	return true;
}

bool bh_window_free(struct bh_window *window, uint16_t slot)
{
	if (slot >= BH_WINDOW_SLOTS || !window->taken[slot])
		return false;
	window->taken[slot] = false;
	window->taken_count--;
	return true;
}
