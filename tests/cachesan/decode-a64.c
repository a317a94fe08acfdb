// SPDX-License-Identifier: GPL-2.0
/*
 * AArch64: system instructions
 */
#include "decode.h"

#define MARKER_A64 0xaa0c018cu	/* orr x12, x12, x12 */

struct dc_op {
	u8		op1;
	u8		crm;
	u8		op2;
	enum action	action;
	enum scope	scope;
};

/* SYS with CRn 7. Those that also move allocation tags are named with G. */
static const struct dc_op ops[] = {
	{ 0,  1, 0, ACT_ICACHE, SCOPE_ALL },		/* IC IALLUIS */
	{ 0,  5, 0, ACT_ICACHE, SCOPE_ALL },		/* IC IALLU */
	{ 3,  5, 1, ACT_ICACHE, SCOPE_LINE },		/* IC IVAU */
	{ 0,  6, 1, ACT_INVALIDATE, SCOPE_LINE },	/* DC IVAC */
	{ 0,  6, 5, ACT_INVALIDATE, SCOPE_LINE },	/* DC IGDVAC */
	{ 0,  6, 2, ACT_INVALIDATE, SCOPE_SET_WAY },	/* DC ISW */
	{ 0,  6, 6, ACT_INVALIDATE, SCOPE_SET_WAY },	/* DC IGDSW */
	{ 0, 10, 2, ACT_CLEAN, SCOPE_SET_WAY },		/* DC CSW */
	{ 0, 10, 6, ACT_CLEAN, SCOPE_SET_WAY },		/* DC CGDSW */
	{ 0, 14, 2, ACT_FLUSH, SCOPE_SET_WAY },		/* DC CISW */
	{ 0, 14, 6, ACT_FLUSH, SCOPE_SET_WAY },		/* DC CIGDSW */
	{ 3,  4, 1, ACT_ZERO, SCOPE_LINE },		/* DC ZVA */
	{ 3,  4, 4, ACT_ZERO, SCOPE_LINE },		/* DC GZVA */
	{ 3, 10, 1, ACT_CLEAN, SCOPE_LINE },		/* DC CVAC */
	{ 3, 10, 5, ACT_CLEAN, SCOPE_LINE },		/* DC CGDVAC */
	{ 3, 11, 1, ACT_UNIFY, SCOPE_LINE },		/* DC CVAU */
	/* To the points of persistence, which lie behind that of coherency */
	{ 3, 12, 1, ACT_CLEAN, SCOPE_LINE },		/* DC CVAP */
	{ 3, 12, 5, ACT_CLEAN, SCOPE_LINE },		/* DC CGDVAP */
	{ 3, 13, 1, ACT_CLEAN, SCOPE_LINE },		/* DC CVADP */
	{ 3, 13, 5, ACT_CLEAN, SCOPE_LINE },		/* DC CGDVADP */
	{ 3, 14, 1, ACT_FLUSH, SCOPE_LINE },		/* DC CIVAC */
	{ 3, 14, 5, ACT_FLUSH, SCOPE_LINE },		/* DC CIGDVAC */
};

static void cache_op(struct insn *insn, u32 op1, u32 crm, u32 op2)
{
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (ops[i].op1 == op1 && ops[i].crm == crm &&
		    ops[i].op2 == op2) {
			insn->action = ops[i].action;
			insn->scope = ops[i].scope;
		}
}

/* MSR to SCTLR_EL1; TTBR0_EL1, TTBR1_EL1, TCR_EL1; MAIR_EL1; CONTEXTIDR_EL1 */
static bool is_context(u32 op1, u32 crn, u32 crm, u32 op2)
{
	if (op1)
		return false;
	return (crn == 1 && crm == 0 && op2 == 0) ||
	       (crn == 2 && crm == 0 && op2 < 3) ||
	       (crn == 10 && crm == 2 && op2 == 0) ||
	       (crn == 13 && crm == 0 && op2 == 1);
}

struct insn decode_a64(u32 w)
{
	u32 op1 = bits(w, 18, 16), crn = bits(w, 15, 12), crm = bits(w, 11, 8);
	u32 op2 = bits(w, 7, 5);
	struct insn insn = { .action = ACT_NONE, .rt = w & 31, .cond = COND_ALWAYS };

	if (w == MARKER_A64)
		insn.action = ACT_MARKER;
	if ((w & 0xfff80000) == 0xd5080000 && crn == 7)
		cache_op(&insn, op1, crm, op2);
	/* CRn 9 is TLBI with the nXS qualifier. */
	if ((w & 0xfff80000) == 0xd5080000 && (crn == 8 || crn == 9))
		insn.action = ACT_TLBI;
	if ((w & 0xfff80000) == 0xd5180000 && is_context(op1, crn, crm, op2))
		insn.action = ACT_CONTEXT;
	return insn;
}
