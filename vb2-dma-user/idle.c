// SPDX-License-Identifier: GPL-2.0
/*
 * Idle registrations: pinned and mapped, but in no buffer of a queue
 *
 * A program that rotates more buffers than its queue has slots gets each back
 * without a pin and a mapping. What that may cost is limited: by bytes, by age,
 * by the need of others for memory.
 */
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "internal.h"

/* A range that comes back more seldom gains nothing worth its pins. */
#define IDLE_SECONDS 10

static unsigned int idle_mb = 256;
module_param(idle_mb, uint, 0644);
MODULE_PARM_DESC(idle_mb, " most MiB to keep pinned for buffers in no queue slot, default is 256");

/* The longest unused first. Both under vdu_reg_lock. */
static LIST_HEAD(lru);
static unsigned long idle_pages;

static struct shrinker *shrinker;

static void age(struct work_struct *work);
static DECLARE_DELAYED_WORK(age_work, age);

/**
 * vdu_idle_wanted() - may a registration stay when no buffer has it?
 * @reg:	registration
 *
 * Only where someone tells when it has to go: its mapping, and its device.
 *
 * Context: under vdu_reg_lock.
 */
bool vdu_idle_wanted(const struct vdu_reg *reg)
{
	return reg->keep && reg->watch.on && !READ_ONCE(reg->watch.gone) &&
	       READ_ONCE(idle_mb);
}

/* Its own pages, and those of the module that stand in for them. */
static unsigned long cost(const struct vdu_reg *reg)
{
	const struct vdu_map *map = &reg->map;
	size_t more = map->copy.piece ? map->copy.bytes :
					vdu_edges_bytes(&map->edges);

	return reg->pages.count + PFN_UP(more);
}

/**
 * vdu_idle_add() - no buffer has a registration any more
 * @reg:	registration
 *
 * Context: under vdu_reg_lock.
 */
void vdu_idle_add(struct vdu_reg *reg)
{
	reg->idle_since = jiffies;
	list_add_tail(&reg->idle, &lru);
	idle_pages += cost(reg);
	vdu_stat_add(VDU_REGISTRATIONS_IDLE, 1);
	vdu_stat_add(VDU_PAGES_IDLE, reg->pages.count);
	schedule_delayed_work(&age_work, IDLE_SECONDS * HZ);
}

/**
 * vdu_idle_del() - a buffer has a registration again, or it ends
 * @reg:	registration, idle or not
 *
 * Context: under vdu_reg_lock.
 */
void vdu_idle_del(struct vdu_reg *reg)
{
	if (list_empty(&reg->idle))
		return;

	list_del_init(&reg->idle);
	idle_pages -= cost(reg);
	vdu_stat_add(VDU_REGISTRATIONS_IDLE, -1);
	vdu_stat_add(VDU_PAGES_IDLE, -(long)reg->pages.count);
}

static void unmap_all(struct list_head *list)
{
	struct vdu_reg *reg;

	list_for_each_entry(reg, list, idle)
		vdu_reg_unmap(reg);
}

static void release_all(struct list_head *list)
{
	struct vdu_reg *reg, *next;

	list_for_each_entry_safe(reg, next, list, idle) {
		list_del_init(&reg->idle);
		vdu_reg_release(reg);
	}
}

/*
 * Those for which @match says so; the lock is held only to choose them. True if
 * there were any.
 */
static bool evict(bool (*match)(const struct vdu_reg *reg, const void *arg),
		  const void *arg, enum vdu_evict why)
{
	struct vdu_reg *reg, *next;
	LIST_HEAD(out);

	down_read(&vdu_letting_go);
	spin_lock(&vdu_reg_lock);
	list_for_each_entry_safe(reg, next, &lru, idle)
		if (match(reg, arg) && vdu_reg_take(reg, why))
			list_add_tail(&reg->idle, &out);
	spin_unlock(&vdu_reg_lock);

	unmap_all(&out);
	up_read(&vdu_letting_go);
	if (list_empty(&out))
		return false;
	release_all(&out);
	return true;
}

static bool of_queue(const struct vdu_reg *reg, const void *queue)
{
	return reg->queue == queue;
}

static bool of_owner(const struct vdu_reg *reg, const void *mm)
{
	return reg->key.mm == mm;
}

static bool of_device(const struct vdu_reg *reg, const void *dev)
{
	return reg->key.dev == dev;
}

static bool over_cap(const struct vdu_reg *reg, const void *unused)
{
	unsigned long cap = min_t(u64, (u64)READ_ONCE(idle_mb) * SZ_1M >> PAGE_SHIFT,
				  ULONG_MAX);

	return idle_pages > cap;
}

static bool over_age(const struct vdu_reg *reg, const void *unused)
{
	return time_after_eq(jiffies, reg->idle_since + IDLE_SECONDS * HZ);
}

static bool any(const struct vdu_reg *reg, const void *unused)
{
	return true;
}

/**
 * vdu_idle_trim() - let go of what is over the cap, the longest unused first
 *
 * Context: process context, may sleep.
 */
void vdu_idle_trim(void)
{
	if (over_cap(NULL, NULL))
		evict(over_cap, NULL, VDU_EVICT_CAP);
}

/**
 * vdu_idle_evict_queue() - a queue ends, or lost its buffers
 * @queue:	the queue; only compared
 *
 * Context: process context, may sleep; takes no mmap_lock.
 */
void vdu_idle_evict_queue(const struct vb2_queue *queue)
{
	evict(of_queue, queue, VDU_EVICT_QUEUE);
}

/**
 * vdu_idle_evict_owner() - a program is at its limit
 * @mm:		of the program
 *
 * Context: process context, may sleep; takes no mmap_lock.
 */
void vdu_idle_evict_owner(const struct mm_struct *mm)
{
	evict(of_owner, mm, VDU_EVICT_LIMIT);
}

/**
 * vdu_idle_evict_device() - a device can't take more mappings
 * @dev:	the device
 *
 * Context: process context, may sleep; takes no mmap_lock.
 * Return: true if there was something to let go of.
 */
bool vdu_idle_evict_device(const struct device *dev)
{
	return evict(of_device, dev, VDU_EVICT_LIMIT);
}

static void age(struct work_struct *work)
{
	evict(over_age, NULL, VDU_EVICT_AGE);
	if (READ_ONCE(idle_pages))
		schedule_delayed_work(&age_work, HZ);
}

static unsigned long shrink_count(struct shrinker *s, struct shrink_control *sc)
{
	return READ_ONCE(idle_pages) ?: SHRINK_EMPTY;
}

/*
 * Whoever needs memory may hold a page's lock, so the worker lets the pages
 * go: unpinning takes those locks.
 */
static unsigned long shrink_scan(struct shrinker *s, struct shrink_control *sc)
{
	struct vdu_reg *reg, *next;
	unsigned long freed = 0;

	spin_lock(&vdu_reg_lock);
	list_for_each_entry_safe(reg, next, &lru, idle) {
		if (freed >= sc->nr_to_scan)
			break;
		if (!vdu_reg_take(reg, VDU_EVICT_PRESSURE))
			continue;
		freed += cost(reg);
		vdu_reg_retire_dead(reg);
	}
	spin_unlock(&vdu_reg_lock);
	return freed ?: SHRINK_STOP;
}

/**
 * vdu_idle_init() - let memory pressure reach the idle ones
 *
 * Return: 0 or -ENOMEM.
 */
int vdu_idle_init(void)
{
	shrinker = vdu_shrinker_new(shrink_count, shrink_scan, "vb2-dma-user");
	return PTR_ERR_OR_ZERO(shrinker);
}

/**
 * vdu_idle_exit() - let all of them go
 */
void vdu_idle_exit(void)
{
	vdu_shrinker_free(shrinker);
	evict(any, NULL, VDU_EVICT_UNLOAD);
	cancel_delayed_work_sync(&age_work);
}
