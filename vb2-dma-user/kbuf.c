// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel-allocated memory: the MMAP buffers
 */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "internal.h"

/*
 * Larger chunks make no shorter sg lists worth having, and every kernel's page
 * allocator takes this order.
 */
#define CHUNK_MAX SZ_2M

static void free_page_array(struct page **page, unsigned int count)
{
	while (count--)
		__free_page(page[count]);
}

/* The longest chunk that fits, split so that each page maps and frees alone. */
static unsigned int alloc_chunk(struct page **page, unsigned int count,
				unsigned int order, gfp_t gfp)
{
	struct page *chunk;
	unsigned int i;

	order = min_t(unsigned int, order, ilog2(count));
	for (;;) {
		/* Only the last resort may work hard for its memory. */
		chunk = alloc_pages(gfp | (order ? __GFP_NORETRY : 0), order);
		if (chunk || !order)
			break;
		order--;
	}
	if (!chunk)
		return 0;

	split_page(chunk, order);
	for (i = 0; i < 1U << order; i++)
		page[i] = chunk + i;
	return 1U << order;
}

static int alloc_page_array(struct vdu_pages *pages, unsigned int order,
			    gfp_t gfp)
{
	unsigned int done = 0, got;

	while (done < pages->count) {
		got = alloc_chunk(pages->page + done, pages->count - done,
				  order, gfp);
		if (!got) {
			free_page_array(pages->page, done);
			return -ENOMEM;
		}
		done += got;
	}
	return 0;
}

/* In one piece, of pages that each map and free alone as well. */
static int alloc_whole(struct vdu_pages *pages, gfp_t gfp)
{
	void *mem = alloc_pages_exact((size_t)pages->count << PAGE_SHIFT, gfp);
	unsigned int i;

	if (!mem)
		return -ENOMEM;

	for (i = 0; i < pages->count; i++)
		pages->page[i] = virt_to_page(mem) + i;
	return 0;
}

static int alloc_kbuf_pages(struct vdu_pages *pages, struct device *dev,
			    gfp_t gfp, bool whole)
{
	unsigned long chunk = clamp_t(unsigned long, vdu_map_limit(dev),
				      PAGE_SIZE, CHUNK_MAX);
	int ret;

	pages->count = PAGE_ALIGN(pages->size) >> PAGE_SHIFT;
	pages->page = kvmalloc_array(pages->count, sizeof(*pages->page),
				     GFP_KERNEL);
	if (!pages->page)
		return -ENOMEM;

	gfp |= GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN;
	if (whole)
		ret = alloc_whole(pages, gfp);
	else
		ret = alloc_page_array(pages, ilog2(chunk >> PAGE_SHIFT), gfp);
	if (ret)
		kvfree(pages->page);
	return ret;
}

static void free_kbuf_pages(struct vdu_pages *pages)
{
	vdu_pages_vunmap(pages);
	free_page_array(pages->page, pages->count);
	kvfree(pages->page);
}

/* Allocated and mapped, if the device can take it so; else @why it can't. */
static int fill(struct vdu_kbuf *kbuf, struct device *dev,
		enum dma_data_direction dir, gfp_t gfp, bool whole,
		struct vdu_breach *why)
{
	struct vb2_dma_user_limits limits = vdu_limits_of(dev);
	int ret;

	ret = alloc_kbuf_pages(&kbuf->pages, dev, gfp, whole);
	if (ret)
		return ret;
	ret = vdu_map(&kbuf->map, dev, dir, &kbuf->pages, why);
	if (ret)
		goto err_map;
	if (vdu_limits_met(&limits, dev, &kbuf->map.sgt, kbuf->pages.size,
			   why))
		return 0;

	ret = -EINVAL;
	vdu_unmap(&kbuf->map);
err_map:
	free_kbuf_pages(&kbuf->pages);
	return ret;
}

/**
 * vdu_kbuf_alloc() - allocate zeroed memory and map it for a device
 * @dev:	device that does the DMA; held until vdu_kbuf_end_dma()
 * @size:	bytes
 * @dir:	direction of the transfers
 * @gfp:	zone flags of the queue
 *
 * If the device can't take it in pieces, it is allocated in one: as much as the
 * page allocator gives at once, 4 MiB on most kernels.
 *
 * Context: process context, may sleep.
 * Return: the memory or an error pointer: -ENOMEM; -EINVAL: nothing that the
 * device can take; or see vdu_map().
 */
struct vdu_kbuf *vdu_kbuf_alloc(struct device *dev, unsigned long size,
				enum dma_data_direction dir, gfp_t gfp)
{
	struct vdu_breach why = { "no memory", size, 0 }, again;
	struct vdu_kbuf *kbuf;
	int ret;

	kbuf = kzalloc(sizeof(*kbuf), GFP_KERNEL);
	if (!kbuf)
		return ERR_PTR(-ENOMEM);

	mutex_init(&kbuf->lock);
	INIT_LIST_HEAD(&kbuf->attachments);

	kbuf->pages.size = size;
	ret = fill(kbuf, dev, dir, gfp, false, &why);
	if (ret == -EINVAL)
		ret = fill(kbuf, dev, dir, gfp, true, &again);
	if (ret) {
		vdu_limits_explain(dev, &kbuf->pages, &why, "are refused");
		goto err_fill;
	}

	/* The zeroes: a program may want no sync before its first transfer. */
	vdu_sync_map_for_device(&kbuf->map);
	get_device(dev);
	vdu_stat_add(VDU_KBUF_PAGES, kbuf->pages.count);
	return kbuf;

err_fill:
	mutex_destroy(&kbuf->lock);
	kfree(kbuf);
	return ERR_PTR(ret);
}

/**
 * vdu_kbuf_end_dma() - the queue's device has no part in it any more
 * @kbuf:	the memory; mappings and dma-bufs of it may go on
 * @cpu_stale:	the CPU has not yet got what the device wrote
 *
 * The device may lose its driver from now on, and its DMA mappings have to be
 * gone by then.
 *
 * Context: process context, may sleep.
 */
void vdu_kbuf_end_dma(struct vdu_kbuf *kbuf, bool cpu_stale)
{
	struct device *dev = kbuf->map.dev;

	mutex_lock(&kbuf->lock);
	if (cpu_stale)
		vdu_sync_map_for_cpu(&kbuf->map);
	vdu_unmap(&kbuf->map);
	kbuf->map.dev = NULL;
	mutex_unlock(&kbuf->lock);
	put_device(dev);
}

/**
 * vdu_kbuf_free() - undo vdu_kbuf_alloc()
 * @kbuf:	the memory, after vdu_kbuf_end_dma(); no user may be left
 *
 * Context: process context, may sleep, perhaps under mmap_lock (munmap).
 */
void vdu_kbuf_free(struct vdu_kbuf *kbuf)
{
	vdu_stat_add(VDU_KBUF_PAGES, -(long)kbuf->pages.count);
	free_kbuf_pages(&kbuf->pages);
	mutex_destroy(&kbuf->lock);
	kfree(kbuf);
}
