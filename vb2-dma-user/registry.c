// SPDX-License-Identifier: GPL-2.0
/*
 * Registrations: user ranges, pinned and mapped for one device and direction
 *
 * A registration is made once and never altered: when the program has other
 * pages in its range, another one takes its place, and the old one ends when
 * the last transfer into it does.
 */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "internal.h"
#include "trace.h"

/* Bits of &vdu_reg.flags */
#define REG_RETIRED	0	/* in the list of the worker */
#define REG_FREED	1	/* its pages are let go */

/* Pinning may itself replace pages (copy on write): look again so often. */
#define SETTLE_TRIES	3

DEFINE_SPINLOCK(vdu_reg_lock);
static struct rb_root tree = RB_ROOT;

static LLIST_HEAD(retired);
static void retire_all(struct work_struct *work);
static DECLARE_WORK(retire_work, retire_all);

#define CMP(a, b) ((a) < (b) ? -1 : (a) > (b))

/**
 * vdu_key_cmp() - the order of registrations
 * @a:	a key
 * @b:	another
 *
 * Registrations of the same range are neighbours.
 *
 * Return: negative, 0 or positive, as memcmp().
 */
int vdu_key_cmp(const struct vdu_key *a, const struct vdu_key *b)
{
	return CMP(a->mm, b->mm) ?:
	       CMP(a->vaddr, b->vaddr) ?:
	       CMP(a->size, b->size) ?:
	       CMP(a->dev, b->dev) ?:
	       CMP(a->dir, b->dir);
}

static struct vdu_reg *to_reg(struct rb_node *node)
{
	return rb_entry_safe(node, struct vdu_reg, node);
}

static bool linked(const struct vdu_reg *reg)
{
	return !RB_EMPTY_NODE(&reg->node);
}

static int find_cmp(const void *key, const struct rb_node *node)
{
	return vdu_key_cmp(key, &rb_entry(node, struct vdu_reg, node)->key);
}

static bool add_less(struct rb_node *a, const struct rb_node *b)
{
	return find_cmp(&to_reg(a)->key, b) < 0;
}

static bool same_range(const struct vdu_reg *a, const struct vdu_reg *b)
{
	return b && a->key.mm == b->key.mm && a->key.vaddr == b->key.vaddr &&
	       a->key.size == b->key.size;
}

/* Another registration of the same memory: both hold the same pages. */
static struct vdu_reg *find_twin(struct vdu_reg *reg)
{
	struct vdu_reg *prev = to_reg(rb_prev(&reg->node));
	struct vdu_reg *next = to_reg(rb_next(&reg->node));

	if (same_range(reg, prev))
		return prev;
	return same_range(reg, next) ? next : NULL;
}

/* The same memory is charged once, to one of the twins: here to the first. */
static void link_charge(struct vdu_reg *reg)
{
	if (!find_twin(reg))
		return;
	reg->charged = false;
	vdu_charge_move(reg->key.mm, -(long)reg->pages.count);
}

static void unlink_charge(struct vdu_reg *reg)
{
	struct vdu_reg *twin = find_twin(reg);

	if (!reg->charged || !twin)
		return;
	twin->charged = true;
	reg->charged = false;
}

static void unref(struct vdu_reg *reg)
{
	if (!refcount_dec_and_test(&reg->refs))
		return;
	kfree(reg->spare);
	kfree(reg);
}

/* Under vdu_reg_lock. The registry's use of it is still to be dropped. */
static void unlink(struct vdu_reg *reg, enum vdu_evict why)
{
	vdu_idle_del(reg);
	unlink_charge(reg);
	rb_erase(&reg->node, &tree);
	RB_CLEAR_NODE(&reg->node);
	vdu_stat_add(VDU_EVICTIONS + why, 1);
	trace_vdu_evict(reg, why);
}

/**
 * vdu_reg_free() - let the pages of a registration go
 * @reg:	nobody uses it any more
 *
 * Context: process context, may sleep; takes no mmap_lock.
 */
void vdu_reg_free(struct vdu_reg *reg)
{
	if (test_and_set_bit(REG_FREED, &reg->flags))
		return;

	vdu_watch_stop(reg);
	vdu_unmap(&reg->map);
	if (reg->charged)
		vdu_charge_move(reg->key.mm, -(long)reg->pages.count);
	vdu_unpin(&reg->pages, reg->key.dir);
	put_device(reg->key.dev);
	mmdrop(reg->key.mm);
	vdu_stat_add(VDU_REGISTRATIONS, -1);
	unref(reg);
}

/* Drop a use in process context. */
static void drop_use(struct vdu_reg *reg)
{
	if (atomic_dec_and_test(&reg->uses))
		vdu_reg_free(reg);
}

/**
 * vdu_reg_take() - take a registration that nobody uses out of the registry
 * @reg:	that can be found
 * @why:	to count
 *
 * Context: under vdu_reg_lock.
 * Return: true if the caller is now to call vdu_reg_free() or
 * vdu_reg_retire(); false if someone does use it.
 */
bool vdu_reg_take(struct vdu_reg *reg, enum vdu_evict why)
{
	lockdep_assert_held(&vdu_reg_lock);
	if (atomic_cmpxchg(&reg->uses, 1, 0) != 1)
		return false;

	unlink(reg, why);
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

static enum vdu_evict gone_why(const struct vdu_reg *reg)
{
	return READ_ONCE(reg->watch.event) == MMU_NOTIFY_RELEASE ?
	       VDU_EVICT_EXIT : VDU_EVICT_GONE;
}

static void retire_one(struct vdu_reg *reg)
{
	/* First: what happens from here on retires it once more. */
	clear_bit(REG_RETIRED, &reg->flags);
	smp_mb__after_atomic();

	spin_lock(&vdu_reg_lock);
	if (linked(reg) && READ_ONCE(reg->watch.gone))
		vdu_reg_take(reg, gone_why(reg));
	spin_unlock(&vdu_reg_lock);

	if (!atomic_read(&reg->uses))
		vdu_reg_free(reg);
	unref(reg);
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

	if (!left || (left == 1 && READ_ONCE(reg->watch.gone)))
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

static int confirm(struct vdu_reg *reg)
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

/* Nobody shall find it any more; who uses it goes on. */
static void forget(struct vdu_reg *reg)
{
	bool was_linked;

	spin_lock(&vdu_reg_lock);
	was_linked = linked(reg);
	if (was_linked)
		unlink(reg, VDU_EVICT_STALE);
	spin_unlock(&vdu_reg_lock);

	if (was_linked)
		drop_use(reg);
}

/**
 * vdu_reg_claim() - use a registration for a transfer, if it is still good
 * @reg:	of the calling program's memory; the caller has a slot of it
 *
 * A registration that is not good is not found again.
 *
 * Context: process context, may sleep; takes mmap_lock if the range changed.
 * Return: 0: to be given back by vdu_reg_unuse(); -ESTALE: the program has
 * other pages there; else why it has none, as vdu_pin().
 */
int vdu_reg_claim(struct vdu_reg *reg)
{
	int ret;

	if (!vdu_reg_use(reg))
		return -ESTALE;

	ret = confirm(reg);
	if (!ret) {
		reg->hits++;
		vdu_stat_add(VDU_HITS, 1);
		trace_vdu_hit(reg, 0);
		return 0;
	}
	forget(reg);
	drop_use(reg);
	return ret;
}

static int pin_once(struct vdu_reg *reg)
{
	int ret;

	reg->watch.protects_seen = atomic_read(&reg->watch.protects);
	reg->watch.changes_seen = vdu_watch_begin(&reg->watch);
	ret = vdu_pin(&reg->pages, reg->key.dev, reg->key.vaddr, reg->key.size,
		      reg->key.dir);
	if (ret || !reg->watch.on)
		return ret;

	ret = confirm(reg);
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

static bool any_twin(const struct vdu_reg *reg)
{
	struct rb_node *node;
	bool twin = false;

	spin_lock(&vdu_reg_lock);
	for (node = tree.rb_node; node && !twin;) {
		twin = same_range(reg, to_reg(node));
		node = find_cmp(&reg->key, node) < 0 ? node->rb_left :
						       node->rb_right;
	}
	spin_unlock(&vdu_reg_lock);
	return twin;
}

/* Memory that is charged already is never over the limit. */
static int charge(struct vdu_reg *reg)
{
	unsigned long first;
	unsigned int count;
	int ret;

	ret = vdu_page_range(reg->key.vaddr, reg->key.size, &first, &count);
	if (ret)
		return ret;
	if (any_twin(reg))
		vdu_charge_move(reg->key.mm, count);
	else
		ret = vdu_charge(reg->key.dev, reg->key.mm, count);
	reg->charged = !ret;
	return ret;
}

static void uncharge(struct vdu_reg *reg)
{
	unsigned long first;
	unsigned int count;

	if (!vdu_page_range(reg->key.vaddr, reg->key.size, &first, &count))
		vdu_charge_move(reg->key.mm, -(long)count);
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

/* What the same range had under this key must be stale: forget it. */
static void link_new(struct vdu_reg *reg)
{
	struct rb_node *node;
	struct vdu_reg *old;

	spin_lock(&vdu_reg_lock);
	node = rb_find(&reg->key, &tree, find_cmp);
	old = to_reg(node);
	if (old)
		unlink(old, VDU_EVICT_STALE);
	rb_add(&reg->node, &tree, add_less);
	link_charge(reg);
	spin_unlock(&vdu_reg_lock);

	if (old)
		drop_use(old);
}

static int reg_fill(struct vdu_reg *reg)
{
	int ret;

	ret = charge(reg);
	if (ret)
		return ret;
	ret = vdu_watch_start(reg);
	if (ret)
		goto err_watch;
	ret = pin_settled(reg);
	if (ret)
		goto err_pin;
	ret = vdu_map(&reg->map, reg->key.dev, reg->key.dir, &reg->pages);
	if (ret)
		goto err_map;
	return 0;

err_map:
	vdu_unpin(&reg->pages, DMA_NONE);
err_pin:
	vdu_watch_stop(reg);
err_watch:
	uncharge(reg);
	return ret;
}

static struct vdu_reg *reg_new(const struct vdu_key *key,
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
	link_new(reg);
	return reg;

err_fill:
	vdu_stat_add(VDU_REJECTED, 1);
	unref(reg);
	unref(reg);
	return ERR_PTR(ret);
}

/* Gives the caller a slot of the registration, so that it can't vanish. */
static struct vdu_reg *find_slot(const struct vdu_key *key,
				 const struct vb2_queue *queue)
{
	struct vdu_reg *reg;

	spin_lock(&vdu_reg_lock);
	reg = to_reg(rb_find(key, &tree, find_cmp));
	if (reg) {
		vdu_idle_del(reg);
		reg->queue = queue;
		reg->slots++;
		refcount_inc(&reg->refs);
	}
	spin_unlock(&vdu_reg_lock);
	return reg;
}

/**
 * vdu_reg_get() - the registration of a range of the calling program, claimed
 * @key:	range, device and direction; its mm is current->mm
 * @queue:	that wants it
 *
 * Context: process context, may sleep; takes mmap_lock.
 * Return: the registration, to be given back by vdu_reg_unuse() and
 * vdu_reg_put(), or an error pointer, see vdu_pin(), vdu_map() and
 * vdu_charge().
 */
struct vdu_reg *vdu_reg_get(const struct vdu_key *key,
			    const struct vb2_queue *queue)
{
	struct vdu_reg *reg = find_slot(key, queue);
	int ret;

	if (!reg)
		return reg_new(key, queue);

	ret = vdu_reg_claim(reg);
	if (!ret)
		return reg;

	vdu_reg_put(reg, false);
	return ret == -ESTALE ? reg_new(key, queue) : ERR_PTR(ret);
}

/**
 * vdu_reg_put() - give a slot of a registration back
 * @reg:	from vdu_reg_get(), not used by the caller any more
 * @keep:	the queue goes on: someone may want it again soon
 *
 * Context: process context, may sleep; takes no mmap_lock, so that it may run
 * under a queue's mmap_lock and in a dying process.
 */
void vdu_reg_put(struct vdu_reg *reg, bool keep)
{
	bool taken = false;

	spin_lock(&vdu_reg_lock);
	if (!--reg->slots && linked(reg)) {
		if (keep && vdu_idle_wanted(reg))
			vdu_idle_add(reg);
		else
			taken = vdu_reg_take(reg, VDU_EVICT_QUEUE);
	}
	spin_unlock(&vdu_reg_lock);

	if (taken)
		vdu_reg_free(reg);
	else
		vdu_idle_trim();
	unref(reg);
}

/**
 * vdu_reg_each() - look at each registration
 * @fn:		called for it under vdu_reg_lock; returns false to end
 * @arg:	for @fn
 *
 * Context: process context, does not sleep.
 * Return: false if @fn did.
 */
bool vdu_reg_each(bool (*fn)(struct vdu_reg *reg, void *arg), void *arg)
{
	struct rb_node *node;
	bool more = true;

	spin_lock(&vdu_reg_lock);
	for (node = rb_first(&tree); node && more; node = rb_next(node))
		more = fn(to_reg(node), arg);
	spin_unlock(&vdu_reg_lock);
	return more;
}

/**
 * vdu_registry_exit() - at the module's end, when no buffer is left
 */
void vdu_registry_exit(void)
{
	flush_work(&retire_work);
	WARN_ON(!RB_EMPTY_ROOT(&tree));
}
