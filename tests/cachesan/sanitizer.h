/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the plugin's parts share: the shadow, a lock, one MMU for each CPU
 */
#ifndef CACHESAN_SANITIZER_H
#define CACHESAN_SANITIZER_H

#include "decode.h"
#include "mmu.h"
#include "shadow.h"

/**
 * struct op - an instruction that matters, where it was translated
 * @pc: its address
 * @insn: what it is
 * @a64: decoded as A64: user mode has cache operations there
 */
struct op {
	u64		pc;
	struct insn	insn;
	bool		a64;
};

/**
 * struct sanitizer - all there is, under the lock of plugin.c
 * @shadow: NULL until the first CPU runs
 * @armed: how often armed, less how often disarmed
 * @rearm: instrument the guest's code anew: @armed has become 1 or 0
 */
struct sanitizer {
	struct shadow	*shadow;
	unsigned int	armed;
	void		(*rearm)(void);
};

extern struct sanitizer sanitizer;

/* The running CPU's */
struct mmu *sanitizer_mmu(unsigned int cpu);

/* An instruction is about to run, its condition is true. */
void operation(unsigned int cpu, const struct op *op);
void marker(const struct op *op);

/**
 * struct touch - a load or store that ran
 * @va: its address
 * @pa: the same, physical
 * @len: bytes
 * @pc: the instruction
 * @store: or load
 */
struct touch {
	u64	va;
	u64	pa;
	u64	len;
	u64	pc;
	bool	store;
};

void touch_memory(unsigned int cpu, const struct touch *t);

#endif
