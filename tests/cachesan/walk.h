/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page tables: where a virtual address is, and with which memory type
 *
 * QEMU tells a plugin neither. It matters: memory that is mapped uncached needs
 * no maintenance, and reports about it would be false.
 */
#ifndef CACHESAN_WALK_H
#define CACHESAN_WALK_H

#include "types.h"

/**
 * enum memtype - what the cache does with a mapping
 * @MEM_UNCACHED: nothing: devices, strongly ordered and non-cacheable memory
 * @MEM_THROUGH: write-through: it may hold lines, but no dirt
 * @MEM_BACK: write-back, with or without write-allocate
 */
enum memtype { MEM_UNCACHED, MEM_THROUGH, MEM_BACK };

/**
 * struct regime - the registers that rule a translation
 * @a64: AArch64; else the first group is AArch32's, short or long format
 * @sctlr: SCTLR
 * @tcr: TCR_EL1, or TTBCR
 * @ttbr: TTBR0 and TTBR1; their 64 bits where TTBCR.EAE chooses the long format
 * @mair: MAIR_EL1, or MAIR1 << 32 | MAIR0, which are NMRR and PRRR too
 * @remap: AArch32: PRRR and NMRR could be read
 */
struct regime {
	bool	a64;
	bool	remap;
	u64	sctlr;
	u64	tcr;
	u64	ttbr[2];
	u64	mair;
};

#define SCTLR_M		BIT(0)
#define SCTLR_C		BIT(2)
#define SCTLR_XP	BIT(23)
#define SCTLR_TRE	BIT(28)
#define TTBCR_EAE	BIT(31)

struct mapping {
	u64		pa;
	enum memtype	type;
};

/**
 * enum walk_result - how a walk ended
 * @WALK_OK: found
 * @WALK_FAULT: not mapped
 * @WALK_UNREADABLE: a table could not be read
 * @WALK_UNKNOWN: a format that is not known here
 */
enum walk_result { WALK_OK, WALK_FAULT, WALK_UNREADABLE, WALK_UNKNOWN };

/* Reads the guest's physical memory. */
struct memory {
	bool	(*read)(const struct memory *m, u64 pa, void *data, size_t len);
};

enum walk_result walk(const struct regime *r, u64 va, const struct memory *m,
		      struct mapping *mapping);

/* For walk() only */
enum walk_result walk_short(const struct regime *r, u32 va,
			    const struct memory *m, struct mapping *mapping);
enum walk_result walk_long(const struct regime *r, u64 va,
			   const struct memory *m, struct mapping *mapping);

/* The type that one byte of MAIR stands for */
enum memtype mair_type(u64 mair, unsigned int index);

#endif
