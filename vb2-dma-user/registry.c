// SPDX-License-Identifier: GPL-2.0
/*
 * Registrations: user ranges, pinned and mapped for one device and direction
 */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/slab.h>

#include "internal.h"

/**
 * vdu_reg_get() - register a range of the calling program
 * @dev:	device that does the DMA
 * @vaddr:	start of the range, any byte address
 * @size:	bytes
 * @dir:	direction of the transfers
 *
 * Context: process context of the memory's owner, may sleep; takes mmap_lock.
 * Return: the registration or an error pointer, see vdu_pin() and vdu_map().
 */
struct vdu_reg *vdu_reg_get(struct device *dev, unsigned long vaddr,
			    unsigned long size, enum dma_data_direction dir)
{
	struct vdu_reg *reg;
	int ret;

	reg = kzalloc(sizeof(*reg), GFP_KERNEL);
	if (!reg)
		return ERR_PTR(-ENOMEM);

	ret = vdu_pin(&reg->pages, dev, vaddr, size, dir);
	if (ret)
		goto err_pin;

	/* prepare and finish sync what each transfer needs. */
	ret = vdu_map(&reg->map, dev, dir, &reg->pages, DMA_ATTR_SKIP_CPU_SYNC);
	if (ret)
		goto err_map;

	vdu_stat_add(VDU_REGISTRATIONS, 1);
	return reg;

err_map:
	vdu_unpin(&reg->pages, DMA_NONE);
err_pin:
	kfree(reg);
	vdu_stat_add(VDU_REJECTED, 1);
	return ERR_PTR(ret);
}

/**
 * vdu_reg_put() - give a registration back
 * @reg:	from vdu_reg_get()
 *
 * Context: process context, may sleep; takes no mmap_lock.
 */
void vdu_reg_put(struct vdu_reg *reg)
{
	vdu_unmap(&reg->map, DMA_ATTR_SKIP_CPU_SYNC);
	vdu_unpin(&reg->pages, reg->map.dir);
	kfree(reg);
	vdu_stat_add(VDU_REGISTRATIONS, -1);
}
