// SPDX-License-Identifier: GPL-2.0
/*
 * The data cache's kind and line, as Linux finds them out
 */
#include <string.h>

#include "geometry.h"
#include "hooks.h"

static const char *const names[] = { "pipt", "vipt", "vivt" };

const char *geometry_class_name(enum cache_class class)
{
	return names[class];
}

bool geometry_class_parse(enum cache_class *class, const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name)) {
			*class = i;
			return true;
		}
	return false;
}

/* ARMv5 or older is 5: what cpu_architecture() makes of it. */
static unsigned int architecture(const struct cache_ids *ids)
{
	u32 arch = bits(ids->midr, 19, 16);

	if (ids->a64)
		return 8;
	if (arch == 0xf)
		return bits(ids->mmfr0, 3, 0) >= 3 ? 7 : 6;
	return arch == 7 ? 6 : 5;
}

static bool is_v7_format(u32 ctr)
{
	return ctr >> 29 == 4;
}

/* Before v7 the same bit says nothing of a VIVT core: that is asked first. */
static enum cache_class class_of(const struct cache_ids *ids)
{
	if (ids->a64)
		return CACHE_PIPT;
	if (architecture(ids) < 6)
		return CACHE_VIVT;
	if (is_v7_format(ids->ctr))
		return CACHE_PIPT;
	return ids->ctr & BIT(23) ? CACHE_VIPT : CACHE_PIPT;
}

bool geometry_detect(struct geometry *g, const struct cache_ids *ids)
{
	g->class = class_of(ids);
	if (ids->a64 || is_v7_format(ids->ctr))
		g->line = 4u << bits(ids->ctr, 19, 16);
	else
		g->line = 8u << bits(ids->ctr, 13, 12);
	g->zva = 64;
	/*
	 * ARM11 has no data prefetcher either. Its kernel invalidates after
	 * DMA all the same, but only one alias of the line.
	 */
	g->spec = g->class == CACHE_PIPT && architecture(ids) >= 6;
	return g->line <= 64;
}

u64 geometry_alias(const struct geometry *g, u64 va)
{
	if (g->class == CACHE_PIPT || !hook_on(HOOK_ALIAS))
		return 0;
	return g->class == CACHE_VIPT ? bits(va, 13, 12) : va / GUEST_PAGE;
}
