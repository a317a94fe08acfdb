// SPDX-License-Identifier: GPL-2.0
/*
 * Watching a program's range: what it maps there may change at any moment
 *
 * The notifier only counts. Nothing is stopped: the pages are pinned, so what
 * runs ends in memory that is still there. Before the next transfer the counts
 * tell whether someone has to look again.
 */
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/sched/signal.h>

#include "internal.h"
#include "trace.h"

static bool watch = IS_ENABLED(CONFIG_MMU_NOTIFIER);

#ifdef CONFIG_MMU_NOTIFIER

/* Off: as on a kernel without notifiers. */
module_param(watch, bool, 0644);
MODULE_PARM_DESC(watch, " watch programs' mappings instead of looking at each QBUF, default is on");

static void note(struct vdu_reg *reg, unsigned int event)
{
	struct vdu_watch *w = &reg->watch;

	/* The notifier's sequence first: pairs with vdu_watch_begin(). */
	smp_mb__before_atomic();
	switch (event) {
	case MMU_NOTIFY_PROTECTION_PAGE:
	case MMU_NOTIFY_SOFT_DIRTY:
		/* Fork, write-back: pinned pages stay the program's own. */
		return;
	case MMU_NOTIFY_PROTECTION_VMA:
		atomic_inc(&w->protects);
		break;
	case MMU_NOTIFY_UNMAP:
	case MMU_NOTIFY_RELEASE:
		WRITE_ONCE(w->event, event);
		atomic_inc(&w->changes);
		WRITE_ONCE(w->gone, true);
		vdu_reg_retire(reg);
		break;
	default:
		/* Perhaps a change, perhaps only a try at one. */
		WRITE_ONCE(w->event, event);
		atomic_inc(&w->changes);
	}
	/* Without a use the registration may be past its device's end. */
	if (trace_vdu_suspect_enabled() && vdu_reg_use(reg)) {
		trace_vdu_suspect(reg, event);
		vdu_reg_unuse(reg);
	}
}

/* May be called where nothing may sleep (OOM): takes no lock. */
static bool invalidate(struct mmu_interval_notifier *notifier,
		       const struct mmu_notifier_range *range,
		       unsigned long seq)
{
	mmu_interval_set_seq(notifier, seq);
	note(container_of(notifier, struct vdu_reg, watch.notifier),
	     range->event);
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = {
	.invalidate = invalidate,
};

static int notifier_insert(struct vdu_reg *reg, unsigned long first,
			   unsigned long bytes)
{
	int ret;

	ret = mmu_interval_notifier_insert(&reg->watch.notifier, reg->key.mm,
					   first, bytes, &notifier_ops);
	/* The first notifier of an address space gives way to any signal. */
	return ret == -EINTR ? -ERESTARTSYS : ret;
}

static void notifier_remove(struct vdu_reg *reg)
{
	mmu_interval_notifier_remove(&reg->watch.notifier);
}

static void notifier_wait(struct vdu_watch *w)
{
	mmu_interval_read_begin(&w->notifier);
}

#else

static int notifier_insert(struct vdu_reg *reg, unsigned long first,
			   unsigned long bytes)
{
	return 0;
}

static void notifier_remove(struct vdu_reg *reg)
{
}

static void notifier_wait(struct vdu_watch *w)
{
}

#endif

/**
 * vdu_watch_start() - begin to watch a registration's range
 * @reg:	with its key and its number of pages
 *
 * Context: process context of the memory's owner, may sleep; takes mmap_lock
 * for writing.
 * Return: 0; -ENOMEM; -ERESTARTSYS: a signal came first.
 */
int vdu_watch_start(struct vdu_reg *reg)
{
	int ret;

	if (!READ_ONCE(watch))
		return 0;

	ret = notifier_insert(reg, reg->key.vaddr & PAGE_MASK,
			      (unsigned long)reg->pages.count << PAGE_SHIFT);
	reg->watch.on = !ret;
	return ret;
}

/**
 * vdu_watch_stop() - no call back comes after this
 * @reg:	that vdu_watch_start() succeeded for
 *
 * Context: process context, may sleep until a running call back has ended;
 * takes no mmap_lock.
 */
void vdu_watch_stop(struct vdu_reg *reg)
{
	if (reg->watch.on)
		notifier_remove(reg);
	reg->watch.on = false;
}

/**
 * vdu_watch_begin() - before the pages of a range are looked up
 * @w:		the range's watch
 *
 * Waits for changes that are under way. What comes later counts as a change
 * after the look-up.
 *
 * Context: process context, may sleep.
 * Return: what to put into @changes_seen once the pages were looked up.
 */
int vdu_watch_begin(struct vdu_watch *w)
{
	int changes = atomic_read(&w->changes);

	WRITE_ONCE(w->gone, false);
	/*
	 * A change that is in @changes, or whose @gone was just undone, is one
	 * that is waited for: its sequence number is there before.
	 */
	smp_mb();
	if (w->on)
		notifier_wait(w);
	return changes;
}
