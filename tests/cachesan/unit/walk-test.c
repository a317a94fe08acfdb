// SPDX-License-Identifier: GPL-2.0
/*
 * Page table walks in a physical memory made up here
 */
#include <string.h>

#include "../walk.h"
#include "tap.h"

#define RAM	0x80000000ul
#define SIZE	0x100000ul

static u8 ram[SIZE];

static bool read_ram(const struct memory *m, u64 pa, void *data, size_t len)
{
	(void)m;
	if (pa < RAM || pa + len > RAM + SIZE)
		return false;
	memcpy(data, ram + pa - RAM, len);
	return true;
}

static const struct memory memory = { read_ram };

static void put32(u64 pa, u32 value)
{
	memcpy(ram + pa - RAM, &value, sizeof(value));
}

static void put64(u64 pa, u64 value)
{
	memcpy(ram + pa - RAM, &value, sizeof(value));
}

struct walk_case {
	const char		*name;
	u64			va;
	enum walk_result	result;
	u64			pa;
	enum memtype		type;
};

static void walks(const char *format, const struct regime *r,
		  const struct walk_case *c, size_t n)
{
	for (; n--; c++) {
		struct mapping m;
		enum walk_result result = walk(r, c->va, &memory, &m);

		if (!ok(result == c->result &&
			(result || (m.pa == c->pa && m.type == c->type)),
			"%s: %s", format, c->name))
			printf("# result %u pa %#lx type %u\n", result, m.pa,
			       m.type);
	}
}

/* Short format: first level at RAM, second at RAM + 0x10000 */

#define L1(va)		(RAM + ((va) >> 20) * 4)
#define L2		(RAM + 0x10000)
#define SECTION(pa, tex, c, b) ((pa) | 2 | (tex) << 12 | (c) << 3 | (b) << 2)
#define SMALL(pa, tex, c, b) ((pa) | 2 | (tex) << 6 | (c) << 3 | (b) << 2)
#define LARGE(pa, tex, c, b) ((pa) | 1 | (tex) << 12 | (c) << 3 | (b) << 2)

static void short_tables(void)
{
	memset(ram, 0, sizeof(ram));
	put32(L1(0x00000000), SECTION(0x40000000, 0, 0, 0));
	put32(L1(0x00100000), SECTION(0x40100000, 0, 0, 1));
	put32(L1(0x00200000), SECTION(0x40200000, 0, 1, 0));
	put32(L1(0x00300000), SECTION(0x40300000, 0, 1, 1));
	put32(L1(0x00400000), SECTION(0x40400000, 1, 0, 0));
	put32(L1(0x00500000), SECTION(0x40500000, 1, 1, 1));
	put32(L1(0x00600000), SECTION(0x40600000, 2, 0, 0));
	put32(L1(0x00700000), SECTION(0x40700000, 4, 0, 0));
	put32(L1(0x00800000), SECTION(0x40800000, 4, 0, 1));
	put32(L1(0x00900000), SECTION(0x40900000, 6, 0, 0));
	put32(L1(0x00a00000), SECTION(0x40a00000, 4, 1, 0));
	/* A supersection: bits 35:32 are 5, bits 39:36 are 3 */
	for (u64 i = 0; i < 16; i++)
		put32(L1(0x01000000 + (i << 20)), SECTION(0x41000000, 1, 1, 1) |
		      1 << 18 | 5 << 20 | 3 << 5);
	put32(L1(0x02000000), L2 | 1);
	put32(L1(0x02100000), 3);
	put32(L1(0x02200000), 0x90000001);
	put32(L2 + 4 * 1, SMALL(0x50001000u, 1, 1, 1));
	put32(L2 + 4 * 2, SMALL(0x50002000u, 1, 0, 0) | 1);
	put32(L2 + 4 * 16, LARGE(0x50010000u, 1, 1, 1));
	for (u64 i = 17; i < 32; i++)
		put32(L2 + 4 * i, LARGE(0x50010000u, 1, 1, 1));
	put32(L2 + 4 * 0xff, SMALL(0x500ff000u, 0, 1, 1));
}

static const struct walk_case short_cases[] = {
	{ "strongly ordered", 0x12345, WALK_OK, 0x40012345, MEM_UNCACHED },
	{ "device", 0x100000, WALK_OK, 0x40100000, MEM_UNCACHED },
	{ "write-through", 0x2fffff, WALK_OK, 0x402fffff, MEM_THROUGH },
	{ "write-back", 0x300000, WALK_OK, 0x40300000, MEM_BACK },
	{ "normal, uncached", 0x400000, WALK_OK, 0x40400000, MEM_UNCACHED },
	{ "write-allocate", 0x500000, WALK_OK, 0x40500000, MEM_BACK },
	{ "device, not shared", 0x600000, WALK_OK, 0x40600000, MEM_UNCACHED },
	{ "inner and outer uncached", 0x700000, WALK_OK, 0x40700000,
	  MEM_UNCACHED },
	{ "inner write-allocate", 0x800000, WALK_OK, 0x40800000, MEM_BACK },
	{ "only outer write-through", 0x900000, WALK_OK, 0x40900000,
	  MEM_THROUGH },
	{ "inner write-through", 0xa00000, WALK_OK, 0x40a00000, MEM_THROUGH },
	{ "supersection", 0x1abcdef, WALK_OK, 0x3541abcdeful, MEM_BACK },
	{ "small page", 0x2001fff, WALK_OK, 0x50001fff, MEM_BACK },
	{ "small page, no execution", 0x2002000, WALK_OK, 0x50002000,
	  MEM_UNCACHED },
	{ "large page", 0x201a123, WALK_OK, 0x5001a123, MEM_BACK },
	{ "no page", 0x2003000, WALK_FAULT, 0, 0 },
	{ "no table", 0x03000000, WALK_FAULT, 0, 0 },
	{ "reserved", 0x02100000, WALK_UNKNOWN, 0, 0 },
	{ "table outside memory", 0x02200000, WALK_UNREADABLE, 0, 0 },
};

/* v5: no TEX, subpage permissions in its place, no supersections */
static const struct walk_case old_cases[] = {
	{ "small page, permissions are no TEX", 0x2001fff, WALK_OK, 0x50001fff,
	  MEM_BACK },
	{ "small page at the end", 0x20ffffc, WALK_OK, 0x500ffffc, MEM_BACK },
	{ "extended small page", 0x2002000, WALK_OK, 0x50002000,
	  MEM_UNCACHED },
	{ "no supersection", 0x1000010, WALK_OK, 0x41500010, MEM_BACK },
};

/*
 * Remapped as Linux does it: 0 strongly ordered, 1 uncached normal,
 * 2 write-through, 3 write-back, 4 device, 7 write-allocate.
 */
#define PRRR	0xff0a81a8ul
#define NMRR	0x40e040e0ul

static const struct walk_case remap_cases[] = {
	{ "0, strongly ordered", 0x12345, WALK_OK, 0x40012345, MEM_UNCACHED },
	{ "1, uncached", 0x100000, WALK_OK, 0x40100000, MEM_UNCACHED },
	{ "2, write-through", 0x200000, WALK_OK, 0x40200000, MEM_THROUGH },
	{ "3, write-back", 0x300000, WALK_OK, 0x40300000, MEM_BACK },
	{ "4, device", 0x400000, WALK_OK, 0x40400000, MEM_UNCACHED },
	{ "7, write-allocate", 0x500000, WALK_OK, 0x40500000, MEM_BACK },
	{ "small page", 0x2001fff, WALK_OK, 0x50001fff, MEM_BACK },
};

static void short_format(void)
{
	struct regime r = {
		.sctlr = SCTLR_M | SCTLR_C | SCTLR_XP, .ttbr = { RAM | 0x4a },
	};

	short_tables();
	walks("short", &r, short_cases, ARRAY_SIZE(short_cases));
	r.sctlr = SCTLR_M | SCTLR_C;
	walks("v5", &r, old_cases, ARRAY_SIZE(old_cases));
	r.sctlr |= SCTLR_XP | SCTLR_TRE;
	r.mair = NMRR << 32 | PRRR;
	r.remap = true;
	walks("remap", &r, remap_cases, ARRAY_SIZE(remap_cases));
	r.remap = false;
	walks("remap", &r, &(struct walk_case){ "registers not to be had", 0,
	      WALK_UNKNOWN, 0, 0 }, 1);
}

static void switched_off(void)
{
	static const struct walk_case no_mmu = {
		"addresses are physical", 0x300010, WALK_OK, 0x300010,
		MEM_UNCACHED,
	};
	static const struct walk_case no_cache = {
		"nothing is cached", 0x300010, WALK_OK, 0x40300010,
		MEM_UNCACHED,
	};
	struct regime r = { .sctlr = SCTLR_C, .ttbr = { RAM } };

	walks("no MMU", &r, &no_mmu, 1);
	r.sctlr = SCTLR_M | SCTLR_XP;
	walks("no cache", &r, &no_cache, 1);
}

/* TTBCR.N = 2: TTBR0 has the first GiB only, with a table of 4 KiB. */
static void two_tables(void)
{
	static const struct walk_case cases[] = {
		{ "below", 0x00300000, WALK_OK, 0x40300000, MEM_BACK },
		{ "at the border", 0x40000000, WALK_OK, 0x60000000, MEM_BACK },
		{ "above", 0xc0000000, WALK_OK, 0x61000000, MEM_BACK },
	};
	struct regime r = {
		.sctlr = SCTLR_M | SCTLR_C | SCTLR_XP, .tcr = 2,
		.ttbr = { RAM + 0x1000, RAM + 0x4000 },
	};

	memset(ram, 0, sizeof(ram));
	put32(RAM + 0x1000 + 4 * 3, SECTION(0x40300000, 0, 1, 1));
	put32(RAM + 0x4000 + 4 * 0x400, SECTION(0x60000000, 0, 1, 1));
	put32(RAM + 0x4000 + 4 * 0xc00, SECTION(0x61000000, 0, 1, 1));
	walks("TTBCR.N", &r, cases, ARRAY_SIZE(cases));
}

/* Long format. Attributes: 0 device, 1 uncached, 2 write-through, 3 back */

#define MAIR	0xffbb4400ul
#define LEAF(pa, index) ((pa) | 1 << 10 | (index) << 2)
#define BLOCK(pa, index) (LEAF(pa, index) | 1)
#define PAGE(pa, index) (LEAF(pa, index) | 3)
#define TABLE(pa) ((pa) | 3)

static void types(void)
{
	static const struct {
		u8		attr;
		enum memtype	type;
	} cases[] = {
		{ 0x00, MEM_UNCACHED }, { 0x04, MEM_UNCACHED },
		{ 0x0c, MEM_UNCACHED }, { 0x44, MEM_UNCACHED },
		{ 0xff, MEM_BACK }, { 0x77, MEM_BACK }, { 0xee, MEM_BACK },
		{ 0xbb, MEM_THROUGH }, { 0x33, MEM_THROUGH },
		{ 0x4f, MEM_BACK }, { 0xf4, MEM_BACK }, { 0x4b, MEM_THROUGH },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ok(mair_type((u64)cases[i].attr << 40, 5) == cases[i].type,
		   "MAIR: %#04x", cases[i].attr);
}

static void put_lpae(void)
{
	memset(ram, 0, sizeof(ram));
	/* First level of TTBR0: four entries, 32 bytes, so aligned */
	put64(RAM + 0x1020 + 8 * 0, BLOCK(0x140000000ul, 3ul));
	put64(RAM + 0x1020 + 8 * 1, TABLE(RAM + 0x2000));
	put64(RAM + 0x2000 + 8 * 1, TABLE(RAM + 0x3000));
	put64(RAM + 0x2000 + 8 * 3, BLOCK(0x90000000ul, 2ul));
	put64(RAM + 0x3000 + 8 * 1, PAGE(0xa0000000ul, 1ul));
	/* TTBR1 has the last GiB (T1SZ = 2) and starts at the second level. */
	put64(RAM + 0x4000 + 8 * 0, BLOCK(0xb0000000ul, 3ul));
	put64(RAM + 0x4000 + 8 * 1, BLOCK(0x09000000ul, 0ul));
}

static const struct walk_case lpae_cases[] = {
	{ "block of 1 GiB", 0x10001234, WALK_OK, 0x150001234ul, MEM_BACK },
	{ "block of 2 MiB", 0x40745678, WALK_OK, 0x90145678, MEM_THROUGH },
	{ "page", 0x40201abc, WALK_OK, 0xa0000abc, MEM_UNCACHED },
	{ "no page", 0x40202000, WALK_FAULT, 0, 0 },
	{ "no second level", 0x40400000, WALK_FAULT, 0, 0 },
	{ "no first level", 0x80000000, WALK_FAULT, 0, 0 },
	{ "the other table", 0xc0001000, WALK_OK, 0xb0001000, MEM_BACK },
	{ "a device", 0xc0200004, WALK_OK, 0x09000004, MEM_UNCACHED },
};

static void lpae_format(void)
{
	struct regime r = {
		.sctlr = SCTLR_M | SCTLR_C, .tcr = TTBCR_EAE | 2 << 16,
		.ttbr = { 3ul << 48 | (RAM + 0x1020), RAM + 0x4000 },
		.mair = MAIR,
	};

	put_lpae();
	walks("LPAE", &r, lpae_cases, ARRAY_SIZE(lpae_cases));
	/* T0SZ = 2: TTBR0 has one GiB; the second level follows at once. */
	r.tcr = TTBCR_EAE | 2;
	r.ttbr[0] = RAM + 0x2000;
	r.ttbr[1] = RAM + 0x1020;
	walks("LPAE, T0SZ", &r, (const struct walk_case[]) {
	      { "below", 0x745678, WALK_OK, 0x90145678, MEM_THROUGH },
	      { "above", 0x40745678, WALK_OK, 0x90145678, MEM_THROUGH } }, 2);
	/* Both given: a hole between them */
	r.tcr = TTBCR_EAE | 2 | 2 << 16;
	r.ttbr[1] = RAM + 0x4000;
	walks("LPAE, both", &r, (const struct walk_case[]) {
	      { "below", 0x745678, WALK_OK, 0x90145678, MEM_THROUGH },
	      { "between", 0x80000000, WALK_FAULT, 0, 0 },
	      { "above", 0xc0001000, WALK_OK, 0xb0001000, MEM_BACK } }, 3);
}

/* 39 bits above (three levels), 48 bits below (four) */
#define TCR_A64	(25ul << 16 | 2ul << 30 | 16)

static void put_a64(void)
{
	memset(ram, 0, sizeof(ram));
	put64(RAM + 0x1000 + 8 * 0, TABLE(RAM + 0x2000));
	put64(RAM + 0x1000 + 8 * 1, BLOCK(0ul, 3ul));
	put64(RAM + 0x2000 + 8 * 1, TABLE(RAM + 0x3000));
	put64(RAM + 0x2000 + 8 * 2, BLOCK(0xc0000000ul, 3ul));
	put64(RAM + 0x3000 + 8 * 4, TABLE(RAM + 0x4000));
	put64(RAM + 0x3000 + 8 * 5, BLOCK(0x90000000ul, 1ul));
	/* Bits above the address: no execution, contiguous */
	put64(RAM + 0x4000 + 8 * 7, PAGE(0xa000000ul, 3ul) | 0x70ul << 48);
	put64(RAM + 0x4000 + 8 * 8, 0xa000001ul);
	put64(RAM + 0x5000 + 8 * 256, TABLE(RAM + 0x3000));
}

static const struct walk_case a64_cases[] = {
	{ "page", 0x40807123, WALK_OK, 0xa000123, MEM_BACK },
	{ "block of 2 MiB", 0x40a01234, WALK_OK, 0x90001234, MEM_UNCACHED },
	{ "block of 1 GiB", 0x80001234, WALK_OK, 0xc0001234, MEM_BACK },
	{ "with a tag", 0x5a00000040807123, WALK_OK, 0xa000123, MEM_BACK },
	{ "no page", 0x40806000, WALK_FAULT, 0, 0 },
	{ "reserved at the last level", 0x40808000, WALK_FAULT, 0, 0 },
	{ "no block at the first level", 0x8000000000, WALK_FAULT, 0, 0 },
	{ "upper half", 0xffffffc000807123, WALK_OK, 0xa000123, MEM_BACK },
	{ "upper half, nothing", 0xffffff8000807123, WALK_FAULT, 0, 0 },
};

static void a64_format(void)
{
	struct regime r = {
		.a64 = true, .sctlr = SCTLR_M | SCTLR_C, .tcr = TCR_A64,
		.ttbr = { 7ul << 48 | (RAM + 0x1000) | 1, RAM + 0x5000 },
		.mair = MAIR,
	};

	put_a64();
	walks("A64", &r, a64_cases, ARRAY_SIZE(a64_cases));
	r.tcr |= 1 << 14;
	walks("A64", &r, &(struct walk_case){ "64 KiB granule", 0x40807123,
	      WALK_UNKNOWN, 0, 0 }, 1);
}

int main(void)
{
	short_format();
	switched_off();
	two_tables();
	types();
	lpae_format();
	a64_format();
	return tap_done();
}
