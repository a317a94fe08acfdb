// SPDX-License-Identifier: GPL-2.0
/*
 * Pinned memory, charged to the address space that it belongs to
 */
#include <linux/capability.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/mm_types.h>
#include <linux/moduleparam.h>
#include <linux/sched/signal.h>

#include "internal.h"

enum {
	MEMLOCK_ACCOUNT,
	MEMLOCK_ENFORCE,
};

static const char * const memlock_names[] = {
	[MEMLOCK_ACCOUNT] = "account",
	[MEMLOCK_ENFORCE] = "enforce",
};

/* Programs of today's drivers were never held to RLIMIT_MEMLOCK. */
static int memlock = MEMLOCK_ACCOUNT;

static int memlock_set(const char *val, const struct kernel_param *kp)
{
	int mode = sysfs_match_string(memlock_names, val);

	if (mode < 0)
		return mode;
	memlock = mode;
	return 0;
}

static int memlock_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", memlock_names[memlock]);
}

static const struct kernel_param_ops memlock_ops = {
	.set = memlock_set,
	.get = memlock_get,
};
module_param_cb(memlock, &memlock_ops, NULL, 0644);
MODULE_PARM_DESC(memlock, " account pinned memory, or enforce RLIMIT_MEMLOCK on it, default is account");

/**
 * vdu_charge_move() - change what is charged to an address space
 * @mm:		the address space
 * @pages:	by how much, negative to give back
 *
 * Takes no lock, so that it may run under a queue's mmap_lock.
 *
 * Context: any.
 */
void vdu_charge_move(struct mm_struct *mm, long pages)
{
	atomic64_add(pages, &mm->pinned_vm);
}

static unsigned long limit_pages(void)
{
	return rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
}

/**
 * vdu_charge() - charge pages to the calling program, if it may have them
 * @mm:		of the calling program
 * @pages:	how many
 *
 * As ib_umem does it: mm->pinned_vm, held against the caller's RLIMIT_MEMLOCK
 * if memlock=enforce and it has no CAP_IPC_LOCK.
 *
 * Context: process context.
 * Return: false if it may not; then nothing is charged.
 */
bool vdu_charge(struct mm_struct *mm, unsigned long pages)
{
	u64 sum = atomic64_add_return(pages, &mm->pinned_vm);

	if (READ_ONCE(memlock) == MEMLOCK_ACCOUNT || sum <= limit_pages() ||
	    capable(CAP_IPC_LOCK))
		return true;

	vdu_charge_move(mm, -(long)pages);
	return false;
}

/**
 * vdu_charge_explain() - one line in the kernel log: why pages were not charged
 * @dev:	for which device
 * @mm:		of the calling program
 * @pages:	how many
 *
 * Context: process context.
 */
void vdu_charge_explain(struct device *dev, struct mm_struct *mm,
			unsigned long pages)
{
	u64 used = atomic64_read(&mm->pinned_vm);

	dev_notice_ratelimited(dev,
			       "vb2-dma-user: %s[%d] is over RLIMIT_MEMLOCK: need %lu KiB, in use %llu KiB, limit %lu KiB\n",
			       current->comm, task_tgid_nr(current),
			       pages << (PAGE_SHIFT - 10),
			       used << (PAGE_SHIFT - 10),
			       limit_pages() << (PAGE_SHIFT - 10));
}
