// SPDX-License-Identifier: GPL-2.0
/*
 * AArch32: tables of short descriptors, two sets
 *
 * All belongs to domain 0, which is not checked: who may do what is not what is
 * tested here.
 */
#include "blob.h"
#include "arch-arm.h"

#define MIB		0x100000ul
#define SECTIONS	64

#ifndef RAM
#error "RAM: where it starts"
#endif

static unsigned int first[2][4096] __aligned(16384);
static unsigned int second[2][256] __aligned(1024);

#if __ARM_ARCH == 5
/* C and B; bit 4 of a section is to be 1. */
#define SECTION		(2 | 1 << 4 | 3 << 2)
#define SMALL_CACHED	(2 | 0xff0 | 3 << 2)
#define SMALL_UNCACHED	(2 | 0xff0)
#define TABLE		(1 | 1 << 4)
#else
/* TEX 1, C and B, and without these normal uncached memory */
#define SECTION		(2 | 1 << 12 | 3 << 2 | 3 << 10)
#define SMALL_CACHED	(2 | 1 << 6 | 3 << 2 | 3 << 4)
#define SMALL_UNCACHED	(2 | 1 << 6 | 3 << 4)
#define TABLE		1
#endif

void map(unsigned int set, unsigned long va, unsigned long pa, enum kind kind)
{
	unsigned int bits = kind == KIND_CACHED ? SMALL_CACHED : SMALL_UNCACHED;

	second[set][va / PAGE_SIZE % 256] = kind == KIND_NOTHING ? 0 :
								   pa | bits;
}

static void write_ttbr0(unsigned int set)
{
	asm volatile("mcr " CP15(c2, c0, 0) : : "r" (first[set]) : "memory");
}

void mmu_on(void)
{
	unsigned long sctlr;

	for (unsigned int set = 0; set < 2; set++) {
		for (unsigned long i = 0; i < SECTIONS; i++)
			first[set][RAM / MIB + i] = (RAM + i * MIB) | SECTION;
		first[set][WINDOW / MIB] = (unsigned long)second[set] | TABLE;
	}
	write_ttbr0(0);
	asm volatile("mcr " CP15(c3, c0, 0) : : "r" (~0));
	tlb_invalidate();
	asm volatile("mrc " CP15(c1, c0, 0) : "=r" (sctlr));
#if __ARM_ARCH == 6
	/* Tables of v6's format; unaligned accesses */
	sctlr |= 1 << 23 | 1 << 22;
#endif
	asm volatile("mcr " CP15(c1, c0, 0) : : "r" (sctlr | 1 | 1 << 2)
		     : "memory");
}

/* Without a TLBI: another ASID does. */
void mmu_switch(unsigned int set)
{
	write_ttbr0(set);
	asm volatile("mcr " CP15(c13, c0, 1) : : "r" (set + 1) : "memory");
}
