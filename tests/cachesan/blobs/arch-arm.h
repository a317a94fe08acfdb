/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AArch32: cache instructions, of ARMv5 to ARMv7
 */
#ifndef CACHESAN_ARCH_H
#define CACHESAN_ARCH_H

#define CP15(crn, crm, op2) "p15, 0, %0, " #crn ", " #crm ", " #op2

static inline void dc_clean(unsigned long va)
{
	asm volatile("mcr " CP15(c7, c10, 1) : : "r" (va) : "memory");
}

static inline void dc_invalidate(unsigned long va)
{
	asm volatile("mcr " CP15(c7, c6, 1) : : "r" (va) : "memory");
}

static inline void dc_flush(unsigned long va)
{
	asm volatile("mcr " CP15(c7, c14, 1) : : "r" (va) : "memory");
}

static inline void dc_clean_set_way(unsigned long set_way)
{
	asm volatile("mcr " CP15(c7, c10, 2) : : "r" (set_way) : "memory");
}

static inline void write_word(unsigned long va, unsigned int word)
{
	asm volatile("str %1, [%0]" : : "r" (va), "r" (word) : "memory");
}

static inline unsigned int read_word(unsigned long va)
{
	unsigned int word;

	asm volatile("ldr %0, [%1]" : "=r" (word) : "r" (va) : "memory");
	return word;
}

/*
 * Cleans if @yes, by a condition. In T32 in an IT block, of which QEMU makes two
 * blocks of code: a TLBI ends the first, whether it runs or not.
 */
static inline void dc_clean_if(unsigned long va, int yes)
{
#ifdef __thumb__
	asm volatile("cmp %1, #0\n"
		     "itte ne\n"
		     "mcrne " CP15(c8, c7, 0) "\n"
		     "mcrne " CP15(c7, c10, 1) "\n"
		     "nopeq\n"
		     : : "r" (va), "r" (yes) : "cc", "memory");
#else
	asm volatile("cmp %1, #0\n"
		     "mcrne " CP15(c7, c10, 1) "\n"
		     : : "r" (va), "r" (yes) : "cc", "memory");
#endif
}

#if __ARM_ARCH >= 7
#define HAS_UNIFY 1
#define HAS_USER 1

static inline void dc_unify(unsigned long va)
{
	asm volatile("mcr " CP15(c7, c11, 1) : : "r" (va) : "memory");
}

static inline void set_vectors(void)
{
	asm volatile("mcr " CP15(c12, c0, 0) : : "r" (vectors));
}
#endif

#if __ARM_ARCH >= 6
#define HAS_CONTEXT 1
#define HAS_UNALIGNED 1
#endif

#if __ARM_ARCH == 6
#define HAS_BLOCK 1
#define HAS_WHOLE 1

static inline void dc_clean_block(unsigned long va, unsigned long len)
{
	asm volatile("mcrr p15, 0, %1, %0, c12"
		     : : "r" (va), "r" (va + len - 1) : "memory");
}

static inline void dc_flush_whole(void)
{
	asm volatile("mcr " CP15(c7, c14, 0) : : "r" (0) : "memory");
}
#endif

#if __ARM_ARCH == 5
#define HAS_WHOLE 1

/* As arm926_flush_kern_cache_all() */
static inline void dc_flush_whole(void)
{
	asm volatile("1: mrc p15, 0, r15, c7, c14, 3\n"
		     "bne 1b\n" : : : "cc", "memory");
}
#endif

static inline void tlb_invalidate(void)
{
	asm volatile("mcr " CP15(c8, c7, 0) : : "r" (0) : "memory");
}

#endif
