// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that a device can't get at is refused before the DMA layer warns of it
 */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/swiotlb.h>

#include "../../vb2-dma-user/internal.h"

/*
 * struct reach - a device and two pages
 * @page:	the lower one first
 * @mask:	of the device, see reach()
 */
struct reach {
	struct device	*dev;
	struct page	*page[2];
	u64		mask;
};

static int reach_init(struct kunit *test)
{
	struct reach *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	struct device *dev;

	if (!r)
		return -ENOMEM;
	dev = __root_device_register("vb2-dma-user-test", NULL);
	if (IS_ERR(dev))
		return PTR_ERR(dev);

	r->dev = dev;
	dev->dma_mask = &r->mask;
	dev->coherent_dma_mask = DMA_BIT_MASK(32);
	r->page[0] = alloc_page(GFP_KERNEL);
	r->page[1] = alloc_page(GFP_KERNEL);
	test->priv = r;
	if (!r->page[0] || !r->page[1])
		return -ENOMEM;
	if (page_to_pfn(r->page[0]) > page_to_pfn(r->page[1]))
		swap(r->page[0], r->page[1]);
	return 0;
}

static void reach_exit(struct kunit *test)
{
	struct reach *r = test->priv;

	if (!r)
		return;
	root_device_unregister(r->dev);
	if (r->page[0])
		__free_page(r->page[0]);
	if (r->page[1])
		__free_page(r->page[1]);
}

/* What becomes of the pages with a device that reaches this far. */
static int reach(struct reach *r, u64 last)
{
	struct vdu_pages pages = {
		.page = r->page, .count = 2, .size = 2 * PAGE_SIZE,
	};
	struct vdu_breach why;
	struct vdu_map map = {};
	int ret;

	r->mask = last;
	ret = vdu_map(&map, r->dev, DMA_TO_DEVICE, &pages, &why);
	if (!ret)
		vdu_unmap(&map);
	return ret;
}

static u64 last_byte(const struct page *page)
{
	return page_to_phys((struct page *)page) + PAGE_SIZE - 1;
}

static void mask_test(struct kunit *test)
{
	struct reach *r = test->priv;

	KUNIT_EXPECT_EQ(test, reach(r, DMA_BIT_MASK(64)), 0);
	KUNIT_EXPECT_EQ(test, reach(r, last_byte(r->page[1])), 0);
	KUNIT_EXPECT_EQ(test, reach(r, last_byte(r->page[1]) - 1), -EIO);
	KUNIT_EXPECT_EQ(test, reach(r, last_byte(r->page[0])), -EIO);
	KUNIT_EXPECT_EQ(test, reach(r, last_byte(r->page[0]) - PAGE_SIZE), -EIO);
}

static void bus_test(struct kunit *test)
{
	struct reach *r = test->priv;

	r->dev->bus_dma_limit = last_byte(r->page[1]);
	KUNIT_EXPECT_EQ(test, reach(r, DMA_BIT_MASK(64)), 0);
	r->dev->bus_dma_limit--;
	KUNIT_EXPECT_EQ(test, reach(r, DMA_BIT_MASK(64)), -EIO);
}

/* A device that nobody said can do DMA */
static void no_mask_test(struct kunit *test)
{
	struct reach *r = test->priv;

	r->dev->dma_mask = NULL;
	KUNIT_EXPECT_EQ(test, reach(r, DMA_BIT_MASK(64)), -EIO);
}

#ifdef CONFIG_SWIOTLB
/* Nothing is bounced here: the pool is no memory, but some addresses. */
static void pool_test(struct kunit *test)
{
	struct reach *r = test->priv;
	u64 last = last_byte(r->page[1]);
	struct io_tlb_mem pool = {
		.start = last + 1, .end = last + 1 + SZ_1M, .nslabs = 1,
	};

	r->dev->dma_io_tlb_mem = &pool;
	KUNIT_EXPECT_EQ(test, reach(r, DMA_BIT_MASK(64)), 0);
	KUNIT_EXPECT_EQ(test, reach(r, last), 0);
	KUNIT_EXPECT_EQ(test, reach(r, last - 1), -EIO);
	/* Its start in reach, its end not */
	KUNIT_EXPECT_EQ(test, reach(r, last + SZ_4K), 0);
	pool.force_bounce = true;
	KUNIT_EXPECT_EQ(test, reach(r, last), -EIO);
	KUNIT_EXPECT_EQ(test, reach(r, last + SZ_4K), -EIO);
	r->dev->dma_mask = NULL;
	KUNIT_EXPECT_EQ(test, reach(r, last), -EIO);
}
#endif

static struct kunit_case reach_test_cases[] = {
	KUNIT_CASE(mask_test),
	KUNIT_CASE(bus_test),
	KUNIT_CASE(no_mask_test),
#ifdef CONFIG_SWIOTLB
	KUNIT_CASE(pool_test),
#endif
	{}
};

static struct kunit_suite reach_test_suite = {
	.name = "vb2-dma-user-reach",
	.init = reach_init,
	.exit = reach_exit,
	.test_cases = reach_test_cases,
};

kunit_test_suite(reach_test_suite);
