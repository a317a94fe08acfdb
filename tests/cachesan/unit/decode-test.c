// SPDX-License-Identifier: GPL-2.0
/*
 * The decoder against words that GNU as made
 */
#include <string.h>

#include "../decode.h"
#include "tap.h"

struct word_case {
	const char	*text;
	u32		word;
	enum action	action;
	enum scope	scope;
	u8		rt;
	u8		rt2;
	u8		cond;
};

/* Condition "always" where it says nothing. */
#define AL COND_ALWAYS

static const struct word_case cp15[] = {
	{ "mcr c7,c1,0", 0xee070f11, ACT_ICACHE, SCOPE_ALL, 0, 0, AL },
	{ "mcr c7,c5,0", 0xee070f15, ACT_ICACHE, SCOPE_ALL, 0, 0, AL },
	{ "mcr c7,c5,1", 0xee071f35, ACT_ICACHE, SCOPE_LINE, 1, 0, AL },
	{ "mcr c7,c6,0", 0xee070f16, ACT_INVALIDATE, SCOPE_ALL, 0, 0, AL },
	{ "mcr c7,c6,1", 0xee072f36, ACT_INVALIDATE, SCOPE_LINE, 2, 0, AL },
	{ "mcr c7,c6,2", 0xee072f56, ACT_INVALIDATE, SCOPE_SET_WAY, 2, 0, AL },
	{ "mcr c7,c7,0", 0xee07cf17, ACT_INVALIDATE, SCOPE_ALL, 12, 0, AL },
	{ "mcr c7,c7,1", 0xee072f37, ACT_INVALIDATE, SCOPE_LINE, 2, 0, AL },
	{ "mcr c7,c10,0", 0xee070f1a, ACT_CLEAN, SCOPE_ALL, 0, 0, AL },
	{ "mcr c7,c10,1", 0xee073f3a, ACT_CLEAN, SCOPE_LINE, 3, 0, AL },
	{ "mcr c7,c10,2", 0xee073f5a, ACT_CLEAN, SCOPE_SET_WAY, 3, 0, AL },
	{ "mcr c7,c11,1", 0xee073f3b, ACT_UNIFY, SCOPE_LINE, 3, 0, AL },
	{ "mcr c7,c14,0", 0xee070f1e, ACT_FLUSH, SCOPE_ALL, 0, 0, AL },
	{ "mcr c7,c14,1", 0xee074f3e, ACT_FLUSH, SCOPE_LINE, 4, 0, AL },
	{ "mcr c7,c14,2", 0xee075f5e, ACT_FLUSH, SCOPE_SET_WAY, 5, 0, AL },
	{ "mcr c7,c15,0", 0xee070f1f, ACT_FLUSH, SCOPE_ALL, 0, 0, AL },
	{ "mcr c7,c15,1", 0xee07ef3f, ACT_FLUSH, SCOPE_LINE, 14, 0, AL },
	{ "mrc c7,c10,3", 0xee17ff7a, ACT_CLEAN, SCOPE_ALL, 15, 0, AL },
	{ "mrc c7,c14,3", 0xee17ff7e, ACT_FLUSH, SCOPE_ALL, 15, 0, AL },
	{ "mcrr c5", 0xec401f05, ACT_ICACHE, SCOPE_BLOCK, 1, 0, AL },
	{ "mcrr c6", 0xec421f06, ACT_INVALIDATE, SCOPE_BLOCK, 1, 2, AL },
	{ "mcrr c12", 0xec421f0c, ACT_CLEAN, SCOPE_BLOCK, 1, 2, AL },
	{ "mcrr c14", 0xec421f0e, ACT_FLUSH, SCOPE_BLOCK, 1, 2, AL },
	{ "TLBIALL", 0xee080f17, ACT_TLBI, SCOPE_NONE, 0, 0, AL },
	{ "DTLBIMVA", 0xee080f36, ACT_TLBI, SCOPE_NONE, 0, 0, AL },
	{ "mcr SCTLR", 0xee010f10, ACT_CONTEXT, SCOPE_NONE, 0, 0, AL },
	{ "mcr TTBR0", 0xee020f10, ACT_CONTEXT, SCOPE_NONE, 0, 0, AL },
	{ "mcr TTBCR", 0xee020f50, ACT_CONTEXT, SCOPE_NONE, 0, 0, AL },
	{ "mcr PRRR", 0xee0a0f12, ACT_CONTEXT, SCOPE_NONE, 0, 0, AL },
	{ "mcr NMRR", 0xee0a0f32, ACT_CONTEXT, SCOPE_NONE, 0, 0, AL },
	{ "mcr CONTEXTIDR", 0xee0d0f30, ACT_CONTEXT, SCOPE_NONE, 0, 0, AL },
	{ "mcrr TTBR0", 0xec454f02, ACT_CONTEXT, SCOPE_NONE, 4, 5, AL },
	{ "mcrr TTBR1", 0xec454f12, ACT_CONTEXT, SCOPE_NONE, 4, 5, AL },
	{ "dsb (v6)", 0xee070f9a, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "dmb (v6)", 0xee070fba, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "isb (v6)", 0xee070f95, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "BPIALL", 0xee070fd5, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "wfi (v6)", 0xee070f90, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "mrc c7,c10,1", 0xee170f3a, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "mrc SCTLR", 0xee110f10, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "op1 not 0", 0xee270f3a, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "mcr CSSELR", 0xee400f10, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "coprocessor 14", 0xee070e3a, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "mrrc", 0xec510f0e, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "mcrr, op1 not 0", 0xec410f1e, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "mcr TPIDRURO", 0xee0d0f70, ACT_NONE, SCOPE_NONE, 0, 0, AL },
};

static const struct word_case a32[] = {
	{ "mcrne c7,c10,1", 0x1e070f3a, ACT_CLEAN, SCOPE_LINE, 0, 0, 1 },
	{ "mcreq c7,c14,1", 0x0e070f3e, ACT_FLUSH, SCOPE_LINE, 0, 0, 0 },
	{ "mcrcc c7,c6,1", 0x3e070f36, ACT_INVALIDATE, SCOPE_LINE, 0, 0, 3 },
	{ "marker", 0xe18cc00c, ACT_MARKER, SCOPE_NONE, 0, 0, AL },
	{ "orr r12,r12,r11", 0xe18cc00b, ACT_NONE, SCOPE_NONE, 0, 0, 0 },
	{ "orrne r12,r12,r12", 0x118cc00c, ACT_NONE, SCOPE_NONE, 0, 0, 0 },
	{ "mcr2", 0xfe070f3a, ACT_NONE, SCOPE_NONE, 0, 0, 0 },
	{ "str", 0xe5810000, ACT_NONE, SCOPE_NONE, 0, 0, 0 },
	{ "T32's marker", 0xea4c0c0c, ACT_NONE, SCOPE_NONE, 0, 0, 0 },
};

static const struct word_case t32[] = {
	{ "marker", 0xea4c0c0c, ACT_MARKER, SCOPE_NONE, 0, 0, AL },
	{ "orr.w r12,r12,r11", 0xea4c0c0b, ACT_NONE, SCOPE_NONE, 0, 0, 0 },
	{ "mcr2", 0xfe070f3a, ACT_NONE, SCOPE_NONE, 0, 0, 0 },
	{ "no coprocessor's", 0x1e070f3a, ACT_NONE, SCOPE_NONE, 0, 0, 0 },
	{ "A32's marker", 0xe18cc00c, ACT_NONE, SCOPE_NONE, 0, 0, 0 },
};

static const struct word_case a64[] = {
	{ "ic ialluis", 0xd508711f, ACT_ICACHE, SCOPE_ALL, 31, 0, AL },
	{ "ic iallu", 0xd508751f, ACT_ICACHE, SCOPE_ALL, 31, 0, AL },
	{ "ic ivau", 0xd50b7521, ACT_ICACHE, SCOPE_LINE, 1, 0, AL },
	{ "dc ivac", 0xd5087622, ACT_INVALIDATE, SCOPE_LINE, 2, 0, AL },
	{ "dc igdvac", 0xd50876a2, ACT_INVALIDATE, SCOPE_LINE, 2, 0, AL },
	{ "dc isw", 0xd5087643, ACT_INVALIDATE, SCOPE_SET_WAY, 3, 0, AL },
	{ "dc igdsw", 0xd50876c3, ACT_INVALIDATE, SCOPE_SET_WAY, 3, 0, AL },
	{ "dc csw", 0xd5087a44, ACT_CLEAN, SCOPE_SET_WAY, 4, 0, AL },
	{ "dc cgdsw", 0xd5087ac4, ACT_CLEAN, SCOPE_SET_WAY, 4, 0, AL },
	{ "dc cisw", 0xd5087e45, ACT_FLUSH, SCOPE_SET_WAY, 5, 0, AL },
	{ "dc cigdsw", 0xd5087ec5, ACT_FLUSH, SCOPE_SET_WAY, 5, 0, AL },
	{ "dc zva", 0xd50b7426, ACT_ZERO, SCOPE_LINE, 6, 0, AL },
	{ "dc gzva", 0xd50b7486, ACT_ZERO, SCOPE_LINE, 6, 0, AL },
	{ "dc cvac", 0xd50b7a27, ACT_CLEAN, SCOPE_LINE, 7, 0, AL },
	{ "dc cgdvac", 0xd50b7aa7, ACT_CLEAN, SCOPE_LINE, 7, 0, AL },
	{ "dc cvau", 0xd50b7b28, ACT_UNIFY, SCOPE_LINE, 8, 0, AL },
	{ "dc cvap", 0xd50b7c29, ACT_CLEAN, SCOPE_LINE, 9, 0, AL },
	{ "dc cgdvap", 0xd50b7ca9, ACT_CLEAN, SCOPE_LINE, 9, 0, AL },
	{ "dc cvadp", 0xd50b7d2a, ACT_CLEAN, SCOPE_LINE, 10, 0, AL },
	{ "dc cgdvadp", 0xd50b7daa, ACT_CLEAN, SCOPE_LINE, 10, 0, AL },
	{ "dc civac", 0xd50b7e2b, ACT_FLUSH, SCOPE_LINE, 11, 0, AL },
	{ "dc cigdvac", 0xd50b7ebf, ACT_FLUSH, SCOPE_LINE, 31, 0, AL },
	{ "tlbi vmalle1", 0xd508871f, ACT_TLBI, SCOPE_NONE, 31, 0, AL },
	{ "tlbi vae1is", 0xd5088320, ACT_TLBI, SCOPE_NONE, 0, 0, AL },
	{ "tlbi aside1is", 0xd5088340, ACT_TLBI, SCOPE_NONE, 0, 0, AL },
	{ "tlbi vae1isnxs", 0xd5089320, ACT_TLBI, SCOPE_NONE, 0, 0, AL },
	{ "msr sctlr_el1", 0xd5181000, ACT_CONTEXT, SCOPE_NONE, 0, 0, AL },
	{ "msr ttbr0_el1", 0xd5182000, ACT_CONTEXT, SCOPE_NONE, 0, 0, AL },
	{ "msr ttbr1_el1", 0xd5182020, ACT_CONTEXT, SCOPE_NONE, 0, 0, AL },
	{ "msr tcr_el1", 0xd5182040, ACT_CONTEXT, SCOPE_NONE, 0, 0, AL },
	{ "msr mair_el1", 0xd518a200, ACT_CONTEXT, SCOPE_NONE, 0, 0, AL },
	{ "msr contextidr_el1", 0xd518d020, ACT_CONTEXT, SCOPE_NONE, 0, 0, AL },
	{ "marker", 0xaa0c018c, ACT_MARKER, SCOPE_NONE, 12, 0, AL },
	{ "orr w12,w12,w12", 0x2a0c018c, ACT_NONE, SCOPE_NONE, 12, 0, AL },
	{ "orr x12,x12,x11", 0xaa0b018c, ACT_NONE, SCOPE_NONE, 12, 0, AL },
	{ "dc gva", 0xd50b7460, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "dc igvac", 0xd5087660, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "at s1e1r", 0xd5087800, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "dsb sy", 0xd5033f9f, ACT_NONE, SCOPE_NONE, 31, 0, AL },
	{ "isb", 0xd5033fdf, ACT_NONE, SCOPE_NONE, 31, 0, AL },
	{ "mrs ttbr0_el1", 0xd5382000, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "mrs ctr_el0", 0xd53b0020, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "msr tpidr_el1", 0xd518d080, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "msr vbar_el1", 0xd518c000, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "msr daifset", 0xd50342df, ACT_NONE, SCOPE_NONE, 31, 0, AL },
	{ "msr ttbr0_el2", 0xd51c2000, ACT_NONE, SCOPE_NONE, 0, 0, AL },
	{ "str", 0xf9000020, ACT_NONE, SCOPE_NONE, 0, 0, AL },
};

static void put_half(u8 *p, u16 h)
{
	p[0] = h & 0xff;
	p[1] = h >> 8;
}

static struct insn decode_word(struct decoder *d, u32 w)
{
	u8 bytes[4];

	put_half(bytes, d->isa == ISA_T32 ? w >> 16 : w);
	put_half(bytes + 2, d->isa == ISA_T32 ? w : w >> 16);
	return decode(d, bytes, 4);
}

static struct insn decode_half(struct decoder *d, u16 h)
{
	u8 bytes[2];

	put_half(bytes, h);
	return decode(d, bytes, 2);
}

static bool same(const struct insn *i, const struct word_case *c)
{
	if (i->action != c->action)
		return false;
	/* Of what is nothing only that matters. */
	return c->action == ACT_NONE ||
	       (i->scope == c->scope && i->cond == c->cond &&
		(c->action == ACT_MARKER ||
		 (i->rt == c->rt && i->rt2 == c->rt2)));
}

static void words(const char *name, enum isa isa, const struct word_case *c,
		  size_t n)
{
	for (; n--; c++) {
		struct decoder d = { isa, 0 };
		struct insn insn = decode_word(&d, c->word);

		ok(same(&insn, c), "%s: %s", name, c->text);
	}
}

static bool holds(const char *flags, unsigned int cond)
{
	u32 cpsr = 0;

	for (; *flags; flags++)
		cpsr |= 1u << (31 - (strchr("NZCV", *flags) - "NZCV"));
	return cond_holds(cond, cpsr);
}

struct cond_case {
	const char	*name;
	const char	*yes[4];
	const char	*no[4];
};

/* Up to four sets of flags with which each condition holds, or does not. */
static const struct cond_case conditions[] = {
	{ "eq", { "Z", "ZC" }, { "", "NCV" } },
	{ "ne", { "", "NCV" }, { "Z", "ZC" } },
	{ "cs", { "C", "ZC" }, { "", "NZV" } },
	{ "cc", { "", "NZV" }, { "C", "ZC" } },
	{ "mi", { "N", "NZ" }, { "", "ZCV" } },
	{ "pl", { "", "ZCV" }, { "N", "NZ" } },
	{ "vs", { "V", "NV" }, { "", "NZC" } },
	{ "vc", { "", "NZC" }, { "V", "NV" } },
	{ "hi", { "C", "NC" }, { "", "Z", "ZC" } },
	{ "ls", { "", "Z", "ZC" }, { "C", "NC" } },
	{ "ge", { "", "NV", "Z" }, { "N", "V", "ZV" } },
	{ "lt", { "N", "V", "ZV" }, { "", "NV", "Z" } },
	{ "gt", { "", "NV", "C" }, { "Z", "N", "V", "NZV" } },
	{ "le", { "Z", "N", "V", "NZV" }, { "", "NV", "C" } },
	{ "al", { "", "NZCV" }, { } },
	{ "15", { "", "NZCV" }, { } },
};

static void all_conditions(void)
{
	for (unsigned int c = 0; c < ARRAY_SIZE(conditions); c++) {
		const struct cond_case *t = &conditions[c];
		bool good = true;

		for (int i = 0; i < 4 && t->yes[i]; i++)
			good &= holds(t->yes[i], c);
		for (int i = 0; i < 4 && t->no[i]; i++)
			good &= !holds(t->no[i], c);
		ok(good, "condition %s", t->name);
	}
}

#define CLEAN_T32 0xee070f3au

static void it_block(void)
{
	static const u8 want[] = { 1, 0, 0, 1, COND_ALWAYS };
	struct decoder d = { ISA_T32, 0 };

	/* A mask of 0 makes it a hint. */
	decode_half(&d, 0xbf10);
	ok(!d.it, "IT: a hint is no IT");
	/* ne, eq, eq, ne: the low bits of the last three, then a 1 */
	decode_half(&d, 0xbf13);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct insn insn = decode_word(&d, CLEAN_T32);

		ok(insn.cond == want[i] && insn.action == ACT_CLEAN,
		   "IT: instruction %zu of iteet ne", i + 1);
	}
}

static void it_with_halves(void)
{
	struct decoder d = { ISA_T32, 0 };

	/* itt eq; a 16-bit nop; the clean; the clean */
	decode_half(&d, 0xbf04);
	decode_half(&d, 0xbf00);
	ok(decode_word(&d, CLEAN_T32).cond == 0, "IT: 16-bit ones count too");
	ok(decode_word(&d, CLEAN_T32).cond == COND_ALWAYS, "IT: and it ends");
}

static void from_cpsr(void)
{
	struct decoder d = decoder_from_cpsr(0x600001d3);

	ok(d.isa == ISA_A32 && !d.it, "CPSR: A32");
	d = decoder_from_cpsr(0x600001f3);
	ok(d.isa == ISA_T32 && !d.it, "CPSR: T32 outside IT blocks");
	/* ITSTATE 0x1c: two left, ne both; bits 1:0 at 26:25, 7:2 at 15:10 */
	d = decoder_from_cpsr(0x600001f3 | 0x1c >> 2 << 10);
	ok(d.it == 0x1c, "CPSR: in the middle of an IT block");
	ok(decode_word(&d, CLEAN_T32).cond == 1, "CPSR: first one left");
	d = decoder_from_cpsr(0x600001f3 | 3u << 25);
	ok(d.it == 3, "CPSR: the low bits of ITSTATE");
}

static void lengths(void)
{
	static const u8 bytes[4] = { 0x3a, 0x3f, 0x07, 0xee };
	struct decoder d = { ISA_A32, 0 };

	ok(decode(&d, bytes, 2).action == ACT_NONE, "A32 of 2 bytes is none");
	ok(decode(&d, bytes, 4).rt == 3, "A32 is little-endian");
}

int main(void)
{
	words("A32", ISA_A32, cp15, ARRAY_SIZE(cp15));
	words("A32", ISA_A32, a32, ARRAY_SIZE(a32));
	words("T32", ISA_T32, cp15, ARRAY_SIZE(cp15));
	words("T32", ISA_T32, t32, ARRAY_SIZE(t32));
	words("A64", ISA_A64, a64, ARRAY_SIZE(a64));
	all_conditions();
	it_block();
	it_with_halves();
	from_cpsr();
	lengths();
	return tap_done();
}
