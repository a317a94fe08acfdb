/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kind of data cache the CPU has
 */
#ifndef CACHESAN_GEOMETRY_H
#define CACHESAN_GEOMETRY_H

#include "types.h"

/**
 * enum cache_class - by what address a line is found
 * @CACHE_PIPT: the physical one; a VIPT cache without aliases is the same
 * @CACHE_VIPT: bits 13:12 of the virtual one choose among four places
 * @CACHE_VIVT: the virtual one. These cores have no ASIDs: the kernel empties
 *	the cache when it changes to another process.
 */
enum cache_class { CACHE_PIPT, CACHE_VIPT, CACHE_VIVT };

/**
 * struct geometry - a data cache
 * @class: see there
 * @line: bytes in a line, up to 64
 * @zva: bytes that DC ZVA zeroes
 * @spec: the core may fetch any line at any time. Must be on where it does:
 *	else a missing invalidate after DMA goes unseen. Must be off where it
 *	does not: such a kernel rightly leaves that invalidate out.
 */
struct geometry {
	enum cache_class	class;
	unsigned int		line;
	unsigned int		zva;
	bool			spec;
};

/* The registers that tell. @mmfr0 is 0 where there is none. */
struct cache_ids {
	bool	a64;
	u32	midr;
	u32	ctr;
	u32	mmfr0;
};

/* False if the line is longer than 64 bytes. */
bool geometry_detect(struct geometry *g, const struct cache_ids *ids);

/* Where in the cache a line at @va is: equal numbers, equal place. */
u64 geometry_alias(const struct geometry *g, u64 va);

const char *geometry_class_name(enum cache_class class);
/* False if there is no such class. */
bool geometry_class_parse(enum cache_class *class, const char *name);

#endif
