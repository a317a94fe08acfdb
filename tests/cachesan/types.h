/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names for integers and for GLib's containers, as the kernel would spell them
 */
#ifndef CACHESAN_TYPES_H
#define CACHESAN_TYPES_H

#include <stdbool.h>
#include <stddef.h>

typedef __UINT8_TYPE__ u8;
typedef __UINT16_TYPE__ u16;
typedef __UINT32_TYPE__ u32;
typedef __UINT64_TYPE__ u64;

/* For those who include <glib.h>. */
#define hash_table typeof(*g_hash_table_new(NULL, NULL))
#define byte_array typeof(*g_byte_array_new())
#define item_array typeof(*g_array_new(0, 0, 0))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1ul << (n))

/* Bits h..l of v, counted from 0. */
static inline u64 bits(u64 v, unsigned int h, unsigned int l)
{
	return v >> l & (~0ul >> (63 - (h - l)));
}

#define GUEST_PAGE 4096ul

#endif
