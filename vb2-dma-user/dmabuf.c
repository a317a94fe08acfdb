// SPDX-License-Identifier: GPL-2.0
/*
 * dma-buf: MMAP buffers exported, foreign buffers imported
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/iosys-map.h>
#include <linux/slab.h>

#include "compat.h"
#include "internal.h"

/**
 * struct attachment - a device that imported one of our buffers
 * @map:	mapping for that device, valid while @mapped
 * @node:	in &vdu_kbuf.attachments
 * @dir:	direction that the importer asked for
 * @mapped:	how often the importer has mapped it; protected by
 *		&vdu_kbuf.lock
 */
struct attachment {
	struct vdu_map		map;
	struct list_head	node;
	enum dma_data_direction	dir;
	unsigned int		mapped;
};

static struct vdu_kbuf *to_kbuf(struct dma_buf *dbuf)
{
	struct vdu_buf *buf = dbuf->priv;

	return buf->kbuf;
}

static int export_attach(struct dma_buf *dbuf, struct dma_buf_attachment *dba)
{
	struct vdu_kbuf *kbuf = to_kbuf(dbuf);
	struct attachment *att;

	att = kzalloc(sizeof(*att), GFP_KERNEL);
	if (!att)
		return -ENOMEM;

	dba->priv = att;
	mutex_lock(&kbuf->lock);
	list_add(&att->node, &kbuf->attachments);
	mutex_unlock(&kbuf->lock);
	return 0;
}

static void export_detach(struct dma_buf *dbuf, struct dma_buf_attachment *dba)
{
	struct vdu_kbuf *kbuf = to_kbuf(dbuf);
	struct attachment *att = dba->priv;

	mutex_lock(&kbuf->lock);
	list_del(&att->node);
	mutex_unlock(&kbuf->lock);
	kfree(att);
}

/*
 * An importer relies on the memory being the device's while it is mapped. One
 * that only writes is mapped for both directions: what the CPU draws in between
 * must reach the memory, but a sync for a device that only writes copies nothing
 * to where swiotlb bounces.
 */
static int attachment_map(struct attachment *att, struct device *dev,
			  enum dma_data_direction dir,
			  const struct vdu_pages *pages)
{
	struct vdu_breach why;
	int ret;

	att->dir = dir;
	ret = vdu_map(&att->map, dev,
		      dir == DMA_FROM_DEVICE ? DMA_BIDIRECTIONAL : dir, pages,
		      &why);
	if (ret)
		vdu_limits_explain(dev, pages, &why, "are not exported to it");
	else
		vdu_sync_map_for_device(&att->map);
	return ret;
}

static void attachment_unmap(struct attachment *att)
{
	vdu_sync_map_for_cpu(&att->map);
	vdu_unmap(&att->map);
}

static struct sg_table *export_map(struct dma_buf_attachment *dba,
				   enum dma_data_direction dir)
{
	struct vdu_kbuf *kbuf = to_kbuf(dba->dmabuf);
	struct attachment *att = dba->priv;
	int ret;

	mutex_lock(&kbuf->lock);
	/* The importer has limits of its own: a table of its own. */
	if (!att->mapped)
		ret = attachment_map(att, dba->dev, dir, &kbuf->pages);
	else
		ret = att->dir == dir ? 0 : -EBUSY;
	if (!ret)
		att->mapped++;
	mutex_unlock(&kbuf->lock);
	return ret ? ERR_PTR(ret) : &att->map.sgt;
}

static void export_unmap(struct dma_buf_attachment *dba, struct sg_table *sgt,
			 enum dma_data_direction dir)
{
	struct vdu_kbuf *kbuf = to_kbuf(dba->dmabuf);
	struct attachment *att = dba->priv;

	mutex_lock(&kbuf->lock);
	if (!--att->mapped)
		attachment_unmap(att);
	mutex_unlock(&kbuf->lock);
}

static void export_release(struct dma_buf *dbuf)
{
	vdu_buf_put(dbuf->priv);
}

/*
 * The queue's own device is synced by prepare and finish; here it is only
 * when the program told these to leave it (V4L2_BUF_FLAG_NO_CACHE_*). A capture
 * is not synced for the device: that could destroy what it is just writing.
 */
static int export_begin_cpu_access(struct dma_buf *dbuf,
				   enum dma_data_direction dir)
{
	struct vdu_buf *buf = dbuf->priv;
	struct vdu_kbuf *kbuf = buf->kbuf;
	struct attachment *att;

	mutex_lock(&kbuf->lock);
	if (kbuf->map.dev && READ_ONCE(buf->cpu_stale)) {
		/* First: a transfer may end meanwhile. */
		WRITE_ONCE(buf->cpu_stale, false);
		vdu_sync_map_for_cpu(&kbuf->map);
	}
	list_for_each_entry(att, &kbuf->attachments, node)
		if (att->mapped)
			vdu_sync_map_for_cpu(&att->map);
	mutex_unlock(&kbuf->lock);
	return 0;
}

static int export_end_cpu_access(struct dma_buf *dbuf,
				 enum dma_data_direction dir)
{
	struct vdu_buf *buf = dbuf->priv;
	struct vdu_kbuf *kbuf = buf->kbuf;
	struct attachment *att;

	mutex_lock(&kbuf->lock);
	if (kbuf->map.dev && buf->dir != DMA_FROM_DEVICE)
		vdu_sync_map_for_device(&kbuf->map);
	list_for_each_entry(att, &kbuf->attachments, node)
		if (att->mapped)
			vdu_sync_map_for_device(&att->map);
	mutex_unlock(&kbuf->lock);
	return 0;
}

static int export_vmap(struct dma_buf *dbuf, struct iosys_map *map)
{
	void *vaddr = vdu_pages_vaddr(&to_kbuf(dbuf)->pages);

	if (!vaddr)
		return -ENOMEM;

	iosys_map_set_vaddr(map, vaddr);
	return 0;
}

static int export_mmap(struct dma_buf *dbuf, struct vm_area_struct *vma)
{
	return vdu_buf_mmap(dbuf->priv, vma);
}

static const struct dma_buf_ops export_ops = {
	.attach			= export_attach,
	.detach			= export_detach,
	.map_dma_buf		= export_map,
	.unmap_dma_buf		= export_unmap,
	.release		= export_release,
	.begin_cpu_access	= export_begin_cpu_access,
	.end_cpu_access		= export_end_cpu_access,
	.vmap			= export_vmap,
	.mmap			= export_mmap,
};

/**
 * vdu_dmabuf_export() - make a dma-buf of an MMAP buffer
 * @buf:	the buffer; the dma-buf holds a reference
 * @flags:	of the file
 *
 * Context: process context, may sleep.
 * Return: the dma-buf or an error pointer.
 */
struct dma_buf *vdu_dmabuf_export(struct vdu_buf *buf, unsigned long flags)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *dbuf;

	info.ops = &export_ops;
	info.size = buf->size;
	info.flags = flags;
	info.priv = buf;

	dbuf = dma_buf_export(&info);
	if (!IS_ERR(dbuf))
		refcount_inc(&buf->refs);
	return dbuf;
}

/**
 * vdu_dmabuf_attach() - begin to use a foreign dma-buf
 * @buf:	filled in
 * @dbuf:	dma-buf; the caller holds a reference
 *
 * Context: process context, may sleep.
 * Return: 0 or what dma_buf_attach() tells.
 */
int vdu_dmabuf_attach(struct vdu_buf *buf, struct dma_buf *dbuf)
{
	buf->attach = dma_buf_attach(dbuf, buf->dev);
	return PTR_ERR_OR_ZERO(buf->attach);
}

/**
 * vdu_dmabuf_detach() - undo vdu_dmabuf_attach()
 * @buf:	not mapped
 *
 * Context: process context, may sleep.
 */
void vdu_dmabuf_detach(struct vdu_buf *buf)
{
	dma_buf_detach(buf->attach->dmabuf, buf->attach);
}

/*
 * An exporter knows the device's dma_parms at best. All of the table counts, as
 * the driver gets it whole, even if the plane is shorter than the dma-buf.
 */
static int import_fits(struct vdu_buf *buf, struct sg_table *sgt)
{
	struct vb2_dma_user_limits limits = vdu_limits_of(buf->dev);
	struct vdu_pages which = { .size = buf->attach->dmabuf->size };
	struct vdu_breach why;

	if (vdu_limits_met(&limits, buf->dev, sgt, which.size, &why))
		return 0;
	vdu_limits_explain(buf->dev, &which, &why, "are not imported");
	return -EINVAL;
}

/**
 * vdu_dmabuf_map() - get the sg table of an imported buffer
 * @buf:	attached
 *
 * The exporter keeps the CPU's caches right when it maps and in its
 * begin/end_cpu_access: prepare and finish leave imported buffers alone.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL: the device can't take it; what the exporter tells.
 */
int vdu_dmabuf_map(struct vdu_buf *buf)
{
	struct sg_table *sgt;
	int ret;

	sgt = vdu_dma_buf_map_attachment(buf->attach, buf->dir);
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);
	ret = import_fits(buf, sgt);
	if (ret)
		goto err_fits;

	buf->sgt = sgt;
	return 0;

err_fits:
	vdu_dma_buf_unmap_attachment(buf->attach, sgt, buf->dir);
	return ret;
}

/**
 * vdu_dmabuf_unmap() - undo vdu_dmabuf_map()
 * @buf:	mapped
 *
 * Context: process context, may sleep.
 */
void vdu_dmabuf_unmap(struct vdu_buf *buf)
{
	struct iosys_map map = IOSYS_MAP_INIT_VADDR(buf->vmap);

	if (buf->vmap)
		vdu_dma_buf_vunmap(buf->attach->dmabuf, &map);
	buf->vmap = NULL;
	vdu_dma_buf_unmap_attachment(buf->attach, buf->sgt, buf->dir);
	buf->sgt = NULL;
}

/**
 * vdu_dmabuf_vmap() - a kernel address for an imported buffer
 * @buf:	mapped
 *
 * Context: process context, may sleep.
 * Return: the address, or NULL if the exporter has none.
 */
void *vdu_dmabuf_vmap(struct vdu_buf *buf)
{
	struct iosys_map map;

	if (vdu_dma_buf_vmap(buf->attach->dmabuf, &map))
		return NULL;
	if (map.is_iomem) {
		vdu_dma_buf_vunmap(buf->attach->dmabuf, &map);
		return NULL;
	}
	return map.vaddr;
}
