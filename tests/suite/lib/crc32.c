// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>

#include "crc32.h"

#define POLYNOMIAL 0xedb88320u

/* table[k][b]: what byte b does to the CRC, k bytes further on */
static __u32 table[8][256];

static void table_init(void)
{
	__u32 crc;

	for (unsigned int i = 0; i < 256; i++) {
		crc = i;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >> 1) ^ POLYNOMIAL : crc >> 1;
		table[0][i] = crc;
	}
	for (unsigned int i = 0; i < 256; i++)
		for (int k = 1; k < 8; k++)
			table[k][i] = (table[k - 1][i] >> 8) ^
				      table[0][table[k - 1][i] & 0xff];
}

static __u32 word(const __u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (__u32)p[3] << 24;
}

/*
 * Eight bytes a step: on an emulated CPU the sum over the frames is most of
 * what a test does.
 */
static __u32 eight_bytes(__u32 crc, const __u8 *p)
{
	__u32 low = word(p) ^ crc;
	__u32 high = word(p + 4);

	return table[7][low & 0xff] ^ table[6][low >> 8 & 0xff] ^
	       table[5][low >> 16 & 0xff] ^ table[4][low >> 24] ^
	       table[3][high & 0xff] ^ table[2][high >> 8 & 0xff] ^
	       table[1][high >> 16 & 0xff] ^ table[0][high >> 24];
}

__u32 crc32(const void *data, size_t len)
{
	const __u8 *p = data;
	__u32 crc = ~0u;

	if (!table[0][1])
		table_init();
	for (; len >= 8; len -= 8, p += 8)
		crc = eight_bytes(crc, p);
	for (; len; len--, p++)
		crc = (crc >> 8) ^ table[0][(crc ^ *p) & 0xff];
	return ~crc;
}
