/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AArch64: cache instructions
 */
#ifndef CACHESAN_ARCH_H
#define CACHESAN_ARCH_H

#define HAS_UNIFY 1
#define HAS_USER 1
#define USER_MAY_CLEAN 1
#define HAS_CONTEXT 1
#define HAS_UNALIGNED 1
#define HAS_ZERO 1

static inline void dc_clean(unsigned long va)
{
	asm volatile("dc cvac, %0" : : "r" (va) : "memory");
}

static inline void dc_invalidate(unsigned long va)
{
	asm volatile("dc ivac, %0" : : "r" (va) : "memory");
}

static inline void dc_flush(unsigned long va)
{
	asm volatile("dc civac, %0" : : "r" (va) : "memory");
}

static inline void dc_unify(unsigned long va)
{
	asm volatile("dc cvau, %0" : : "r" (va) : "memory");
}

static inline void dc_zero(unsigned long va)
{
	asm volatile("dc zva, %0" : : "r" (va) : "memory");
}

static inline void dc_clean_set_way(unsigned long set_way)
{
	asm volatile("dc csw, %0" : : "r" (set_way) : "memory");
}

static inline void write_word(unsigned long va, unsigned int word)
{
	asm volatile("str %w1, [%0]" : : "r" (va), "r" (word) : "memory");
}

static inline unsigned int read_word(unsigned long va)
{
	unsigned int word;

	asm volatile("ldr %w0, [%1]" : "=r" (word) : "r" (va) : "memory");
	return word;
}

/* There are no conditional instructions, but branches. */
static inline void dc_clean_if(unsigned long va, int yes)
{
	if (yes)
		dc_clean(va);
}

static inline void set_vectors(void)
{
	asm volatile("msr vbar_el1, %0\n"
		     "isb" : : "r" (vectors));
}

static inline void tlb_invalidate(void)
{
	asm volatile("dsb sy\n"
		     "tlbi vmalle1\n"
		     "dsb sy\n"
		     "isb" : : : "memory");
}

#endif
