// SPDX-License-Identifier: GPL-2.0
/*
 * The longest segment that is built for a device; limits that a driver tells
 */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/sizes.h>

#include "../../vb2-dma-user/internal.h"

#define PAGE PAGE_SIZE

struct limit_case {
	const char	*name;
	unsigned int	max_seg;
	unsigned long	want;
};

/* All below the 256 KiB that a bounce buffer holds, where there are some. */
static const struct limit_case limit_cases[] = {
	{ "a page", PAGE, PAGE },
	{ "a page less a byte: not one page fits", PAGE - 1, 0 },
	{ "one byte", 1, 0 },
	{ "a page and a byte", PAGE + 1, PAGE },
	{ "two pages less a byte", 2 * PAGE - 1, PAGE },
	{ "two pages", 2 * PAGE, 2 * PAGE },
	{ "64 KiB", SZ_64K, SZ_64K },
	{ "64 KiB less a byte", SZ_64K - 1, SZ_64K - PAGE },
	{ "not said: 64 KiB", 0, SZ_64K },
};

static void limit_case_name(const struct limit_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(limit, limit_cases, limit_case_name);

static int limit_init(struct kunit *test)
{
	struct device *dev = __root_device_register("vb2-dma-user-test", NULL);

	if (IS_ERR(dev))
		return PTR_ERR(dev);

	dev->dma_parms = kunit_kzalloc(test, sizeof(*dev->dma_parms),
				       GFP_KERNEL);
	test->priv = dev;
	return dev->dma_parms ? 0 : -ENOMEM;
}

static void limit_exit(struct kunit *test)
{
	if (test->priv)
		root_device_unregister(test->priv);
}

static void map_limit_test(struct kunit *test)
{
	const struct limit_case *c = test->param_value;
	struct device *dev = test->priv;

	dev->dma_parms->max_segment_size = c->max_seg;
	KUNIT_EXPECT_EQ(test, vdu_map_limit(dev), c->want);
}

/* Nothing may be cut to 0 by the type it is kept in. */
static void map_limit_largest_test(struct kunit *test)
{
	struct device *dev = test->priv;
	unsigned long got, most;

	dev->dma_parms->max_segment_size = UINT_MAX;
	got = vdu_map_limit(dev);
	most = min_t(size_t, dma_max_mapping_size(dev), UINT_MAX);
	KUNIT_EXPECT_EQ(test, got, most / PAGE * PAGE);
	KUNIT_EXPECT_GE(test, got, (unsigned long)SZ_64K);
}

static void limits_refused_test(struct kunit *test)
{
	static const struct vb2_dma_user_limits bad[] = {
		{ .start_align = 3 },
		{ .start_align = 2 * PAGE },
		{ .seg_align = 12 },
		{ .seg_align = 2 * PAGE },
		{ .len_align = 7 },
		{ .len_align = 2 * PAGE },
		{ .bounce = VB2_DMA_USER_BOUNCE_FULL + 1 },
	};
	struct device *dev = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test, devm_vb2_dma_user_set_limits(dev, &bad[i]),
				-EINVAL);
	KUNIT_EXPECT_EQ(test, vdu_limits_of(dev).start_align, 1);
}

static void limits_told_test(struct kunit *test)
{
	struct vb2_dma_user_limits limits = { .start_align = PAGE };
	struct device *dev = test->priv;

	KUNIT_EXPECT_EQ(test, devm_vb2_dma_user_set_limits(dev, &limits), 0);
	KUNIT_EXPECT_EQ(test, vdu_limits_of(dev).start_align, PAGE);
	limits = (struct vb2_dma_user_limits){ .seg_align = 8, .max_segs = 5 };
	KUNIT_EXPECT_EQ(test, devm_vb2_dma_user_set_limits(dev, &limits), 0);
	KUNIT_EXPECT_EQ(test, vdu_limits_of(dev).start_align, 1);
	KUNIT_EXPECT_EQ(test, vdu_limits_of(dev).seg_align, 8);
	KUNIT_EXPECT_EQ(test, vdu_limits_of(dev).max_segs, 5);
}

static struct kunit_case limit_test_cases[] = {
	KUNIT_CASE_PARAM(map_limit_test, limit_gen_params),
	KUNIT_CASE(map_limit_largest_test),
	KUNIT_CASE(limits_refused_test),
	KUNIT_CASE(limits_told_test),
	{}
};

static struct kunit_suite limit_test_suite = {
	.name = "vb2-dma-user-limit",
	.init = limit_init,
	.exit = limit_exit,
	.test_cases = limit_test_cases,
};

kunit_test_suite(limit_test_suite);
