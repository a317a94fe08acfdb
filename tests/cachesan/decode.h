/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which instructions concern the caches
 *
 * Nothing here knows QEMU: it is all a function of the bytes and of the state
 * given.
 */
#ifndef CACHESAN_DECODE_H
#define CACHESAN_DECODE_H

#include "types.h"

enum isa { ISA_A32, ISA_T32, ISA_A64 };

/**
 * enum action - what an instruction does
 * @ACT_NONE: nothing that matters here
 * @ACT_CLEAN: data cache: write back, to the point of coherency or beyond
 * @ACT_INVALIDATE: data cache: throw away
 * @ACT_FLUSH: data cache: write back, then throw away
 * @ACT_ZERO: DC ZVA: a store that QEMU does not report as one
 * @ACT_UNIFY: only to the point of unification: a device sees nothing of it
 * @ACT_ICACHE: instruction cache
 * @ACT_TLBI: translations change
 * @ACT_CONTEXT: another table, ASID or memory attributes
 * @ACT_MARKER: marker.h
 */
enum action {
	ACT_NONE,
	ACT_CLEAN,
	ACT_INVALIDATE,
	ACT_FLUSH,
	ACT_ZERO,
	ACT_UNIFY,
	ACT_ICACHE,
	ACT_TLBI,
	ACT_CONTEXT,
	ACT_MARKER,
	ACT_COUNT,
};

/**
 * enum scope - on what a cache instruction acts
 * @SCOPE_LINE: the line at the virtual address in @rt
 * @SCOPE_BLOCK: v6: all lines from @rt2 to the one at @rt, inclusive
 * @SCOPE_SET_WAY: one set and way
 * @SCOPE_ALL: the whole cache
 */
enum scope { SCOPE_NONE, SCOPE_LINE, SCOPE_BLOCK, SCOPE_SET_WAY, SCOPE_ALL };

#define COND_ALWAYS 14

struct insn {
	enum action	action;
	enum scope	scope;
	u8		rt;
	u8		rt2;
	u8		cond;
};

/**
 * struct decoder - where in the instruction stream we are
 * @isa: instruction set
 * @it: ITSTATE before the next instruction, as in CPSR; 0 outside IT blocks
 */
struct decoder {
	enum isa	isa;
	u8		it;
};

/*
 * Decode one instruction and move on. The instruction's action is ACT_NONE if
 * it does not matter.
 */
struct insn decode(struct decoder *d, const u8 *bytes, size_t len);

/* Would an instruction with that condition run with these flags (CPSR)? */
bool cond_holds(unsigned int cond, u32 cpsr);

/* State at a translation block's start, from the CPSR of an AArch32 CPU. */
struct decoder decoder_from_cpsr(u32 cpsr);

/* For decode() only: one word of A32, or of T32 in A32's order of bits. */
struct insn decode_cp15(u32 word);
struct insn decode_a64(u32 word);

#endif
