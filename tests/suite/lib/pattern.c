// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "mem.h"
#include "tap.h"

static __u32 pattern_word(size_t i, unsigned int salt)
{
	return (__u32)(i * 0x9e3779b1u) ^ (salt + 1) * 0x85ebca77u;
}

static __u8 pattern_byte(size_t i, unsigned int salt)
{
	return pattern_word(i / 4, salt) >> i % 4 * 8;
}

void pattern_fill(void *mem, size_t len, unsigned int salt)
{
	__u8 *p = mem;
	size_t i = 0;

	for (; i + 4 <= len; i += 4) {
		__u32 word = pattern_word(i / 4, salt);

		memcpy(p + i, &word, sizeof(word));
	}
	for (; i < len; i++)
		p[i] = pattern_byte(i, salt);
}

bool pattern_good(const void *mem, size_t start, size_t end, unsigned int salt)
{
	const __u8 *p = mem;
	size_t first = end, last = 0, bad = 0;

	for (size_t i = start; i < end; i++) {
		if (p[i] == pattern_byte(i, salt))
			continue;
		if (!bad++)
			first = i;
		last = i;
	}
	if (bad)
		tap_diag("%zu bytes of [%zu, %zu) changed, in [%zu, %zu)", bad,
			 start, end, first, last + 1);
	return !bad;
}
