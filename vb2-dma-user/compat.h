/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one place that knows how kernel versions differ.
 */
#ifndef VDU_COMPAT_H
#define VDU_COMPAT_H

#include <linux/dma-buf.h>
#include <linux/dma-map-ops.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/swiotlb.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/iommu-dma.h>
#else
static inline bool use_dma_iommu(struct device *dev)
{
	return false;	/* its operations are get_dma_ops(dev) here */
}
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define VDU_IMPORT_DMA_BUF() MODULE_IMPORT_NS("DMA_BUF")
#else
#define VDU_IMPORT_DMA_BUF() MODULE_IMPORT_NS(DMA_BUF)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define vdu_dma_buf_map_attachment	dma_buf_map_attachment
#define vdu_dma_buf_unmap_attachment	dma_buf_unmap_attachment
#define vdu_dma_buf_vmap		dma_buf_vmap
#define vdu_dma_buf_vunmap		dma_buf_vunmap
#else
#define vdu_dma_buf_map_attachment	dma_buf_map_attachment_unlocked
#define vdu_dma_buf_unmap_attachment	dma_buf_unmap_attachment_unlocked
#define vdu_dma_buf_vmap		dma_buf_vmap_unlocked
#define vdu_dma_buf_vunmap		dma_buf_vunmap_unlocked
#endif

/* is_swiotlb_active(), which later kernels do not export. */
static inline bool vdu_swiotlb_active(struct device *dev)
{
#ifdef CONFIG_SWIOTLB
	return dev->dma_io_tlb_mem && dev->dma_io_tlb_mem->nslabs;
#else
	return false;
#endif
}

/*
 * Where swiotlb's memory lies, first byte and last; false if it takes more where
 * a device needs it.
 */
static inline bool vdu_swiotlb_range(struct device *dev, phys_addr_t *first,
				     phys_addr_t *last)
{
#if !defined(CONFIG_SWIOTLB)
	return false;
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	*first = dev->dma_io_tlb_mem->start;
	*last = dev->dma_io_tlb_mem->end - 1;
	return true;
#else
#ifdef CONFIG_SWIOTLB_DYNAMIC
	if (dev->dma_io_tlb_mem->can_grow)
		return false;
#endif
	*first = dev->dma_io_tlb_mem->defpool.start;
	*last = dev->dma_io_tlb_mem->defpool.end - 1;
	return true;
#endif
}

static inline void vdu_vm_flags_set(struct vm_area_struct *vma,
				    unsigned long flags)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	vma->vm_flags |= flags;
#else
	vm_flags_set(vma, flags);
#endif
}

/* In trace events. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define vdu_assign_str(field, text)	__assign_str(field, text)
#else
#define vdu_assign_str(field, text)	__assign_str(field)
#endif

typedef unsigned long (*vdu_shrink_fn)(struct shrinker *s,
				       struct shrink_control *sc);

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
static inline struct shrinker *vdu_shrinker_new(vdu_shrink_fn count,
						vdu_shrink_fn scan,
						const char *name)
{
	struct shrinker *s = kzalloc(sizeof(*s), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!s)
		return ERR_PTR(ret);

	s->count_objects = count;
	s->scan_objects = scan;
	s->seeks = DEFAULT_SEEKS;
	ret = register_shrinker(s, "%s", name);
	if (ret) {
		kfree(s);
		return ERR_PTR(ret);
	}
	return s;
}

static inline void vdu_shrinker_free(struct shrinker *s)
{
	unregister_shrinker(s);
	kfree(s);
}
#else
static inline struct shrinker *vdu_shrinker_new(vdu_shrink_fn count,
						vdu_shrink_fn scan,
						const char *name)
{
	struct shrinker *s = shrinker_alloc(0, "%s", name);

	if (!s)
		return ERR_PTR(-ENOMEM);

	s->count_objects = count;
	s->scan_objects = scan;
	shrinker_register(s);
	return s;
}

#define vdu_shrinker_free shrinker_free
#endif

#endif /* VDU_COMPAT_H */
