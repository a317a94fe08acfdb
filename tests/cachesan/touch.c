// SPDX-License-Identifier: GPL-2.0
/*
 * Loads and stores, as they run
 */
#include "device.h"
#include "hooks.h"
#include "report.h"
#include "rules.h"
#include "sanitizer.h"

/*
 * QEMU knows where the access went. If our walk says something else, what is
 * remembered is out of date, or the walk is wrong, and so may the type be.
 */
static bool find_type(unsigned int cpu, const struct access *a,
		      enum memtype *type)
{
	struct mmu *mmu = sanitizer_mmu(cpu);
	struct mapping mapping = { };
	enum walk_result result = mmu_find(mmu, a->va, &mapping);

	if (result == WALK_OK && mapping.pa != a->pa) {
		mmu_forget_page(mmu, a->va);
		result = mmu_find(mmu, a->va, &mapping);
	}
	*type = mapping.type;
	if (result == WALK_OK && mapping.pa == a->pa)
		return true;
	report_blind("walk", "of an access at %#lx by pc=%#lx: %u, %#lx for %#lx",
		     a->va, a->pc, result, mapping.pa, a->pa);
	return false;
}

static void cpu_access(unsigned int cpu, const struct access *a, bool store)
{
	enum memtype type = MEM_BACK;

	if (hook_on(HOOK_MEMTYPE) && !find_type(cpu, a, &type))
		return;
	if (store && hook_on(HOOK_STORE))
		rules_store(sanitizer.shadow, a, type);
	if (!store && hook_on(HOOK_LOAD))
		rules_load(sanitizer.shadow, a, type);
}

/* An access that lies in one page */
static void touch_page(unsigned int cpu, const struct access *a, bool store)
{
	if (!shadow_watched(sanitizer.shadow, a->pa))
		return;
	if (!device_code_at(a->pc))
		cpu_access(cpu, a, store);
	else if (store)
		rules_device_write(sanitizer.shadow, a);
	else
		rules_device_read(sanitizer.shadow, a);
}

/* The part in the second page, of which QEMU does not say where it is */
static void touch_next_page(unsigned int cpu, const struct touch *t, u64 done)
{
	struct access a = {
		.va = t->va + done, .len = t->len - done, .pc = t->pc,
	};
	struct mapping mapping;

	if (!hook_on(HOOK_CROSSING))
		return;
	if (mmu_find(sanitizer_mmu(cpu), a.va, &mapping) != WALK_OK) {
		report_blind("walk", "of the end of an access at %#lx", t->va);
		return;
	}
	a.pa = mapping.pa;
	touch_page(cpu, &a, t->store);
}

void touch_memory(unsigned int cpu, const struct touch *t)
{
	u64 room = GUEST_PAGE - t->va % GUEST_PAGE;
	struct access a = {
		.pa = t->pa, .va = t->va, .len = t->len, .pc = t->pc,
	};

	if (a.len > room)
		a.len = room;
	touch_page(cpu, &a, t->store);
	if (t->len > room)
		touch_next_page(cpu, t, room);
}
