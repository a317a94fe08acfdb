// SPDX-License-Identifier: GPL-2.0
/*
 * AArch32: the system control coprocessor's cache and translation operations,
 * from ARMv4 to ARMv8
 */
#include "decode.h"

struct c7_op {
	u8		crm;
	u8		op2;
	enum action	action;
	enum scope	scope;
};

/* MCR p15, 0, Rt, c7, CRm, op2. Those on a unified cache are v6 and older. */
static const struct c7_op writes[] = {
	{  1, 0, ACT_ICACHE, SCOPE_ALL },
	{  5, 0, ACT_ICACHE, SCOPE_ALL },
	{  5, 1, ACT_ICACHE, SCOPE_LINE },
	{  5, 2, ACT_ICACHE, SCOPE_SET_WAY },
	{  6, 0, ACT_INVALIDATE, SCOPE_ALL },
	{  6, 1, ACT_INVALIDATE, SCOPE_LINE },
	{  6, 2, ACT_INVALIDATE, SCOPE_SET_WAY },
	{  7, 0, ACT_INVALIDATE, SCOPE_ALL },
	{  7, 1, ACT_INVALIDATE, SCOPE_LINE },
	{  7, 2, ACT_INVALIDATE, SCOPE_SET_WAY },
	{ 10, 0, ACT_CLEAN, SCOPE_ALL },
	{ 10, 1, ACT_CLEAN, SCOPE_LINE },
	{ 10, 2, ACT_CLEAN, SCOPE_SET_WAY },
	{ 11, 0, ACT_CLEAN, SCOPE_ALL },
	/* v7: DCCMVAU. v6: a clean, but of a unified cache nobody built. */
	{ 11, 1, ACT_UNIFY, SCOPE_LINE },
	{ 14, 0, ACT_FLUSH, SCOPE_ALL },
	{ 14, 1, ACT_FLUSH, SCOPE_LINE },
	{ 14, 2, ACT_FLUSH, SCOPE_SET_WAY },
	{ 15, 0, ACT_FLUSH, SCOPE_ALL },
	{ 15, 1, ACT_FLUSH, SCOPE_LINE },
	{ 15, 2, ACT_FLUSH, SCOPE_SET_WAY },
};

/*
 * MRC: ARM926's "test and clean": one dirty line a time until the flags say
 * that none is left. QEMU says so at once, and a kernel loops until then, so
 * it stands for the whole cache.
 */
static const struct c7_op reads[] = {
	{ 10, 3, ACT_CLEAN, SCOPE_ALL },
	{ 14, 3, ACT_FLUSH, SCOPE_ALL },
};

/* MCRR p15, 0, <end>, <start>, CRm: v6 */
static const struct c7_op blocks[] = {
	{  5, 0, ACT_ICACHE, SCOPE_BLOCK },
	{  6, 0, ACT_INVALIDATE, SCOPE_BLOCK },
	{ 12, 0, ACT_CLEAN, SCOPE_BLOCK },
	{ 14, 0, ACT_FLUSH, SCOPE_BLOCK },
};

static void find(struct insn *insn, const struct c7_op *ops, size_t n, u32 crm,
		 u32 op2)
{
	for (size_t i = 0; i < n; i++)
		if (ops[i].crm == crm && ops[i].op2 == op2) {
			insn->action = ops[i].action;
			insn->scope = ops[i].scope;
		}
}

/* SCTLR; TTBR0, TTBR1, TTBCR; PRRR, NMRR, MAIR0, MAIR1; FCSE, CONTEXTIDR */
static bool is_context(u32 crn, u32 crm, u32 op2)
{
	return (crn == 1 && crm == 0 && op2 == 0) || (crn == 2 && crm == 0) ||
	       (crn == 10 && crm == 2) || (crn == 13 && crm == 0 && op2 < 2);
}

static void one_register(struct insn *insn, u32 w)
{
	u32 op1 = bits(w, 23, 21), crn = bits(w, 19, 16), crm = bits(w, 3, 0);
	u32 op2 = bits(w, 7, 5);
	bool read = w & BIT(20);

	insn->rt = bits(w, 15, 12);
	if (op1)
		return;
	if (crn == 7 && read)
		find(insn, reads, ARRAY_SIZE(reads), crm, op2);
	else if (crn == 7)
		find(insn, writes, ARRAY_SIZE(writes), crm, op2);
	else if (crn == 8 && !read)
		insn->action = ACT_TLBI;
	else if (!read && is_context(crn, crm, op2))
		insn->action = ACT_CONTEXT;
}

static void two_registers(struct insn *insn, u32 w)
{
	u32 op1 = bits(w, 7, 4), crm = bits(w, 3, 0);

	insn->rt = bits(w, 15, 12);
	insn->rt2 = bits(w, 19, 16);
	if (!op1)
		find(insn, blocks, ARRAY_SIZE(blocks), crm, 0);
	/* TTBR0 and TTBR1 of 64 bits */
	if (op1 < 2 && crm == 2)
		insn->action = ACT_CONTEXT;
}

struct insn decode_cp15(u32 w)
{
	struct insn insn = { .action = ACT_NONE, .cond = w >> 28 };

	if ((w & 0x0f000f10) == 0x0e000f10)
		one_register(&insn, w);
	else if ((w & 0x0ff00f00) == 0x0c400f00)
		two_registers(&insn, w);
	return insn;
}
