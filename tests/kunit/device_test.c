// SPDX-License-Identifier: GPL-2.0
/*
 * Is what was mapped something that the device can take?
 */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>

#include "../../vb2-dma-user/internal.h"

#define SEGS 3

struct device_case {
	const char			*name;
	struct vb2_dma_user_limits	limits;
	unsigned long			boundary;
	struct {
		u32	addr;
		u32	len;
	} seg[SEGS];
	const char			*why;
	u64				need;
	u64				have;
};

static const struct device_case device_cases[] = {
	{ "no limits", {}, 0,
	  { { 0x1001, 5 }, { 0x9003, 7 }, { 0x2001, 1 } }, NULL, 0, 0 },
	{ "start is aligned", { .start_align = 16 }, 0,
	  { { 0x1010, 5 }, { 0x9003, 7 }, { 0x2001, 1 } }, NULL, 0, 0 },
	{ "start is not aligned", { .start_align = 16 }, 0,
	  { { 0x1008, 5 } }, "start is not aligned", 16, 8 },
	{ "one segment's length and further ones' start don't matter",
	  { .seg_align = 64, .len_align = 64 }, 0,
	  { { 0x1001, 5 } }, NULL, 0, 0 },
	{ "second segment is not aligned", { .seg_align = 16 }, 0,
	  { { 0x1001, 5 }, { 0x9004, 8 } }, "segment is not aligned", 16, 4 },
	{ "last segment is not aligned", { .seg_align = 16 }, 0,
	  { { 0x1001, 5 }, { 0x9000, 8 }, { 0x2002, 4 } },
	  "segment is not aligned", 16, 2 },
	{ "first segment has no whole length", { .len_align = 4 }, 0,
	  { { 0x1000, 6 }, { 0x2000, 4 } }, "segment has no whole length", 4, 6 },
	{ "last segment may have any length", { .len_align = 4 }, 0,
	  { { 0x1000, 8 }, { 0x2000, 4 }, { 0x3000, 1 } }, NULL, 0, 0 },
	{ "contiguous", { .contiguous = true }, 0,
	  { { 0x1800, 0x800 }, { 0x2000, 0x1000 }, { 0x3000, 4 } }, NULL, 0, 0 },
	{ "a hole", { .contiguous = true }, 0,
	  { { 0x1800, 0x800 }, { 0x2000, 0x1000 }, { 0x3001, 4 } },
	  "contiguous mapping is too small", 9999, 0x1800 },
	{ "as many segments as it takes", { .max_segs = 3 }, 0,
	  { { 0x1000, 4 }, { 0x2000, 4 }, { 0x3000, 4 } }, NULL, 0, 0 },
	{ "one segment too many", { .max_segs = 2 }, 0,
	  { { 0x1000, 4 }, { 0x2000, 4 }, { 0x3000, 4 } },
	  "too many segments", 2, 3 },
	{ "up to a boundary", {}, 0x10000,
	  { { 0xf000, 0x1000 }, { 0x10000, 0x10000 } }, NULL, 0, 0 },
	{ "one byte over a boundary", {}, 0x10000,
	  { { 0xf000, 0x1001 } }, "segment crosses a boundary", 0x1001, 0x1000 },
};

static void device_case_name(const struct device_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(device, device_cases, device_case_name);

static void fill(struct sg_table *sgt, struct scatterlist *sgl,
		 const struct device_case *c)
{
	unsigned int i;

	sg_init_table(sgl, SEGS);
	sgt->sgl = sgl;
	for (i = 0; i < SEGS && c->seg[i].len; i++) {
		sg_dma_address(&sgl[i]) = c->seg[i].addr;
		sg_dma_len(&sgl[i]) = c->seg[i].len;
	}
	sgt->nents = i;
	sgt->orig_nents = i;
}

static void limits_met_test(struct kunit *test)
{
	const struct device_case *c = test->param_value;
	struct device_dma_parameters parms = {
		.segment_boundary_mask = c->boundary ? c->boundary - 1 : 0,
	};
	struct device *dev = kunit_kzalloc(test, sizeof(*dev), GFP_KERNEL);
	struct scatterlist sgl[SEGS];
	struct vb2_dma_user_limits limits = c->limits;
	struct vdu_breach why = {};
	struct sg_table sgt;
	bool met;

	KUNIT_ASSERT_NOT_NULL(test, dev);
	dev->dma_parms = &parms;
	fill(&sgt, sgl, c);
	vdu_limits_complete(&limits);
	met = vdu_limits_met(&limits, dev, &sgt, 9999, &why);
	KUNIT_EXPECT_EQ(test, met, !c->why);
	KUNIT_EXPECT_STREQ(test, why.what ?: "", c->why ?: "");
	KUNIT_EXPECT_EQ(test, why.need, c->need);
	KUNIT_EXPECT_EQ(test, why.have, c->have);
}

static struct kunit_case device_test_cases[] = {
	KUNIT_CASE_PARAM(limits_met_test, device_gen_params),
	{}
};

static struct kunit_suite device_test_suite = {
	.name = "vb2-dma-user-device",
	.test_cases = device_test_cases,
};

kunit_test_suite(device_test_suite);
