// SPDX-License-Identifier: GPL-2.0
/*
 * Which registrations there are, and which buffer has them
 */
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/rbtree.h>

#include "internal.h"
#include "trace.h"

DEFINE_SPINLOCK(vdu_reg_lock);
DECLARE_RWSEM(vdu_letting_go);
static struct rb_root tree = RB_ROOT;

static int cmp(unsigned long a, unsigned long b)
{
	return a < b ? -1 : a > b;
}

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
	return cmp((unsigned long)a->mm, (unsigned long)b->mm) ?:
	       cmp(a->vaddr, b->vaddr) ?:
	       cmp(a->size, b->size) ?:
	       cmp((unsigned long)a->dev, (unsigned long)b->dev) ?:
	       cmp(a->dir, b->dir);
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

/*
 * Another registration of the same range with the same pages. The program may
 * have replaced pages since the other one was made: then both hold their own.
 */
static struct vdu_reg *find_twin(struct vdu_reg *reg)
{
	struct vdu_reg *twin;

	for (twin = to_reg(rb_prev(&reg->node)); same_range(reg, twin);
	     twin = to_reg(rb_prev(&twin->node)))
		if (vdu_pages_same(&reg->pages, &twin->pages))
			return twin;
	for (twin = to_reg(rb_next(&reg->node)); same_range(reg, twin);
	     twin = to_reg(rb_next(&twin->node)))
		if (vdu_pages_same(&reg->pages, &twin->pages))
			return twin;
	return NULL;
}

/* Of twins in the registry one is charged: here the first. */
static void charge_link(struct vdu_reg *reg)
{
	if (!find_twin(reg))
		return;
	reg->charged = false;
	vdu_charge_move(reg->key.mm, -(long)reg->pages.count);
}

/* Its pins go now: another one takes the charge over. */
static void charge_hand_over(struct vdu_reg *reg)
{
	struct vdu_reg *twin = reg->charged ? find_twin(reg) : NULL;

	if (!twin)
		return;
	twin->charged = true;
	reg->charged = false;
}

/*
 * Its pins stay for as long as it is used, perhaps longer than its twins': from
 * here on it is charged for itself.
 */
static void charge_alone(struct vdu_reg *reg)
{
	struct vdu_reg *twin = find_twin(reg);

	if (!twin)
		return;
	vdu_charge_move(reg->key.mm, reg->pages.count);
	if (reg->charged)
		twin->charged = true;
	reg->charged = true;
}

/* Under vdu_reg_lock. The registry's use of it is still to be dropped. */
static void unlink(struct vdu_reg *reg, enum vdu_evict why)
{
	vdu_idle_del(reg);
	rb_erase(&reg->node, &tree);
	RB_CLEAR_NODE(&reg->node);
	vdu_stat_add(VDU_EVICTIONS + why, 1);
	trace_vdu_evict(reg, why);
}

/**
 * vdu_reg_take() - take a registration that nobody uses out of the registry
 * @reg:	that can be found
 * @why:	to count
 *
 * Context: under vdu_reg_lock.
 * Return: true if the caller is now to call vdu_reg_unmap() or
 * vdu_reg_retire_dead(); false if someone does use it.
 */
bool vdu_reg_take(struct vdu_reg *reg, enum vdu_evict why)
{
	lockdep_assert_held(&vdu_reg_lock);
	if (atomic_cmpxchg(&reg->uses, 1, 0) != 1)
		return false;

	charge_hand_over(reg);
	unlink(reg, why);
	return true;
}

/**
 * vdu_registry_take_unused() - take a registration out, if it can be
 * @reg:	found or not, used or not
 * @why:	to count
 *
 * Context: process context, does not sleep.
 * Return: true if the caller is now to call vdu_reg_unmap().
 */
bool vdu_registry_take_unused(struct vdu_reg *reg, enum vdu_evict why)
{
	bool taken;

	spin_lock(&vdu_reg_lock);
	taken = linked(reg) && vdu_reg_take(reg, why);
	spin_unlock(&vdu_reg_lock);
	return taken;
}

/* Under vdu_reg_lock: nobody shall find it any more; who uses it goes on. */
static void unlink_used(struct vdu_reg *reg, enum vdu_evict why)
{
	charge_alone(reg);
	unlink(reg, why);
}

/* The caller uses it, so the registry's use is not the last one. */
static void forget(struct vdu_reg *reg)
{
	spin_lock(&vdu_reg_lock);
	if (linked(reg)) {
		unlink_used(reg, VDU_EVICT_STALE);
		atomic_dec(&reg->uses);
	}
	spin_unlock(&vdu_reg_lock);
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

	ret = vdu_reg_confirm(reg);
	if (!ret) {
		reg->hits++;
		vdu_stat_add(VDU_HITS, 1);
		trace_vdu_hit(reg, 0);
		return 0;
	}
	forget(reg);
	if (vdu_reg_drop(reg))
		vdu_reg_release(reg);
	return ret;
}

static struct vdu_reg *first_of(const struct device *dev)
{
	struct rb_node *node;

	for (node = rb_first(&tree); node; node = rb_next(node))
		if (to_reg(node)->key.dev == dev)
			return to_reg(node);
	return NULL;
}

/**
 * vdu_registry_forget_device() - a device loses its driver
 * @dev:	the device
 *
 * What was mapped for one driver is none of the next one's, even if a buffer of
 * the old one still has it.
 *
 * Context: process context, may sleep.
 */
void vdu_registry_forget_device(const struct device *dev)
{
	struct vdu_reg *reg;

	do {
		spin_lock(&vdu_reg_lock);
		reg = first_of(dev);
		if (reg)
			unlink_used(reg, VDU_EVICT_UNBIND);
		spin_unlock(&vdu_reg_lock);
		if (reg && vdu_reg_drop(reg))
			vdu_reg_release(reg);
	} while (reg);
}

/**
 * vdu_registry_wait() - wait until what others have taken out is unmapped
 *
 * Context: process context, may sleep; not from where something is let go of.
 */
void vdu_registry_wait(void)
{
	down_write(&vdu_letting_go);
	up_write(&vdu_letting_go);
	vdu_regs_flush();
}

/* What the same range had under this key must be stale: forget it. */
static void link_new(struct vdu_reg *reg)
{
	struct rb_node *node;
	struct vdu_reg *old;
	bool last;

	down_read(&vdu_letting_go);
	spin_lock(&vdu_reg_lock);
	node = rb_find(&reg->key, &tree, find_cmp);
	old = to_reg(node);
	if (old)
		unlink_used(old, VDU_EVICT_STALE);
	rb_add(&reg->node, &tree, add_less);
	charge_link(reg);
	spin_unlock(&vdu_reg_lock);

	last = old && vdu_reg_drop(old);
	up_read(&vdu_letting_go);
	if (last)
		vdu_reg_release(old);
}

static struct vdu_reg *make(const struct vdu_key *key,
			    const struct vb2_queue *queue)
{
	struct vdu_reg *reg = vdu_reg_new(key, queue);

	if (!IS_ERR(reg))
		link_new(reg);
	return reg;
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
 * vdu_reg_put(), or an error pointer: -ENOMEM if it may not be charged; else
 * see vdu_pin() and vdu_fit().
 */
struct vdu_reg *vdu_reg_get(const struct vdu_key *key,
			    const struct vb2_queue *queue)
{
	struct vdu_reg *reg = find_slot(key, queue);
	int ret;

	if (!reg)
		return make(key, queue);

	ret = vdu_reg_claim(reg);
	if (!ret)
		return reg;

	vdu_reg_put(reg, false);
	return ret == -ESTALE ? make(key, queue) : ERR_PTR(ret);
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

	down_read(&vdu_letting_go);
	spin_lock(&vdu_reg_lock);
	if (!--reg->slots && linked(reg)) {
		if (keep && vdu_idle_wanted(reg))
			vdu_idle_add(reg);
		else
			taken = vdu_reg_take(reg, VDU_EVICT_QUEUE);
	}
	spin_unlock(&vdu_reg_lock);

	if (taken)
		vdu_reg_unmap(reg);
	up_read(&vdu_letting_go);
	if (taken)
		vdu_reg_release(reg);
	else
		vdu_idle_trim();
	vdu_reg_unref(reg);
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
	WARN_ON(!RB_EMPTY_ROOT(&tree));
}
