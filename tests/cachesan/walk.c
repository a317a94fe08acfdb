// SPDX-License-Identifier: GPL-2.0
/*
 * Page table walks: what all formats share
 */
#include "walk.h"

enum memtype mair_type(u64 mair, unsigned int index)
{
	unsigned int attr = bits(mair, 8 * index + 7, 8 * index);
	unsigned int outer = attr >> 4, inner = attr & 0xf;

	/* 0: a device. 4: non-cacheable, in either half. */
	if (outer == 0 || (outer == 4 && inner == 4))
		return MEM_UNCACHED;
	/* 01RW and 11RW are write-back, 00RW and 10RW write-through. */
	return (inner == 4 ? outer : inner) & 4 ? MEM_BACK : MEM_THROUGH;
}

enum walk_result walk(const struct regime *r, u64 va, const struct memory *m,
		      struct mapping *mapping)
{
	enum walk_result result;

	mapping->pa = va;
	mapping->type = MEM_UNCACHED;
	if (!(r->sctlr & SCTLR_M))
		return WALK_OK;
	if (r->a64 || r->tcr & TTBCR_EAE)
		result = walk_long(r, va, m, mapping);
	else
		result = walk_short(r, va, m, mapping);
	if (!(r->sctlr & SCTLR_C))
		mapping->type = MEM_UNCACHED;
	return result;
}
