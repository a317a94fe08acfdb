// SPDX-License-Identifier: GPL-2.0
/*
 * Pinning a program's pages for as long as a device may use them
 */
#include <linux/error-injection.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/scatterlist.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "internal.h"

/* Pages per call, so that a large buffer lets others run in between. */
#define PIN_BATCH 1024

/* On the stack */
#define UNPIN_BATCH 32

/* What -EFAULT can mean, in the words of README. */
#define PIN_EFAULT "not mapped, read-only, or without pages: use DMABUF"

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

	if (vdu_device_writes(dir))
		flags |= FOLL_WRITE;
	return vdu_pin_pages(vaddr, min_t(unsigned int, count, PIN_BATCH),
			     flags, page);
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
 * vdu_pin() - pin the pages of a range of the calling program
 * @pages:	with count, offset and size, the rest zero; @pages->page is filled in
 * @dev:	whom the explanation of a failure is printed for
 * @vaddr:	start of the range, any byte address
 * @dir:	direction of the transfers; pages that the device writes must be
 *		writable by the program
 *
 * Context: process context of the memory's owner, may sleep; takes mmap_lock.
 * Return: 0; -EFAULT: not mapped, not writable, or without pages; -ENOMEM;
 * what else pin_user_pages_fast() tells.
 */
int vdu_pin(struct vdu_pages *pages, struct device *dev, unsigned long vaddr,
	    enum dma_data_direction dir)
{
	int ret;

	pages->page = kvmalloc_array(pages->count, sizeof(*pages->page),
				     GFP_KERNEL);
	if (!pages->page)
		return -ENOMEM;

	ret = pin_all(pages, vaddr & PAGE_MASK, dir);
	if (ret)
		goto err_pin;

	vdu_stat_add(VDU_PAGES_PINNED, pages->count);
	return 0;

err_pin:
	vdu_dbg(dev, "can't pin 0x%lx+%lu for the device to %s: %d%s\n",
		vaddr, pages->size, vdu_device_writes(dir) ? "write" : "read", ret,
		ret == -EFAULT ? " (" PIN_EFAULT ")" : "");
	vdu_pages_free(pages);
	return ret;
}

/* Single pages together, as a call for each costs more than the page. */
static void unpin_table(struct sg_table *sgt, bool dirty)
{
	struct page *single[UNPIN_BATCH];
	unsigned int i, count, singles = 0;
	struct scatterlist *sg;

	for_each_sgtable_sg(sgt, sg, i) {
		count = PFN_UP(sg->offset + sg->length);
		if (count > 1)
			unpin_user_page_range_dirty_lock(sg_page(sg), count,
							 dirty);
		else
			single[singles++] = sg_page(sg);
		if (singles == UNPIN_BATCH) {
			unpin_user_pages_dirty_lock(single, singles, dirty);
			singles = 0;
		}
	}
	unpin_user_pages_dirty_lock(single, singles, dirty);
}

/**
 * vdu_unpin() - let go of pinned pages
 * @pages:	from vdu_pin()
 * @dir:	as given to vdu_pin(), or DMA_NONE if no device ever had them;
 *		pages that the device wrote are dirtied,
 *		or the frame would be lost when they are written back or swapped
 *
 * Context: process context, may sleep (page locks); takes no mmap_lock, so
 * that it may run under a queue's mmap_lock and in a dying process.
 */
void vdu_unpin(struct vdu_pages *pages, enum dma_data_direction dir)
{
	bool dirty = vdu_device_writes(dir);

	vdu_pages_vunmap(pages);
	if (pages->page)
		unpin_user_pages_dirty_lock(pages->page, pages->count, dirty);
	else
		unpin_table(pages->sgt, dirty);
	vdu_stat_add(VDU_PAGES_PINNED, -(long)pages->count);
	vdu_pages_free(pages);
}

/*
 * One batch of vdu_pin_compare(), at most @count pages, into @scratch: pages
 * compared, or -errno.
 */
static int compare_batch(struct page **scratch, struct vdu_walk *walk,
			 unsigned long vaddr, unsigned int count,
			 enum dma_data_direction dir)
{
	int got = pin_batch(scratch, vaddr, count, dir);
	int same = 0;

	if (got <= 0)
		return got ?: -EFAULT;

	while (same < got && scratch[same] == vdu_walk_next(walk))
		same++;
	unpin_user_pages(scratch, got);
	return same == got ? got : -ESTALE;
}

/**
 * vdu_pin_compare() - are these still the pages of a range?
 * @pages:	from vdu_pin() of that range
 * @vaddr:	start of the range
 * @dir:	as given to vdu_pin()
 *
 * Pins the range once more for as long as it takes to look.
 *
 * Context: process context of the memory's owner, may sleep; takes mmap_lock.
 * Return: 0 if they are; -ESTALE if the program has other pages there now;
 * else why it has none, as vdu_pin().
 */
int vdu_pin_compare(const struct vdu_pages *pages, unsigned long vaddr,
		    enum dma_data_direction dir)
{
	unsigned long first = vaddr & PAGE_MASK;
	struct page **scratch;
	struct vdu_walk walk;
	unsigned int done;
	int ret = 0;

	scratch = kmalloc_array(min_t(unsigned int, pages->count, PIN_BATCH),
				sizeof(*scratch), GFP_KERNEL);
	if (!scratch)
		return -ENOMEM;

	vdu_walk_begin(&walk, pages);
	for (done = 0; done < pages->count; done += ret) {
		ret = compare_batch(scratch, &walk,
				    first + ((unsigned long)done << PAGE_SHIFT),
				    pages->count - done, dir);
		if (ret < 0)
			break;
		cond_resched();
	}
	kfree(scratch);
	return min(ret, 0);
}

/**
 * vdu_pin_allowed() - may the calling program's range still be transferred?
 * @vaddr:	start of the range; does not wrap
 * @size:	bytes
 * @dir:	direction of the transfers
 *
 * For pages that are pinned already: looks at no page table.
 *
 * Context: process context of the memory's owner, may sleep; takes mmap_lock.
 * Return: true if the program itself may write the range, or read it where the
 * device only reads.
 */
bool vdu_pin_allowed(unsigned long vaddr, unsigned long size,
		     enum dma_data_direction dir)
{
	unsigned long need = vdu_device_writes(dir) ? VM_WRITE : VM_READ;
	unsigned long last = vaddr + size - 1;
	struct vm_area_struct *vma;
	bool allowed;

	mmap_read_lock(current->mm);
	do {
		vma = vma_lookup(current->mm, vaddr);
		allowed = vma && (vma->vm_flags & need);
		if (allowed)
			vaddr = vma->vm_end;
	} while (allowed && vaddr && vaddr <= last);
	mmap_read_unlock(current->mm);
	return allowed;
}
