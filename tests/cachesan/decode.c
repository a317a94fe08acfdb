// SPDX-License-Identifier: GPL-2.0
/*
 * Instruction streams: A32, T32 with its IT blocks, A64
 */
#include "decode.h"

#define MARKER_A32 0xe18cc00cu	/* orr r12, r12, r12 */
#define MARKER_T32 0xea4c0c0cu

#define CPSR_T BIT(5)

bool cond_holds(unsigned int cond, u32 cpsr)
{
	bool n = cpsr & BIT(31), z = cpsr & BIT(30);
	bool c = cpsr & BIT(29), v = cpsr & BIT(28);
	const bool base[8] = {
		z, c, n, v, c && !z, n == v, n == v && !z, true,
	};

	/* Odd conditions are the opposite, but 15 is "always" as well. */
	if (cond >= COND_ALWAYS)
		return true;
	return base[cond >> 1] != (cond & 1);
}

struct decoder decoder_from_cpsr(u32 cpsr)
{
	struct decoder d = { ISA_A32, 0 };

	if (cpsr & CPSR_T) {
		d.isa = ISA_T32;
		d.it = bits(cpsr, 15, 10) << 2 | bits(cpsr, 26, 25);
	}
	return d;
}

static u16 half(const u8 *p)
{
	return p[0] | p[1] << 8;
}

static u32 word(const u8 *p)
{
	return half(p) | (u32)half(p + 2) << 16;
}

static struct insn decode_a32(u32 w)
{
	if (w == MARKER_A32)
		return (struct insn){ .action = ACT_MARKER, .cond = COND_ALWAYS };
	/* Condition 15 is another instruction set: MCR2 and the like. */
	if (w >> 28 == 15)
		return (struct insn){ .action = ACT_NONE };
	return decode_cp15(w);
}

static struct insn decode_t32(u32 w)
{
	if (w == MARKER_T32)
		return (struct insn){ .action = ACT_MARKER };
	/* T32 has A32's coprocessor instructions, without a condition. */
	if (w >> 28 != 14)
		return (struct insn){ .action = ACT_NONE };
	return decode_cp15(w);
}

static bool is_it(u16 h)
{
	return (h & 0xff00) == 0xbf00 && h & 0xf;
}

static u8 it_next(u8 it)
{
	return it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
}

static struct insn thumb(struct decoder *d, const u8 *bytes, size_t len)
{
	struct insn insn = { .action = ACT_NONE };
	u8 it = d->it;

	d->it = it_next(it);
	if (len == 2 && is_it(half(bytes)))
		d->it = half(bytes) & 0xff;
	if (len == 4)
		insn = decode_t32((u32)half(bytes) << 16 | half(bytes + 2));
	insn.cond = it ? it >> 4 : COND_ALWAYS;
	return insn;
}

struct insn decode(struct decoder *d, const u8 *bytes, size_t len)
{
	if (d->isa == ISA_T32)
		return thumb(d, bytes, len);
	if (len != 4)
		return (struct insn){ .action = ACT_NONE };
	return d->isa == ISA_A32 ? decode_a32(word(bytes)) :
				   decode_a64(word(bytes));
}
