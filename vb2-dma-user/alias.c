// SPDX-License-Identifier: GPL-2.0
/*
 * ARM data caches that know memory by its virtual address: VIVT (ARMv5 and
 * older) and aliasing VIPT (some ARMv6)
 *
 * There the program's view of a page and the kernel's are different lines, and
 * the DMA API looks after the kernel's only. So the whole first level is
 * written back and emptied: that takes no address which could fault or be the
 * wrong one, reaches the views of all programs, and costs no more than what
 * VIVT does at each switch between two programs (Documentation/caches.md).
 */
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/string.h>
#include <asm/barrier.h>
#include <asm/cacheflush.h>

#include "alias.h"
#include "internal.h"

/**
 * vdu_alias_flush() - write back and empty the data cache of an aliasing CPU
 *
 * Such a system has one CPU (the kernel does not support more). XScale and
 * StrongARM clean by loading one of two areas in turn (arch/arm/mm/
 * proc-xscale.S, clean_d_cache). An interrupt may come in the midst of that:
 * with an even number of flushes it leaves the turn as it found it.
 *
 * Context: any, also hard interrupt.
 */
void vdu_alias_flush(void)
{
	preempt_disable();
	flush_cache_all();
	if (cache_is_vivt() && in_interrupt())
		flush_cache_all();
	/* v6_flush_kern_cache_all() leaves the write buffer as it is. */
	dsb(sy);
	preempt_enable();
	vdu_stat_add(VDU_ALIAS_FLUSHES, 1);
}

/**
 * vdu_alias_copy() - copy from or to a program's page
 * @to:		where to
 * @from:	where from
 * @len:	bytes, at most a page
 *
 * The first and the last line may hold other data of the program, which must
 * not be written while the kernel's line of it is dirty.
 *
 * Context: any, also hard interrupt.
 */
void vdu_alias_copy(void *to, const void *from, size_t len)
{
	unsigned long flags;

	local_irq_save(flags);
	vdu_alias_flush();
	memcpy(to, from, len);
	vdu_alias_flush();
	local_irq_restore(flags);
}
