// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of a buffer, whoever they belong to
 */
#include <linux/highmem.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "alias.h"
#include "internal.h"

/**
 * vdu_page_count() - number of the pages that hold a range
 * @vaddr:	start of the range, any byte address
 * @size:	bytes
 *
 * Return: how many, or -EINVAL for a range that is empty, wraps around the
 * address space, or has more pages, or bytes in them, than can be counted.
 */
int vdu_page_count(unsigned long vaddr, unsigned long size)
{
	unsigned long pages;

	if (!size || vaddr + size - 1 < vaddr)
		return -EINVAL;

	pages = ((vaddr + size - 1) >> PAGE_SHIFT) - (vaddr >> PAGE_SHIFT) + 1;
	if (pages > min_t(unsigned long, INT_MAX, ULONG_MAX >> PAGE_SHIFT))
		return -EINVAL;
	return pages;
}

/**
 * vdu_pages_slim() - do without the array
 * @pages:	the pages
 * @sgt:	table of just these, in their order, which becomes theirs
 *
 * An array has a pointer for each page, a table an entry for each run of them.
 */
void vdu_pages_slim(struct vdu_pages *pages, struct sg_table *sgt)
{
	kvfree(pages->page);
	pages->page = NULL;
	pages->sgt = sgt;
}

/**
 * vdu_pages_free() - free what tells which pages there are
 * @pages:	the pages, of which nobody holds any
 */
void vdu_pages_free(struct vdu_pages *pages)
{
	if (pages->sgt)
		sg_free_table(pages->sgt);
	kvfree(pages->page);
	pages->sgt = NULL;
	pages->page = NULL;
}

/**
 * vdu_walk_begin() - begin with the first page
 * @walk:	where to be
 * @pages:	the pages
 */
void vdu_walk_begin(struct vdu_walk *walk, const struct vdu_pages *pages)
{
	walk->next = pages->page;
	if (!walk->next)
		__sg_page_iter_start(&walk->iter, pages->sgt->sgl,
				     pages->sgt->orig_nents, 0);
}

/**
 * vdu_walk_next() - the next page
 * @walk:	at most as many times as there are pages
 *
 * Return: the page.
 */
struct page *vdu_walk_next(struct vdu_walk *walk)
{
	if (walk->next)
		return *walk->next++;
	__sg_page_iter_next(&walk->iter);
	return sg_page_iter_page(&walk->iter);
}

/**
 * vdu_pages_same() - are these the same pages, in the same order?
 * @a:	pages
 * @b:	as many of them
 *
 * Context: any.
 * Return: true if they are.
 */
bool vdu_pages_same(const struct vdu_pages *a, const struct vdu_pages *b)
{
	struct vdu_walk walk_a, walk_b;
	unsigned int left = a->count;

	vdu_walk_begin(&walk_a, a);
	vdu_walk_begin(&walk_b, b);
	while (left && vdu_walk_next(&walk_a) == vdu_walk_next(&walk_b))
		left--;
	return !left;
}

/* An address of all of them; a table's pages need to be listed for that. */
static void *map_ram(const struct vdu_pages *pages)
{
	struct page **list;
	struct vdu_walk walk;
	unsigned int i;
	void *vaddr;

	if (pages->page)
		return vm_map_ram(pages->page, pages->count, NUMA_NO_NODE);

	list = kvmalloc_array(pages->count, sizeof(*list), GFP_KERNEL);
	if (!list)
		return NULL;
	vdu_walk_begin(&walk, pages);
	for (i = 0; i < pages->count; i++)
		list[i] = vdu_walk_next(&walk);
	vaddr = vm_map_ram(list, pages->count, NUMA_NO_NODE);
	kvfree(list);
	return vaddr;
}

/**
 * vdu_pages_vaddr() - a kernel address for the pages
 * @pages:	the pages
 *
 * Made on first demand and kept. Two callers at once may both make one; the
 * second then drops its own.
 *
 * Context: process context, may sleep.
 * Return: address of the buffer's first byte, or NULL if there is no address
 * space, or no memory, left.
 */
void *vdu_pages_vaddr(struct vdu_pages *pages)
{
	void *vaddr;

	if (!READ_ONCE(pages->vaddr)) {
		vaddr = map_ram(pages);
		if (vaddr && cmpxchg(&pages->vaddr, NULL, vaddr))
			vm_unmap_ram(vaddr, pages->count);
	}
	return pages->vaddr ? pages->vaddr + pages->offset : NULL;
}

/**
 * vdu_pages_copy() - copy bytes from or to the pages
 * @pages:	the pages, with their array
 * @pos:	first byte of the buffer
 * @len:	bytes
 * @mem:	where to or from
 * @to_pages:	the direction
 *
 * Context: any, also hard interrupt.
 */
void vdu_pages_copy(const struct vdu_pages *pages, unsigned long pos,
		    unsigned long len, void *mem, bool to_pages)
{
	unsigned long at = pages->offset + pos, n;
	void *page;

	for (; len; len -= n, at += n, mem += n) {
		n = min(len, PAGE_SIZE - offset_in_page(at));
		page = kmap_local_page(pages->page[at >> PAGE_SHIFT]);
		if (to_pages)
			vdu_copy(page + offset_in_page(at), mem, n);
		else
			vdu_copy(mem, page + offset_in_page(at), n);
		kunmap_local(page);
	}
}

/**
 * vdu_pages_vunmap() - undo vdu_pages_vaddr(), if it ever was called
 * @pages:	the pages; nobody uses the address any more
 *
 * Context: process context, may sleep.
 */
void vdu_pages_vunmap(struct vdu_pages *pages)
{
	if (pages->vaddr)
		vm_unmap_ram(pages->vaddr, pages->count);
	pages->vaddr = NULL;
}
