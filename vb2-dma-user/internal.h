/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What crosses the module's files
 */
#ifndef VDU_INTERNAL_H
#define VDU_INTERNAL_H

#include <linux/dma-mapping.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/scatterlist.h>
#include <media/videobuf2-core.h>
#include <media/videobuf2-memops.h>

struct dma_buf;
struct dma_buf_attachment;

/**
 * struct vdu_pages - the pages behind a buffer
 * @page:	array of @count pages
 * @count:	how many
 * @offset:	bytes of the first page in front of the buffer
 * @size:	bytes of the buffer
 */
struct vdu_pages {
	struct page	**page;
	unsigned int	count;
	unsigned int	offset;
	unsigned long	size;
};

/**
 * struct vdu_map - pages mapped for one device
 * @sgt:	the mapped sg table
 * @dev:	device that does the DMA
 * @dir:	direction of the transfers
 * @need_sync:	false if CPU and device always agree about these pages
 */
struct vdu_map {
	struct sg_table		sgt;
	struct device		*dev;
	enum dma_data_direction	dir;
	bool			need_sync;
};

/**
 * struct vdu_span - bytes of a plane
 * @start:	the first
 * @end:	one behind the last
 */
struct vdu_span {
	unsigned long	start;
	unsigned long	end;
};

/**
 * struct vdu_reg - a registration: one user range, pinned and mapped
 * @pages:	the pinned pages
 * @map:	their mapping
 */
struct vdu_reg {
	struct vdu_pages	pages;
	struct vdu_map		map;
};

/**
 * struct vdu_kbuf - kernel-allocated memory of one buffer
 * @pages:	the allocated pages
 * @map:	their mapping for the queue's device
 * @lock:	protects @attachments and what they map
 * @attachments: devices that imported the buffer through a dma-buf
 */
struct vdu_kbuf {
	struct vdu_pages	pages;
	struct vdu_map		map;
	struct mutex		lock; /* see above */
	struct list_head	attachments;
};

/**
 * struct vdu_buf - one plane of one buffer, vb2's mem_priv
 * @dev:	device that does the DMA
 * @vb:		vb2's buffer; gone when only a mapping or a dma-buf is left, so
 *		touched by nothing but prepare and finish
 * @dir:	direction of the queue
 * @size:	bytes
 * @pages:	the pages; NULL for an imported dma-buf
 * @map:	their mapping; NULL for an imported dma-buf
 * @sgt:	what the driver gets as cookie; NULL while there is none
 * @vaddr:	kernel address of the first page, made on first demand
 * @reg:	backing of a USERPTR buffer
 * @kbuf:	backing of an MMAP buffer
 * @attach:	backing of an imported DMABUF buffer
 * @refs:	users of an MMAP buffer: the queue, mappings, dma-bufs
 * @handler:	hooks for vb2_common_vm_ops
 * @skip_finish: the program asked for no sync after the running transfer
 * @cpu_stale:	so there was none, and the CPU's view is not up to date
 */
struct vdu_buf {
	struct device			*dev;
	struct vb2_buffer		*vb;
	enum dma_data_direction		dir;
	unsigned long			size;
	const struct vdu_pages		*pages;
	struct vdu_map			*map;
	struct sg_table			*sgt;
	void				*vaddr;
	union {
		struct vdu_reg			*reg;
		struct vdu_kbuf			*kbuf;
		struct dma_buf_attachment	*attach;
	};
	refcount_t			refs;
	struct vb2_vmarea_handler	handler;
	bool				skip_finish;
	bool				cpu_stale;
};

static inline bool vdu_device_writes(enum dma_data_direction dir)
{
	return dir == DMA_FROM_DEVICE || dir == DMA_BIDIRECTIONAL;
}

/* core.c */
extern bool vdu_debug;

#define vdu_dbg(dev, fmt, ...)						\
	do {								\
		if (vdu_debug)						\
			dev_info(dev, "vb2-dma-user: " fmt, ##__VA_ARGS__); \
	} while (0)

void *vdu_buf_vaddr(struct vdu_buf *buf);
int vdu_buf_mmap(struct vdu_buf *buf, struct vm_area_struct *vma);
void vdu_buf_put(struct vdu_buf *buf);

/* pin.c */
int vdu_page_range(unsigned long vaddr, unsigned long size,
		   unsigned long *first, unsigned int *count);
int vdu_pin(struct vdu_pages *pages, struct device *dev, unsigned long vaddr,
	    unsigned long size, enum dma_data_direction dir);
void vdu_unpin(struct vdu_pages *pages, enum dma_data_direction dir);

/* map.c */
unsigned long vdu_map_limit(struct device *dev);
int vdu_map(struct vdu_map *map, struct device *dev,
	    enum dma_data_direction dir, const struct vdu_pages *pages,
	    unsigned long attrs);
void vdu_unmap(struct vdu_map *map, unsigned long attrs);

/* registry.c */
struct vdu_reg *vdu_reg_get(struct device *dev, unsigned long vaddr,
			    unsigned long size, enum dma_data_direction dir);
void vdu_reg_put(struct vdu_reg *reg);

/* sync.c */
void vdu_sync_prepare(struct vdu_buf *buf);
void vdu_sync_finish(struct vdu_buf *buf);
void vdu_sync_map_for_device(struct vdu_map *map);
void vdu_sync_map_for_cpu(struct vdu_map *map);
struct vdu_span vdu_span_for_device(enum dma_data_direction dir,
				    unsigned long data_offset,
				    unsigned long bytesused,
				    unsigned long size);
struct vdu_span vdu_span_for_cpu(enum dma_data_direction dir,
				 unsigned long bytesused, unsigned long size);

/* kbuf.c */
struct vdu_kbuf *vdu_kbuf_alloc(struct device *dev, unsigned long size,
				enum dma_data_direction dir, gfp_t gfp);
void vdu_kbuf_free(struct vdu_kbuf *kbuf);

/* dmabuf.c */
struct dma_buf *vdu_dmabuf_export(struct vdu_buf *buf, unsigned long flags);
int vdu_dmabuf_attach(struct vdu_buf *buf, struct dma_buf *dbuf);
void vdu_dmabuf_detach(struct vdu_buf *buf);
int vdu_dmabuf_map(struct vdu_buf *buf);
void vdu_dmabuf_unmap(struct vdu_buf *buf);
void *vdu_dmabuf_vmap(struct vdu_buf *buf);

/* stats.c */
enum vdu_stat {
	VDU_REGISTRATIONS,
	VDU_PAGES_PINNED,
	VDU_SEGMENTS,
	VDU_KBUF_PAGES,
	VDU_REJECTED,
	VDU_STATS
};

void vdu_stat_add(enum vdu_stat stat, long n);
void vdu_stats_init(void);
void vdu_stats_exit(void);

#endif /* VDU_INTERNAL_H */
