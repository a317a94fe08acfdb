// SPDX-License-Identifier: GPL-2.0
/*
 * Edges: where a buffer shares a cache line with other data
 *
 * A CPU that is not coherent with the device keeps memory right by whole cache
 * lines only. Where a buffer starts or ends inside a line, that line also holds
 * someone else's bytes: what is written to them during a transfer is lost when
 * the line is invalidated, or destroys what the device wrote when it is
 * evicted. So the device gets lines of the module's own for these parts, and
 * the bytes are copied: out of the buffer before a transfer, into it
 * afterwards. All between the edges is the program's memory itself.
 */
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "internal.h"

static unsigned int edge_align = 1;

static int edge_align_set(const char *val, const struct kernel_param *kp)
{
	unsigned int align;
	int ret = kstrtouint(val, 0, &align);

	if (ret)
		return ret;
	if (!is_power_of_2(align) || align > PAGE_SIZE)
		return -EINVAL;
	edge_align = align;
	return 0;
}

static const struct kernel_param_ops edge_align_ops = {
	.set = edge_align_set,
	.get = param_get_uint,
};
module_param_cb(edge_align, &edge_align_ops, &edge_align, 0644);
MODULE_PARM_DESC(edge_align, " treat cache lines as at least so many bytes long: a power of two up to the page size, default is 1");

/**
 * vdu_edge_unit() - what buffers for a device must not share with other data
 * @dev:	device that does the DMA
 *
 * The longest cache line that the kernel expects (dma_get_cache_alignment():
 * on 6.1, 64 bytes on ARMv7 and 128 on arm64, whatever the CPU has), 1 if the
 * device is coherent with the CPU, and no less than the edge_align parameter.
 *
 * Context: any.
 * Return: bytes, a power of two, at most PAGE_SIZE.
 */
unsigned int vdu_edge_unit(struct device *dev)
{
	unsigned int line = 1;

	if (!dev_is_dma_coherent(dev))
		line = dma_get_cache_alignment();
	return max(line, READ_ONCE(edge_align));
}

/*
 * Will the DMA layer give pages that are here and there one address range? The
 * boundary is that of the IOMMU's own pages; 0: there is none.
 */
static bool can_join(struct device *dev)
{
	unsigned long boundary = dma_get_merge_boundary(dev);

	return boundary && boundary < PAGE_SIZE;
}

/**
 * vdu_edge_keep() - address bits that copies must have like the original
 * @dev:	device that does the DMA
 *
 * As swiotlb has it: a device may tell bits of an address in which it reads more
 * than a place, like the offset in a page (dma_set_min_align_mask()).
 *
 * Context: any.
 * Return: a mask of lowest bits, less than PAGE_SIZE: what lies above is not the
 * program's to choose.
 */
unsigned int vdu_edge_keep(struct device *dev)
{
	unsigned int mask = min_t(unsigned int, dma_get_min_align_mask(dev),
				  PAGE_SIZE - 1);

	return roundup_pow_of_two(mask + 1) - 1;
}

/**
 * vdu_edges_choose() - what a device's buffers have to start and end with
 * @edges:	units of both ends and bits to keep are filled in
 * @dev:	device that does the DMA
 * @limits:	its limits
 *
 * What an IOMMU is to join with the next page is copied as a page, and keeps its
 * place in it: so a start that the device can't take stays one.
 *
 * Context: any.
 */
void vdu_edges_choose(struct vdu_edges *edges, struct device *dev,
		      const struct vb2_dma_user_limits *limits)
{
	edges->end_unit = vdu_edge_unit(dev);
	edges->start_unit = max(edges->end_unit, limits->start_align);
	edges->keep = can_join(dev) ? PAGE_SIZE - 1 : vdu_edge_keep(dev);
}

/* A start that is shared is copied up to the next multiple of this. */
static unsigned long head_unit(const struct vdu_edges *edges)
{
	return max(edges->start_unit, edges->keep + 1);
}

/* And an end from the last multiple of this, which is no more. */
static unsigned long tail_unit(const struct vdu_edges *edges)
{
	return max(edges->end_unit, edges->keep + 1);
}

/**
 * vdu_edges_split() - which bytes of a buffer are edges
 * @edges:	as chosen; the edges are filled in
 * @offset:	of the buffer in its first page, in bytes
 * @size:	of the buffer, in bytes
 *
 * A buffer that lies in one unit and does not start with it is all head; if it
 * does and does not fill it, all tail.
 */
void vdu_edges_split(struct vdu_edges *edges, unsigned long offset,
		     unsigned long size)
{
	unsigned long end = offset + size, rest;

	edges->head = 0;
	edges->tail = 0;
	if (offset & (edges->start_unit - 1UL))
		edges->head = min(-offset & (head_unit(edges) - 1), size);
	rest = size - edges->head;
	if (rest && (end & (edges->end_unit - 1UL)))
		edges->tail = min(end & (tail_unit(edges) - 1), rest);
	edges->head_at = offset & edges->keep;
	edges->tail_at = (end - edges->tail) & edges->keep;
}

/**
 * vdu_edges_shared() - what to tell of edges that may not be copied
 * @edges:	split, not empty
 * @offset:	of the buffer in its first page, in bytes
 * @size:	of the buffer, in bytes
 *
 * Return: in words, with the unit and the bytes of the buffer in a shared one.
 */
struct vdu_breach vdu_edges_shared(const struct vdu_edges *edges,
				   unsigned long offset, unsigned long size)
{
	unsigned int unit = edges->head ? edges->start_unit : edges->end_unit;
	unsigned long shared = edges->head ? -offset : offset + size;

	return (struct vdu_breach){ "user data must be aligned", unit,
				    min(shared & (unit - 1UL), size) };
}

/**
 * vdu_edges_free() - undo vdu_edges_alloc()
 * @edges:	edges, not mapped any more
 */
void vdu_edges_free(struct vdu_edges *edges)
{
	kfree(edges->mem);
	edges->mem = NULL;
}

/**
 * vdu_edges_alloc() - get memory for edges, if there are any
 * @edges:	split
 *
 * Zeroed: nothing of the kernel's may show where a device writes too little.
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vdu_edges_alloc(struct vdu_edges *edges)
{
	if (!edges->head && !edges->tail)
		return 0;

	/* Aligned to its size, as all of kmalloc() for powers of two. */
	edges->mem = kzalloc(2 * head_unit(edges), GFP_KERNEL_ACCOUNT);
	return edges->mem ? 0 : -ENOMEM;
}

/**
 * vdu_edges_bytes() - what edges take
 * @edges:	allocated
 *
 * Return: bytes.
 */
size_t vdu_edges_bytes(const struct vdu_edges *edges)
{
	return edges->mem ? 2 * head_unit(edges) : 0;
}

/**
 * vdu_edge_head() - where the first bytes of a buffer are for the device
 * @edges:	with memory
 *
 * At the start of their unit, for devices that want an aligned start, but for
 * the address bits to keep.
 *
 * Return: address of edges->head bytes.
 */
void *vdu_edge_head(const struct vdu_edges *edges)
{
	return edges->mem + edges->head_at;
}

/**
 * vdu_edge_tail() - where the last bytes of a buffer are for the device
 * @edges:	with memory
 *
 * Return: address of edges->tail bytes.
 */
void *vdu_edge_tail(const struct vdu_edges *edges)
{
	return edges->mem + head_unit(edges) + edges->tail_at;
}

/* An edge is the bytes from @start to @end of the buffer. */
static unsigned long copy_edge(const struct vdu_pages *pages,
			       struct vdu_span span, unsigned long start,
			       unsigned long end, void *mem, bool to_pages)
{
	unsigned long from = max(span.start, start), to = min(span.end, end);

	if (from >= to)
		return 0;
	vdu_pages_copy(pages, from, to - from, mem + from - start, to_pages);
	return to - from;
}

/**
 * vdu_edges_copy() - bring a buffer and its edges into agreement
 * @edges:	edges of the buffer, with memory
 * @pages:	of the buffer
 * @span:	which bytes of it, at most
 * @to_pages:	true after a transfer, false before one
 *
 * Context: any, also hard interrupt.
 * Return: bytes that were copied.
 */
unsigned long vdu_edges_copy(const struct vdu_edges *edges,
			     const struct vdu_pages *pages,
			     struct vdu_span span, bool to_pages)
{
	unsigned long size = pages->size;

	return copy_edge(pages, span, 0, edges->head, vdu_edge_head(edges),
			 to_pages) +
	       copy_edge(pages, span, size - edges->tail, size,
			 vdu_edge_tail(edges), to_pages);
}
