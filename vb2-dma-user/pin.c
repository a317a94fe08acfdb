// SPDX-License-Identifier: GPL-2.0
/*
 * Pinning a program's pages for as long as a device may use them
 */
#include <linux/error-injection.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "compat.h"
#include "internal.h"

/* Pages per call, so that a large buffer lets others run in between. */
#define PIN_BATCH 1024

/* What -EFAULT can mean, in the words of README. */
#define PIN_EFAULT "not mapped, read-only, or without pages: use DMABUF"

/*
 * A private mapping that the program may write must have its own page before
 * a long-term pin on kernels where a pin for reading would take a shared one.
 * *count is cut to the pages that the answer holds for.
 */
static bool must_own_page(unsigned long vaddr, unsigned int *count)
{
	struct vm_area_struct *vma;
	bool own = false;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, vaddr);
	if (vma) {
		*count = min_t(unsigned long, *count,
			       (vma->vm_end - vaddr) >> PAGE_SHIFT);
		own = (vma->vm_flags & VM_WRITE) &&
		      !(vma->vm_flags & VM_SHARED);
	}
	mmap_read_unlock(current->mm);
	return own;
}

/* A function of its own so that tests can make it fail. */
static noinline int vdu_pin_pages(unsigned long vaddr, unsigned int count,
				  unsigned int flags, struct page **page)
{
	return pin_user_pages_fast(vaddr, count, flags, page);
}

ALLOW_ERROR_INJECTION(vdu_pin_pages, ERRNO);

static int pin_batch(struct page **page, unsigned long vaddr,
		     unsigned int count, enum dma_data_direction dir)
{
	unsigned int flags = FOLL_LONGTERM;

	count = min_t(unsigned int, count, PIN_BATCH);
	if (vdu_device_writes(dir))
		flags |= FOLL_WRITE;
	else if (VDU_READ_PIN_MAY_SHARE && must_own_page(vaddr, &count))
		flags |= FOLL_WRITE;

	return vdu_pin_pages(vaddr, count, flags, page);
}

/*
 * A batch may come back short; the next one then starts at the page that
 * could not be pinned and tells the true reason.
 */
static int pin_all(struct vdu_pages *pages, unsigned long vaddr,
		   enum dma_data_direction dir)
{
	unsigned int done = 0;
	int ret;

	while (done < pages->count) {
		ret = pin_batch(pages->page + done,
				vaddr + ((unsigned long)done << PAGE_SHIFT),
				pages->count - done, dir);
		if (ret <= 0) {
			unpin_user_pages(pages->page, done);
			return ret ?: -EFAULT;
		}
		done += ret;
		cond_resched();
	}
	return 0;
}

/**
 * vdu_page_range() - the pages that hold a range
 * @vaddr:	start of the range, any byte address
 * @size:	bytes
 * @first:	the first page's address
 * @count:	number of pages
 *
 * Return: 0, or -EINVAL for a range that is empty, wraps around the address
 * space, or has more pages than can be counted.
 */
int vdu_page_range(unsigned long vaddr, unsigned long size,
		   unsigned long *first, unsigned int *count)
{
	unsigned long pages;

	if (!size || vaddr + size - 1 < vaddr)
		return -EINVAL;

	pages = ((vaddr + size - 1) >> PAGE_SHIFT) - (vaddr >> PAGE_SHIFT) + 1;
	if (pages > INT_MAX)
		return -EINVAL;

	*first = vaddr & PAGE_MASK;
	*count = pages;
	return 0;
}

/**
 * vdu_pin() - pin the pages of a range of the calling program
 * @pages:	filled in
 * @dev:	whom the explanation of a failure is printed for
 * @vaddr:	start of the range, any byte address
 * @size:	bytes
 * @dir:	direction of the transfers; pages that the device writes must be
 *		writable by the program
 *
 * Context: process context of the memory's owner, may sleep; takes mmap_lock.
 * Return: 0; -EINVAL: empty or wrapping range; -EFAULT: not mapped, not
 * writable, or without pages; -ENOMEM; what else pin_user_pages_fast() tells.
 */
int vdu_pin(struct vdu_pages *pages, struct device *dev, unsigned long vaddr,
	    unsigned long size, enum dma_data_direction dir)
{
	unsigned long first;
	int ret;

	vaddr = untagged_addr(vaddr);
	ret = vdu_page_range(vaddr, size, &first, &pages->count);
	if (ret) {
		vdu_dbg(dev, "range 0x%lx+%lu is empty or wraps\n",
			vaddr, size);
		return ret;
	}

	pages->offset = offset_in_page(vaddr);
	pages->size = size;
	pages->page = kvmalloc_array(pages->count, sizeof(*pages->page),
				     GFP_KERNEL);
	if (!pages->page)
		return -ENOMEM;

	ret = pin_all(pages, first, dir);
	if (ret)
		goto err_pin;

	vdu_stat_add(VDU_PAGES_PINNED, pages->count);
	return 0;

err_pin:
	vdu_dbg(dev, "can't pin 0x%lx+%lu for the device to %s: %d%s\n",
		vaddr, size, vdu_device_writes(dir) ? "write" : "read", ret,
		ret == -EFAULT ? " (" PIN_EFAULT ")" : "");
	kvfree(pages->page);
	return ret;
}

/**
 * vdu_unpin() - let go of pinned pages
 * @pages:	from vdu_pin()
 * @dir:	as given to vdu_pin(); pages that the device wrote are dirtied,
 *		or the frame would be lost when they are written back or swapped
 *
 * Context: process context, may sleep (page locks); takes no mmap_lock, so
 * that it may run under a queue's mmap_lock and in a dying process.
 */
void vdu_unpin(struct vdu_pages *pages, enum dma_data_direction dir)
{
	unpin_user_pages_dirty_lock(pages->page, pages->count,
				    vdu_device_writes(dir));
	vdu_stat_add(VDU_PAGES_PINNED, -(long)pages->count);
	kvfree(pages->page);
}
