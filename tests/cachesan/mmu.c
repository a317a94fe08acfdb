// SPDX-License-Identifier: GPL-2.0
/*
 * A table of the latest walks, by virtual page
 */
#include <glib.h>

#include "mmu.h"
#include "report.h"

#define ENTRIES 1024

/* A walk's result, good while nothing was forgotten since */
struct entry {
	u64		page;
	u64		pa;
	enum memtype	type;
	u64		era;
	u64		own_era;
};

struct mmu {
	void			(*regime)(struct regime *r);
	const struct memory	*memory;
	u64			own_era;
	struct entry		entry[ENTRIES];
};

/* Goes up when all forget; 0 is what an unused entry has. */
static u64 era = 1;

struct mmu *mmu_new(void (*regime)(struct regime *r),
		    const struct memory *memory)
{
	struct mmu *mmu = g_new0(struct mmu, 1);

	mmu->regime = regime;
	mmu->memory = memory;
	return mmu;
}

void mmu_free(struct mmu *mmu)
{
	g_free(mmu);
}

static struct entry *entry_of(struct mmu *mmu, u64 va)
{
	return &mmu->entry[va / GUEST_PAGE % ENTRIES];
}

static bool is_good(const struct mmu *mmu, const struct entry *e, u64 va)
{
	return e->page == va / GUEST_PAGE && e->era == era &&
	       e->own_era == mmu->own_era;
}

static enum walk_result walk_anew(struct mmu *mmu, struct entry *e, u64 va)
{
	struct regime regime = { };
	struct mapping mapping;
	enum walk_result result;

	report_seen(SEEN_WALK);
	mmu->regime(&regime);
	result = walk(&regime, va, mmu->memory, &mapping);
	if (result == WALK_OK)
		*e = (struct entry){
			.page = va / GUEST_PAGE,
			.pa = mapping.pa / GUEST_PAGE * GUEST_PAGE,
			.type = mapping.type,
			.era = era,
			.own_era = mmu->own_era,
		};
	return result;
}

enum walk_result mmu_find(struct mmu *mmu, u64 va, struct mapping *mapping)
{
	struct entry *e = entry_of(mmu, va);

	if (!is_good(mmu, e, va)) {
		enum walk_result result = walk_anew(mmu, e, va);

		if (result != WALK_OK)
			return result;
	}
	mapping->pa = e->pa + va % GUEST_PAGE;
	mapping->type = e->type;
	return WALK_OK;
}

void mmu_forget_page(struct mmu *mmu, u64 va)
{
	entry_of(mmu, va)->era = 0;
}

void mmu_forget(struct mmu *mmu)
{
	mmu->own_era++;
}

void mmu_forget_everywhere(void)
{
	era++;
}
