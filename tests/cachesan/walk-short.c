// SPDX-License-Identifier: GPL-2.0
/*
 * Short descriptors: ARMv4 to ARMv7, without LPAE
 */
#include "walk.h"

/* What a descriptor says of the memory type: TEX, C, B */
struct attributes {
	unsigned int	tex;
	bool		c;
	bool		b;
};

/* Two bits of TEX, or C and B, where they stand for a policy: 0 uncached */
static enum memtype policy(unsigned int code)
{
	static const enum memtype types[4] = {
		MEM_UNCACHED, MEM_BACK, MEM_THROUGH, MEM_BACK,
	};

	return types[code];
}

/* PRRR says which is normal memory (2); NMRR its inner and outer policy. */
static enum memtype remapped(u64 mair, const struct attributes *a)
{
	unsigned int n = (a->tex & 1) << 2 | a->c << 1 | a->b;
	u32 prrr = mair, nmrr = mair >> 32;
	unsigned int inner = bits(nmrr, 2 * n + 1, 2 * n);
	unsigned int outer = bits(nmrr, 2 * n + 17, 2 * n + 16);

	if (bits(prrr, 2 * n + 1, 2 * n) != 2)
		return MEM_UNCACHED;
	return policy(inner ?: outer);
}

static enum memtype plain(const struct attributes *a)
{
	unsigned int cb = a->c << 1 | a->b;

	/* 1BB AA: outer and inner policy */
	if (a->tex & 4)
		return policy(cb ?: a->tex & 3);
	/* Without TEX, B alone is a buffered device. */
	if (a->tex == 0)
		return a->c ? a->b ? MEM_BACK : MEM_THROUGH : MEM_UNCACHED;
	return a->tex == 1 && cb == 3 ? MEM_BACK : MEM_UNCACHED;
}

static enum walk_result type_of(const struct regime *r,
				const struct attributes *a,
				struct mapping *mapping)
{
	if (r->sctlr & SCTLR_TRE && !r->remap)
		return WALK_UNKNOWN;
	mapping->type = r->sctlr & SCTLR_TRE ? remapped(r->mair, a) : plain(a);
	return WALK_OK;
}

static struct attributes attributes(u32 d, unsigned int tex)
{
	struct attributes a = { tex & 7, d & BIT(3), d & BIT(2) };

	return a;
}

static enum walk_result section(const struct regime *r, u32 va, u32 d,
				struct mapping *mapping)
{
	struct attributes a = attributes(d, d >> 12);
	unsigned int shift = 20;
	u64 high = 0;

	/* A supersection, with an address of up to 40 bits; from v6 on */
	if (r->sctlr & SCTLR_XP && d & BIT(18)) {
		shift = 24;
		high = bits(d, 23, 20) << 32 | bits(d, 8, 5) << 36;
	}
	mapping->pa = high | (d >> shift << shift) | (va & (BIT(shift) - 1));
	return type_of(r, &a, mapping);
}

/*
 * Second level: large pages, and small pages of three kinds: with v6's format
 * (XP), "extended" ones of the older format, and the oldest without TEX.
 */
static enum walk_result page(const struct regime *r, u32 va, u32 d,
			     struct mapping *mapping)
{
	bool xp = r->sctlr & SCTLR_XP;
	unsigned int kind = d & 3, shift = kind == 1 ? 16 : 12;
	unsigned int tex = 0;
	struct attributes a;

	if (!kind)
		return WALK_FAULT;
	if (kind == 1)
		tex = d >> 12;
	else if (xp || kind == 3)
		tex = d >> 6;
	a = attributes(d, tex);
	mapping->pa = (d >> shift << shift) | (va & (BIT(shift) - 1));
	return type_of(r, &a, mapping);
}

/* The table of TTBR1 is for addresses of which the first N bits are not 0. */
static u64 table_of(const struct regime *r, u32 va)
{
	unsigned int n = bits(r->tcr, 2, 0);

	if (n && va >> (32 - n))
		return bits(r->ttbr[1], 31, 14) << 14;
	return bits(r->ttbr[0], 31, 14 - n) << (14 - n);
}

static bool read_word(const struct memory *m, u64 pa, u32 *word)
{
	return m->read(m, pa, word, sizeof(*word));
}

enum walk_result walk_short(const struct regime *r, u32 va,
			    const struct memory *m, struct mapping *mapping)
{
	u32 d;

	if (!read_word(m, table_of(r, va) | (va >> 20 << 2), &d))
		return WALK_UNREADABLE;
	if ((d & 3) == 2)
		return section(r, va, d, mapping);
	/* 3: a fine table before v6, PXN after v7's first; Linux has neither */
	if ((d & 3) != 1)
		return d & 3 ? WALK_UNKNOWN : WALK_FAULT;
	if (!read_word(m, (d & ~0x3ffu) | bits(va, 19, 12) << 2, &d))
		return WALK_UNREADABLE;
	return page(r, va, d, mapping);
}
