// SPDX-License-Identifier: GPL-2.0
/*
 * Walks are remembered, and forgotten when they must be
 */
#include <string.h>

#include "../mmu.h"
#include "../report.h"
#include "tap.h"

/* One table of sections; a walk reads one word. */
static u32 entry;
static u64 table = 0x4000;

static bool read_entry(const struct memory *m, u64 pa, void *data, size_t len)
{
	(void)m;
	(void)pa;
	memcpy(data, &entry, len);
	return true;
}

static const struct memory memory = { read_entry };

static void regime(struct regime *r)
{
	r->sctlr = SCTLR_M | SCTLR_C | SCTLR_XP;
	r->ttbr[0] = table;
}

static bool is_at(struct mmu *mmu, u64 pa)
{
	struct mapping m;

	return mmu_find(mmu, 0x123456, &m) == WALK_OK && m.pa == pa;
}

int main(void)
{
	struct mmu *one = mmu_new(regime, &memory);
	struct mmu *two = mmu_new(regime, &memory);

	report_open(&(struct report_options){ .path = "/dev/null" });
	ok(!is_at(one, 0), "a fault");
	entry = 0x40000002;
	ok(is_at(one, 0x40023456), "a fault is not remembered");
	ok(is_at(two, 0x40023456), "each CPU walks");
	entry = 0x50000002;
	ok(is_at(one, 0x40023456), "a walk is");
	ok(report_sightings(SEEN_WALK) == 3, "three walks");
	mmu_forget(one);
	ok(is_at(one, 0x50023456), "forgotten by one");
	ok(is_at(two, 0x40023456), "and not by the other");
	mmu_forget_everywhere();
	ok(is_at(two, 0x50023456), "forgotten by all");
	entry = 0x60000002;
	mmu_forget_page(two, 0x223456);
	ok(is_at(two, 0x50023456), "another page forgotten");
	mmu_forget_page(two, 0x123000);
	ok(is_at(two, 0x60023456), "this page forgotten");
	mmu_free(one);
	mmu_free(two);
	return tap_done();
}
