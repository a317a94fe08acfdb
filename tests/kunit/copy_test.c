// SPDX-License-Identifier: GPL-2.0
/*
 * Which segments a device gets of a copy
 */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>

#include "../../vb2-dma-user/internal.h"

#define PIECES 3
#define SEGS 6
#define PAGE PAGE_SIZE

struct copy_case {
	const char			*name;
	struct vb2_dma_user_limits	limits;
	unsigned int			max_seg;
	unsigned long			boundary;
	unsigned int			lead;
	unsigned int			size;
	struct vdu_piece		piece[PIECES];
	struct {
		u32	addr;
		u32	len;
	} seg[SEGS];
};

#define PIECE(a, s) { .addr = a, .size = s }

static const struct copy_case copy_cases[] = {
	{ "one piece", {}, SZ_64K, 0, 0, 3 * PAGE, { PIECE(0x10000, 3 * PAGE) },
	  { { 0x10000, 3 * PAGE } } },
	{ "no whole pages", {}, SZ_64K, 0, 0, PAGE + 5,
	  { PIECE(0x10000, 2 * PAGE) }, { { 0x10000, PAGE + 5 } } },
	{ "two pieces", {}, SZ_64K, 0, 0, PAGE + 5,
	  { PIECE(0x10000, PAGE), PIECE(0x90000, PAGE) },
	  { { 0x10000, PAGE }, { 0x90000, 5 } } },
	{ "pieces that just suffice", {}, SZ_64K, 0, 0, 2 * PAGE,
	  { PIECE(0x10000, PAGE), PIECE(0x90000, PAGE) },
	  { { 0x10000, PAGE }, { 0x90000, PAGE } } },
	{ "not at the start of its piece", {}, SZ_64K, 0, 24, 2 * PAGE,
	  { PIECE(0x10000, PAGE), PIECE(0x90000, 2 * PAGE) },
	  { { 0x10018, PAGE - 24 }, { 0x90000, PAGE + 24 } } },
	{ "segments of at most so much", {}, PAGE, 0, 0, 2 * PAGE + 1,
	  { PIECE(0x10000, 4 * PAGE) },
	  { { 0x10000, PAGE }, { 0x10000 + PAGE, PAGE },
	    { 0x10000 + 2 * PAGE, 1 } } },
	{ "segments of odd length", {}, 1000, 0, 0, 2001,
	  { PIECE(0x10000, PAGE) },
	  { { 0x10000, 1000 }, { 0x103e8, 1000 }, { 0x107d0, 1 } } },
	{ "and aligned", { .seg_align = 16 }, 1000, 0, 0, 2001,
	  { PIECE(0x10000, PAGE) },
	  { { 0x10000, 992 }, { 0x103e0, 992 }, { 0x107c0, 17 } } },
	{ "and of whole lengths", { .len_align = 16 }, 1000, 0, 0, 2001,
	  { PIECE(0x10000, PAGE) },
	  { { 0x10000, 992 }, { 0x103e0, 992 }, { 0x107c0, 17 } } },
	{ "aligned, but for the first", { .seg_align = 16 }, 1000, 0, 24, 1500,
	  { PIECE(0x10000, PAGE) }, { { 0x10018, 1000 }, { 0x10400, 500 } } },
	{ "aligned, the first cut short", { .seg_align = 256 }, 900, 0, 24, 1500,
	  { PIECE(0x10000, PAGE) }, { { 0x10018, 744 }, { 0x10300, 756 } } },
	{ "whole lengths, not from an aligned start", { .len_align = 16 }, 1000, 0,
	  24, 1500, { PIECE(0x10000, PAGE) },
	  { { 0x10018, 992 }, { 0x103f8, 508 } } },
	{ "aligned ends, of whole lengths by that",
	  { .seg_align = 64, .len_align = 16 }, 1000, 0, 16, 1500,
	  { PIECE(0x10000, PAGE) }, { { 0x10010, 944 }, { 0x103c0, 556 } } },
	{ "no segment is so short", { .seg_align = 2048 }, 1000, 0, 0, 1500,
	  { PIECE(0x10000, PAGE) }, {} },
	{ "a boundary", {}, SZ_64K, 2 * PAGE, 0, 3 * PAGE,
	  { PIECE(0x10000 + PAGE, 3 * PAGE) },
	  { { 0x10000 + PAGE, PAGE }, { 0x10000 + 2 * PAGE, 2 * PAGE } } },
	{ "a boundary inside of a page", {}, SZ_64K, 2048, 24, 4000,
	  { PIECE(0x10000, PAGE) }, { { 0x10018, 2024 }, { 0x10800, 1976 } } },
};

static void copy_case_name(const struct copy_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(copy, copy_cases, copy_case_name);

static void copy_cut_test(struct kunit *test)
{
	const struct copy_case *c = test->param_value;
	struct device_dma_parameters parms = {
		.max_segment_size = c->max_seg,
		.segment_boundary_mask = c->boundary ? c->boundary - 1 : 0,
	};
	struct device *dev = kunit_kzalloc(test, sizeof(*dev), GFP_KERNEL);
	const struct vdu_copy copy = {
		.piece = (struct vdu_piece *)c->piece, .lead = c->lead,
	};
	struct vb2_dma_user_limits limits = c->limits;
	struct scatterlist sgl[SEGS];
	unsigned int i, count;

	KUNIT_ASSERT_NOT_NULL(test, dev);
	dev->dma_parms = &parms;
	vdu_limits_complete(&limits);
	for (count = 0; count < SEGS && c->seg[count].len; count++)
		;
	KUNIT_ASSERT_EQ(test, count, vdu_copy_cut(&copy, dev, c->size, &limits,
						  NULL));
	sg_init_table(sgl, SEGS);
	KUNIT_EXPECT_EQ(test, count, vdu_copy_cut(&copy, dev, c->size, &limits,
						  sgl));
	for (i = 0; i < count; i++) {
		KUNIT_EXPECT_EQ(test, sg_dma_address(&sgl[i]), c->seg[i].addr);
		KUNIT_EXPECT_EQ(test, sg_dma_len(&sgl[i]), c->seg[i].len);
	}
}

static struct kunit_case copy_test_cases[] = {
	KUNIT_CASE_PARAM(copy_cut_test, copy_gen_params),
	{}
};

static struct kunit_suite copy_test_suite = {
	.name = "vb2-dma-user-copy",
	.test_cases = copy_test_cases,
};

kunit_test_suite(copy_test_suite);
