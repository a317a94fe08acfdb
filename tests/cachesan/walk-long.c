// SPDX-License-Identifier: GPL-2.0
/*
 * Long descriptors: ARMv7 with LPAE, and AArch64 with a granule of 4 KiB
 */
#include "walk.h"

/* Addresses of up to 48 bits. */
#define TABLE_ADDR(d)	(bits(d, 47, 12) << 12)

/**
 * struct half - one of the two tables
 * @ttbr: where it is
 * @size: bits of the virtual addresses that it translates
 */
struct half {
	u64		ttbr;
	unsigned int	size;
};

static bool is_4k(u64 tcr, bool upper)
{
	return upper ? bits(tcr, 31, 30) == 2 : bits(tcr, 15, 14) == 0;
}

/* Bit 55 chooses; the byte above may be a tag. */
static enum walk_result choose_a64(const struct regime *r, u64 va,
				   struct half *half)
{
	bool upper = va & BIT(55);

	half->ttbr = r->ttbr[upper];
	half->size = 64 - (upper ? bits(r->tcr, 21, 16) : bits(r->tcr, 5, 0));
	if (!is_4k(r->tcr, upper) || half->size > 48 || half->size < 25)
		return WALK_UNKNOWN;
	return WALK_OK;
}

/*
 * LPAE: TTBR0 has what its T0SZ reaches; the rest is TTBR1's, all of it if
 * T1SZ is 0, or from its own end downwards.
 */
static enum walk_result choose_lpae(const struct regime *r, u32 va,
				    struct half *half)
{
	unsigned int t0 = bits(r->tcr, 2, 0), t1 = bits(r->tcr, 18, 16);

	half->ttbr = r->ttbr[0];
	half->size = 32 - t0;
	if (!t0 || !(va >> (32 - t0)))
		if (!t1 || va >> (32 - t1) != BIT(t1) - 1)
			return WALK_OK;
	half->ttbr = r->ttbr[1];
	half->size = 32 - t1;
	if (t1 && va >> (32 - t1) != BIT(t1) - 1)
		return WALK_FAULT;
	return WALK_OK;
}

/* The first table may be smaller than a page, and then lies less aligned. */
static u64 first_table(const struct half *half, unsigned int shift)
{
	unsigned int align = half->size - shift + 3;

	return bits(half->ttbr, 47, align) << align;
}

static unsigned int first_shift(unsigned int size)
{
	unsigned int levels = (size - 12 + 8) / 9;

	return 12 + 9 * (levels - 1);
}

static bool is_leaf(u64 d, unsigned int shift)
{
	return shift == 12 ? bits(d, 1, 0) == 3 :
			     bits(d, 1, 0) == 1 && shift <= 30;
}

static void found(const struct regime *r, u64 va, u64 d, unsigned int shift,
		  struct mapping *mapping)
{
	mapping->pa = (TABLE_ADDR(d) >> shift << shift) |
		      (va & (BIT(shift) - 1));
	mapping->type = mair_type(r->mair, bits(d, 4, 2));
}

enum walk_result walk_long(const struct regime *r, u64 va,
			   const struct memory *m, struct mapping *mapping)
{
	struct half half;
	enum walk_result result = r->a64 ? choose_a64(r, va, &half) :
					   choose_lpae(r, va, &half);
	unsigned int shift, top;
	u64 table, d;

	if (result != WALK_OK)
		return result;
	shift = first_shift(half.size);
	table = first_table(&half, shift);
	for (top = half.size - 1; ; top = shift - 1, shift -= 9) {
		u64 index = bits(va, top, shift);

		if (!m->read(m, table + 8 * index, &d, sizeof(d)))
			return WALK_UNREADABLE;
		if (is_leaf(d, shift))
			break;
		if (bits(d, 1, 0) != 3 || shift == 12)
			return WALK_FAULT;
		table = TABLE_ADDR(d);
	}
	found(r, va, d, shift, mapping);
	return WALK_OK;
}
