/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Walks that are remembered, as a TLB does
 */
#ifndef CACHESAN_MMU_H
#define CACHESAN_MMU_H

#include "walk.h"

struct mmu;

/* One for each virtual CPU; @regime reads the registers of the one that runs. */
struct mmu *mmu_new(void (*regime)(struct regime *r),
		    const struct memory *memory);
void mmu_free(struct mmu *mmu);

enum walk_result mmu_find(struct mmu *mmu, u64 va, struct mapping *mapping);

void mmu_forget_page(struct mmu *mmu, u64 va);
/* Of one CPU, for another table or ASID; of all CPUs, for a TLBI */
void mmu_forget(struct mmu *mmu);
void mmu_forget_everywhere(void);

#endif
