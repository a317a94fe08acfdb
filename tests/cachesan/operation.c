// SPDX-License-Identifier: GPL-2.0
/*
 * Cache and translation instructions, as they run
 */
#include "cpu.h"
#include "device.h"
#include "hooks.h"
#include "report.h"
#include "rules.h"
#include "sanitizer.h"

static void tell_fault(u64 va, u64 pc)
{
	struct finding f = { .rule = RULE_OP_FAULT, .va = va, .pc = pc };

	if (cpu_is_privileged())
		report_violation(&f);
	else
		report_seen(SEEN_OP_FAULT);
}

/* Where is @va? The cache of a VIVT core knows even without a mapping. */
static bool find(unsigned int cpu, u64 va, u64 pc, struct mapping *mapping)
{
	enum walk_result result = mmu_find(sanitizer_mmu(cpu), va, mapping);

	if (result == WALK_OK)
		return true;
	if (result != WALK_FAULT)
		report_blind("walk", "of an operation at %#lx: %u", va, result);
	if (shadow_geometry(sanitizer.shadow)->class == CACHE_VIVT)
		return shadow_recall(sanitizer.shadow, va, &mapping->pa);
	if (result == WALK_FAULT)
		tell_fault(va, pc);
	return false;
}

static void maintain_line(unsigned int cpu, enum action what, u64 va, u64 pc)
{
	struct access a = { .va = va, .len = 1, .pc = pc };
	struct mapping mapping;

	if (!find(cpu, va, pc, &mapping))
		return;
	a.pa = mapping.pa;
	rules_maintain(sanitizer.shadow, what, &a);
}

/* From the line of the one register's address to that of the other's */
static void maintain_block(unsigned int cpu, const struct op *op)
{
	u64 size = shadow_geometry(sanitizer.shadow)->line;
	u64 end = cpu_general(op->insn.rt);

	if (!hook_on(HOOK_BLOCK))
		return;
	for (u64 va = cpu_general(op->insn.rt2) & ~(size - 1); va <= end;
	     va += size)
		maintain_line(cpu, op->insn.action, va, op->pc);
}

static bool line_hook_on(enum action what)
{
	return hook_on(what == ACT_CLEAN ? HOOK_CLEAN :
		       what == ACT_FLUSH ? HOOK_FLUSH : HOOK_INVALIDATE);
}

static void maintain(unsigned int cpu, const struct op *op)
{
	enum action what = op->insn.action;

	switch (op->insn.scope) {
	case SCOPE_LINE:
		if (line_hook_on(what))
			maintain_line(cpu, what, cpu_general(op->insn.rt),
				      op->pc);
		break;
	case SCOPE_BLOCK:
		maintain_block(cpu, op);
		break;
	case SCOPE_ALL:
		if (hook_on(HOOK_WHOLE))
			rules_maintain_all(sanitizer.shadow, what, op->pc);
		break;
	default:
		report_seen(SEEN_SET_WAY);
	}
}

/* QEMU does it with a memset of its own and reports no access. */
static void zero(unsigned int cpu, const struct op *op)
{
	u64 len = shadow_geometry(sanitizer.shadow)->zva;
	struct touch t = {
		.va = cpu_general(op->insn.rt) & ~(len - 1),
		.len = len,
		.pc = op->pc,
		.store = true,
	};
	struct mapping mapping;

	/* If it is not mapped it will fault, and come again. */
	if (!hook_on(HOOK_ZERO) ||
	    mmu_find(sanitizer_mmu(cpu), t.va, &mapping) != WALK_OK)
		return;
	t.pa = mapping.pa;
	if (shadow_watched(sanitizer.shadow, t.pa))
		touch_memory(cpu, &t);
}

void operation(unsigned int cpu, const struct op *op)
{
	/* To AArch32's user mode these are undefined. */
	if (!op->a64 && !cpu_is_privileged())
		return;
	switch (op->insn.action) {
	case ACT_ZERO:
		zero(cpu, op);
		break;
	case ACT_TLBI:
		if (hook_on(HOOK_TLBI))
			mmu_forget_everywhere();
		break;
	case ACT_CONTEXT:
		if (hook_on(HOOK_CONTEXT))
			mmu_forget(sanitizer_mmu(cpu));
		break;
	case ACT_CLEAN:
	case ACT_INVALIDATE:
	case ACT_FLUSH:
		maintain(cpu, op);
		break;
	default:
		break;
	}
}
