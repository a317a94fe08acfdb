// SPDX-License-Identifier: GPL-2.0
/*
 * One registration: a user range, pinned and mapped for one device and direction
 *
 * It is made once and never altered: when the program has other pages in its
 * range, another one takes its place, and the old one ends when the last
 * transfer into it does.
 */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "internal.h"
#include "trace.h"

/* Bits of &vdu_reg.flags */
#define REG_RETIRED	0	/* in the list of the worker */
#define REG_DEAD	1	/* nobody uses it: the worker is to free it */

/* Pinning may itself replace pages (copy on write): look again so often. */
#define SETTLE_TRIES	3

static LLIST_HEAD(retired);
static void retire_all(struct work_struct *work);
static DECLARE_WORK(retire_work, retire_all);

/* How long a program waits for what it is charged for and what is being released. */
#define RELEASE_WAIT	HZ

static struct workqueue_struct *release_wq;
static atomic_t releasing = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(released);

/**
 * vdu_reg_unref() - drop a reference of the struct
 * @reg:	registration
 *
 * Context: any.
 */
void vdu_reg_unref(struct vdu_reg *reg)
{
	if (!refcount_dec_and_test(&reg->refs))
		return;
	kfree(reg->spare);
	kfree(reg);
}

/**
 * vdu_reg_unmap() - undo a registration's mapping for its device
 * @reg:	nobody uses it any more
 *
 * For whoever took its last use away, and for no one else, who calls
 * vdu_reg_release() next. Waits for nothing that a program could hold up.
 *
 * Context: process context, may sleep; takes no mmap_lock.
 */
void vdu_reg_unmap(struct vdu_reg *reg)
{
	vdu_unfit(&reg->map, &reg->pages);
	put_device(reg->key.dev);
}

static void release(struct vdu_reg *reg)
{
	trace_vdu_release(reg);
	vdu_watch_stop(reg);
	if (reg->charged)
		vdu_charge_move(reg->key.mm, -(long)reg->pages.count);
	vdu_unpin(&reg->pages, reg->key.dir);
	mmdrop(reg->key.mm);
	vdu_stat_add(VDU_REGISTRATIONS, -1);
	vdu_reg_unref(reg);
}

static void release_later(struct work_struct *work)
{
	release(container_of(work, struct vdu_reg, release));
	/* The charge is given back before: pairs with try_charge(). */
	smp_mb__before_atomic();
	atomic_dec(&releasing);
	wake_up_all(&released);
}

/**
 * vdu_reg_release() - let the pages of an unmapped registration go
 * @reg:	registration; the struct may be gone afterwards
 *
 * That may take as long as its program likes: it waits for changes of the
 * program's mappings (mmu_interval_notifier_remove()), which threads may keep
 * going, and for locks of pages, which a file system in user space may hold. So
 * only the program itself waits. For anyone else a worker does, one for each
 * registration.
 *
 * Context: process context, may sleep; takes no mmap_lock.
 */
void vdu_reg_release(struct vdu_reg *reg)
{
	if (reg->key.mm == current->mm) {
		release(reg);
		return;
	}
	atomic_inc(&releasing);
	INIT_WORK(&reg->release, release_later);
	queue_work(release_wq, &reg->release);
}

/**
 * vdu_reg_drop() - drop a use of the pages
 * @reg:	registration
 *
 * Context: process context, may sleep; takes no mmap_lock.
 * Return: true if it was the last one: the pages are unmapped, the caller is to
 * call vdu_reg_release().
 */
bool vdu_reg_drop(struct vdu_reg *reg)
{
	if (!atomic_dec_and_test(&reg->uses))
		return false;
	vdu_reg_unmap(reg);
	return true;
}

/**
 * vdu_reg_retire() - have the worker see whether pages can go
 * @reg:	whose struct the caller has a reference of
 *
 * Context: any.
 */
void vdu_reg_retire(struct vdu_reg *reg)
{
	if (test_and_set_bit(REG_RETIRED, &reg->flags))
		return;

	refcount_inc(&reg->refs);
	llist_add(&reg->retired, &retired);
	queue_work(system_unbound_wq, &retire_work);
}

/**
 * vdu_reg_retire_dead() - have the worker let pages go
 * @reg:	that the caller took the last use of
 *
 * Context: any.
 */
void vdu_reg_retire_dead(struct vdu_reg *reg)
{
	set_bit(REG_DEAD, &reg->flags);
	vdu_reg_retire(reg);
}

static enum vdu_evict gone_why(const struct vdu_reg *reg)
{
	return READ_ONCE(reg->watch.event) == MMU_NOTIFY_RELEASE ?
	       VDU_EVICT_EXIT : VDU_EVICT_GONE;
}

static void retire_one(struct vdu_reg *reg)
{
	/* First: what happens from here on retires it once more. */
	clear_bit(REG_RETIRED, &reg->flags);
	/* Pairs with the test_and_set_bit() in vdu_reg_retire(). */
	smp_mb__after_atomic();

	if (test_and_clear_bit(REG_DEAD, &reg->flags) ||
	    (READ_ONCE(reg->watch.gone) &&
	     vdu_registry_take_unused(reg, gone_why(reg)))) {
		vdu_reg_unmap(reg);
		vdu_reg_release(reg);
	}
	vdu_reg_unref(reg);
}

static void retire_all(struct work_struct *work)
{
	struct vdu_reg *reg, *next;

	llist_for_each_entry_safe(reg, next, llist_del_all(&retired), retired)
		retire_one(reg);
}

/**
 * vdu_reg_use() - keep the pages of a registration
 * @reg:	whose struct the caller has a reference of
 *
 * Context: any.
 * Return: true if they stay until vdu_reg_unuse(), false if they are gone.
 */
bool vdu_reg_use(struct vdu_reg *reg)
{
	return atomic_inc_not_zero(&reg->uses);
}

/**
 * vdu_reg_unuse() - undo vdu_reg_use()
 * @reg:	the caller keeps the reference of the struct
 *
 * Context: any, also hard interrupt: the worker lets pages go.
 */
void vdu_reg_unuse(struct vdu_reg *reg)
{
	int left = atomic_dec_return(&reg->uses);

	if (!left)
		vdu_reg_retire_dead(reg);
	else if (left == 1 && READ_ONCE(reg->watch.gone))
		vdu_reg_retire(reg);
}

static void count_repin(const struct vdu_reg *reg)
{
	enum vdu_stat stat = VDU_REPINS_OTHER;

	if (!reg->watch.on)
		stat = VDU_REPINS_UNWATCHED;
	else if (reg->watch.event == MMU_NOTIFY_UNMAP)
		stat = VDU_REPINS_UNMAP;
	else if (reg->watch.event == MMU_NOTIFY_CLEAR)
		stat = VDU_REPINS_CLEAR;
	vdu_stat_add(stat, 1);
}

/* Are its pages still the program's? 0, -ESTALE, or why there are none. */
static int confirm_pages(struct vdu_reg *reg)
{
	int seen, ret;

	count_repin(reg);
	seen = vdu_watch_begin(&reg->watch);
	ret = vdu_pin_compare(&reg->pages, reg->key.vaddr, reg->key.dir);
	trace_vdu_repin(reg, ret);
	if (ret)
		return ret;

	vdu_stat_add(VDU_REPINS_SAME, 1);
	reg->watch.changes_seen = seen;
	return 0;
}

/* May the program still do with them what the device is to do? */
static int confirm_rights(struct vdu_reg *reg)
{
	int seen = atomic_read(&reg->watch.protects);

	if (!vdu_pin_allowed(reg->key.vaddr, reg->key.size, reg->key.dir))
		return -EFAULT;

	reg->watch.protects_seen = seen;
	return 0;
}

/**
 * vdu_reg_confirm() - is a registration still good?
 * @reg:	of the calling program's memory, used by the caller
 *
 * Context: process context, may sleep; takes mmap_lock if the range changed.
 * Return: 0; -ESTALE: the program has other pages there; else why it has none.
 */
int vdu_reg_confirm(struct vdu_reg *reg)
{
	unsigned int tries = reg->watch.on ? SETTLE_TRIES : 1;
	int ret = 0;

	if (unlikely(vdu_watch_protected(&reg->watch)))
		ret = confirm_rights(reg);
	/* What goes on changing is looked at again at the next transfer. */
	while (!ret && unlikely(vdu_watch_changed(&reg->watch)) && tries--)
		ret = confirm_pages(reg);
	return ret;
}

static int pin_once(struct vdu_reg *reg)
{
	int ret;

	reg->watch.protects_seen = atomic_read(&reg->watch.protects);
	reg->watch.changes_seen = vdu_watch_begin(&reg->watch);
	ret = vdu_pin(&reg->pages, reg->key.dev, reg->key.vaddr, reg->key.dir);
	if (ret || !reg->watch.on)
		return ret;

	ret = vdu_reg_confirm(reg);
	if (ret)
		vdu_unpin(&reg->pages, DMA_NONE);
	return ret;
}

static int pin_settled(struct vdu_reg *reg)
{
	unsigned int tries = SETTLE_TRIES;
	int ret;

	do {
		ret = pin_once(reg);
	} while (ret == -ESTALE && tries--);
	/* The program changes its range faster than it can be pinned. */
	return ret == -ESTALE ? -EFAULT : ret;
}

/* True if there is nothing more to wait for. */
static bool try_charge(struct mm_struct *mm, unsigned int count, bool *charged)
{
	/* Before: what is released in between makes for another try. */
	bool last = !atomic_read(&releasing);

	*charged = vdu_charge(mm, count);
	return *charged || last;
}

/*
 * What is idle counts as well, and is the first to go. Others may be releasing
 * the program's memory just now.
 */
static bool charge_after_release(struct mm_struct *mm, unsigned int count)
{
	bool charged;

	vdu_idle_evict_owner(mm);
	vdu_regs_flush();
	wait_event_killable_timeout(released, try_charge(mm, count, &charged),
				    RELEASE_WAIT);
	return charged;
}

/*
 * Whatever the range: which pages are there is only known when they are pinned.
 * If they are charged already, the registry gives this charge back.
 */
static int charge(struct vdu_reg *reg)
{
	struct mm_struct *mm = reg->key.mm;
	unsigned int count = reg->pages.count;

	reg->charged = vdu_charge(mm, count) || charge_after_release(mm, count);
	if (!reg->charged)
		vdu_charge_explain(reg->key.dev, mm, count);
	return reg->charged ? 0 : -ENOMEM;
}

static int measure(struct vdu_reg *reg)
{
	int count = vdu_page_count(reg->key.vaddr, reg->key.size);

	if (count < 0) {
		vdu_dbg(reg->key.dev, "range 0x%lx+%lu is empty or wraps\n",
			reg->key.vaddr, reg->key.size);
		return count;
	}

	reg->pages.count = count;
	reg->pages.offset = offset_in_page(reg->key.vaddr);
	reg->pages.size = reg->key.size;
	return 0;
}

static struct vdu_reg *reg_alloc(const struct vdu_key *key,
				 const struct vb2_queue *queue)
{
	struct vdu_reg *reg = kzalloc(sizeof(*reg), GFP_KERNEL);

	if (!reg)
		return NULL;

	reg->key = *key;
	reg->queue = queue;
	reg->keep = vdu_device_watch(key->dev);
	reg->slots = 1;
	reg->owner = task_tgid_nr(current);
	get_task_comm(reg->comm, current->group_leader);
	RB_CLEAR_NODE(&reg->node);
	INIT_LIST_HEAD(&reg->idle);
	/* The registry's and the caller's */
	atomic_set(&reg->uses, 2);
	refcount_set(&reg->refs, 2);
	return reg;
}

static int reg_fill(struct vdu_reg *reg)
{
	int ret;

	ret = measure(reg);
	if (ret)
		return ret;
	ret = charge(reg);
	if (ret)
		return ret;
	ret = vdu_watch_start(reg);
	if (ret)
		goto err_watch;
	ret = pin_settled(reg);
	if (ret)
		goto err_pin;
	ret = vdu_fit(&reg->map, reg->key.dev, reg->key.dir, &reg->pages);
	if (ret)
		goto err_map;
	if (!vdu_map_copies(&reg->map) && vdu_map_keeps_pages(&reg->map))
		vdu_pages_slim(&reg->pages, &reg->map.sgt);
	return 0;

err_map:
	vdu_unpin(&reg->pages, DMA_NONE);
err_pin:
	vdu_watch_stop(reg);
err_watch:
	vdu_charge_move(reg->key.mm, -(long)reg->pages.count);
	return ret;
}

/**
 * vdu_reg_new() - make a registration
 * @key:	range, device and direction; its mm is current->mm
 * @queue:	that wants it
 *
 * Context: process context, may sleep; takes mmap_lock.
 * Return: the registration with one slot and one use beside the registry's, in
 * which it is still to be put; or an error pointer.
 */
struct vdu_reg *vdu_reg_new(const struct vdu_key *key,
			    const struct vb2_queue *queue)
{
	struct vdu_reg *reg = reg_alloc(key, queue);
	int ret;

	if (!reg)
		return ERR_PTR(-ENOMEM);

	ret = reg_fill(reg);
	if (ret)
		goto err_fill;

	mmgrab(key->mm);
	get_device(key->dev);
	vdu_stat_add(VDU_REGISTRATIONS, 1);
	vdu_stat_add(VDU_MISSES, 1);
	trace_vdu_register(reg, 0);
	return reg;

err_fill:
	vdu_stat_add(VDU_REJECTED, 1);
	vdu_reg_unref(reg);
	vdu_reg_unref(reg);
	return ERR_PTR(ret);
}

/**
 * vdu_regs_flush() - wait until what was handed to the worker is unmapped
 *
 * Context: process context, may sleep.
 */
void vdu_regs_flush(void)
{
	flush_work(&retire_work);
}

/**
 * vdu_regs_init() - before there are any
 *
 * Return: 0 or -ENOMEM.
 */
int vdu_regs_init(void)
{
	release_wq = alloc_workqueue("vb2-dma-user", WQ_UNBOUND,
				     WQ_UNBOUND_MAX_ACTIVE);
	return release_wq ? 0 : -ENOMEM;
}

/**
 * vdu_regs_exit() - at the module's end, when all have ended
 */
void vdu_regs_exit(void)
{
	vdu_regs_flush();
	/* No call back comes after this, and nothing else retires any. */
	destroy_workqueue(release_wq);
	vdu_regs_flush();
}
