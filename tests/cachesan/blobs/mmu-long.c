// SPDX-License-Identifier: GPL-2.0
/*
 * LPAE and AArch64: tables of long descriptors for addresses of 32 bits, two
 * sets
 */
#include "blob.h"
#ifdef __aarch64__
#include "arch-a64.h"
#else
#include "arch-arm.h"
#endif

#define MIB2		0x200000ul
#define GIB		0x40000000ul

/* Memory types by their index in MAIR: write-back, uncached */
#define MAIR		0x44fful
#define ACCESSED	BIT(10)
#define SHAREABLE	(3ul << 8)
#define READ_WRITE	BIT(6)
#define READ_ONLY	(3ul << 6)
#define BLOCK		(1ul | ACCESSED | SHAREABLE)
#define PAGE		(3ul | ACCESSED | SHAREABLE | READ_WRITE)
#define TABLE		3ul

/*
 * In a section of their own: user mode has no access to the kernel's tables. A
 * page each: the section is aligned.
 */
static unsigned long long first[2][512] __section("tables") __aligned(4096);
static unsigned long long second[2][512] __section("tables") __aligned(4096);
static unsigned long long third[2][512] __section("tables") __aligned(4096);

void map(unsigned int set, unsigned long va, unsigned long pa, enum kind kind)
{
	unsigned long bits = PAGE | (kind == KIND_CACHED ? 0 : BIT(2));

	third[set][va / PAGE_SIZE % 512] = kind == KIND_NOTHING ? 0 : pa | bits;
}

static void write_ttbr0(unsigned int set)
{
	unsigned long long ttbr = (set + 1ull) << 48;

	ttbr |= (unsigned long)first[set];

#ifdef __aarch64__
	asm volatile("msr ttbr0_el1, %0\n"
		     "isb" : : "r" (ttbr) : "memory");
#else
	asm volatile("mcrr p15, 0, %Q0, %R0, c2" : : "r" (ttbr) : "memory");
#endif
}

/* The program's code may be run by all and so written by none. */
static void fill(unsigned int set)
{
	unsigned long code = (unsigned long)_start & ~(MIB2 - 1);
	unsigned long tables = (unsigned long)first & ~(MIB2 - 1);

	for (unsigned long i = 0; i < 32; i++)
		second[set][i] = (GIB + i * MIB2) | BLOCK | READ_WRITE;
	second[set][(code - GIB) / MIB2] = code | BLOCK | READ_ONLY;
	second[set][(tables - GIB) / MIB2] = tables | BLOCK;
	second[set][(WINDOW - GIB) / MIB2] = (unsigned long)third[set] | TABLE;
	first[set][1] = (unsigned long)second[set] | TABLE;
}

static void switch_on(void)
{
	unsigned long sctlr;

#ifdef __aarch64__
	/* 32 bits, cached walks, nothing in the upper half */
	asm volatile("msr mair_el1, %0" : : "r" (MAIR));
	asm volatile("msr tcr_el1, %0" : : "r" (32 | 0x35 << 8 | BIT(23)));
	tlb_invalidate();
	asm volatile("mrs %0, sctlr_el1" : "=r" (sctlr));
	/* User mode may use DC ZVA and the cache. */
	sctlr |= BIT(14) | BIT(26) | BIT(2) | BIT(0);
	asm volatile("msr sctlr_el1, %0\n"
		     "isb" : : "r" (sctlr) : "memory");
#else
	asm volatile("mcr " CP15(c10, c2, 0) : : "r" (MAIR));
	asm volatile("mcr " CP15(c2, c0, 2) : : "r" (BIT(31)));
	tlb_invalidate();
	asm volatile("mrc " CP15(c1, c0, 0) : "=r" (sctlr));
	asm volatile("mcr " CP15(c1, c0, 0) : : "r" (sctlr | 1 | 1 << 2)
		     : "memory");
#endif
}

void mmu_on(void)
{
	fill(0);
	fill(1);
	write_ttbr0(0);
	switch_on();
}

void mmu_switch(unsigned int set)
{
	write_ttbr0(set);
}
