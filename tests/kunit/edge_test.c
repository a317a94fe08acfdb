// SPDX-License-Identifier: GPL-2.0
/*
 * Which bytes of a buffer share a cache line with other data
 */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/kernel.h>

#include "../../vb2-dma-user/internal.h"

struct edge_case {
	const char	*name;
	unsigned int	unit;
	unsigned long	offset;
	unsigned long	size;
	unsigned int	head;
	unsigned int	tail;
	unsigned int	start_unit;
	unsigned int	keep;
	unsigned int	head_at;
	unsigned int	tail_at;
};

#define PAGE PAGE_SIZE

static const struct edge_case edge_cases[] = {
	{ "coherent: none, anywhere", 1, 7, 1001, 0, 0 },
	{ "whole lines: none", 64, 128, 640, 0, 0 },
	{ "one whole line", 64, 64, 64, 0, 0 },
	{ "starts one byte into a line", 64, 1, 640, 63, 1 },
	{ "starts at a line's last byte", 64, 63, 640, 1, 63 },
	{ "8 bytes before a page end", 64, 4088, 614400, 8, 56 },
	{ "starts with a line, ends inside one", 64, 0, 100, 0, 36 },
	{ "ends with a line, starts inside one", 64, 28, 100, 36, 0 },
	{ "two parts of lines, nothing between", 64, 60, 8, 4, 4 },
	{ "inside of one line", 64, 8, 16, 16, 0 },
	{ "one byte inside of a line", 64, 8, 1, 1, 0 },
	{ "one byte at a line's start", 64, 64, 1, 0, 1 },
	{ "one byte at a line's end", 64, 127, 1, 1, 0 },
	{ "all of a line but its last byte", 64, 0, 63, 0, 63 },
	{ "all of a line but its first byte", 64, 1, 63, 63, 0 },
	{ "lines of 128 bytes", 128, 100, 300, 28, 16 },
	{ "pages", PAGE_SIZE, 24, 2 * PAGE_SIZE, PAGE_SIZE - 24, 24 },
	{ "less than a page, in one", PAGE_SIZE, 24, 100, 100, 0 },
	{ "aligned start wanted, and there", 1, 512, 5000, 0, 0, 512 },
	{ "aligned start wanted, and not there", 1, 500, 5000, 12, 0, 512 },
	{ "aligned start wanted, lines shared", 64, 500, 5000, 12, 60, 512 },
	{ "anywhere", 64, 24, PAGE, 40, 24, 0,
	  0, 0, 0 },
	{ "kept: pages, both ends inside of lines", 64, 24, 2 * PAGE, PAGE - 24, 24, 0,
	  PAGE - 1, 24, 0 },
	{ "kept: pages, whole lines: none", 64, 64, 2 * PAGE, 0, 0, 0,
	  PAGE - 1, 64, 64 },
	{ "kept: pages, ends inside of a line", 64, 64, 2 * PAGE + 10, 0, 74, 0,
	  PAGE - 1, 64, 0 },
	{ "kept: pages, starts inside of a line", 64, 24, 2 * PAGE + 40, PAGE - 24, 0, 0,
	  PAGE - 1, 24, 64 },
	{ "kept: pages, all in one, inside of a line", 64, 24, 10, 10, 0, 0,
	  PAGE - 1, 24, 34 },
	{ "kept: pages, all in one, starts with a line", 64, 64, 10, 0, 10, 0,
	  PAGE - 1, 64, 64 },
	{ "kept: 512 bytes", 64, 4088, 5001, 8, 385, 0,
	  511, 504, 0 },
	{ "kept: 512 bytes, all in one", 64, 576, 10, 0, 10, 0,
	  511, 64, 64 },
	{ "kept: less than a line", 64, 4099, 5001, 61, 12, 0,
	  7, 3, 0 },
};

static void edge_case_name(const struct edge_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(edge, edge_cases, edge_case_name);

static void edge_split_test(struct kunit *test)
{
	const struct edge_case *c = test->param_value;
	struct vdu_edges edges = {
		.start_unit = c->start_unit ?: c->unit,
		.end_unit = c->unit,
		.keep = c->keep,
	};

	vdu_edges_split(&edges, c->offset, c->size);
	KUNIT_EXPECT_EQ(test, edges.head, c->head);
	KUNIT_EXPECT_EQ(test, edges.tail, c->tail);
	KUNIT_EXPECT_EQ(test, edges.head_at, c->head_at);
	KUNIT_EXPECT_EQ(test, edges.tail_at, c->tail_at);
}

/*
 * No byte between the edges may be in a unit that reaches out of the buffer, and
 * each edge has its place in its unit's memory.
 */
static void check_split(struct kunit *test, const struct vdu_edges *edges,
			unsigned long offset, unsigned long size)
{
	unsigned long start = offset + edges->head;
	unsigned long end = offset + size - edges->tail;

	KUNIT_ASSERT_LE(test, start, end);
	KUNIT_ASSERT_LE(test, edges->head_at + edges->head,
			max(edges->start_unit, edges->keep + 1));
	KUNIT_ASSERT_LE(test, edges->tail_at + edges->tail,
			max(edges->end_unit, edges->keep + 1));
	if (edges->head)
		KUNIT_ASSERT_EQ(test, (edges->head_at ^ offset) & edges->keep, 0);
	if (edges->tail)
		KUNIT_ASSERT_EQ(test, (edges->tail_at ^ end) & edges->keep, 0);
	if (start == end)
		return;
	KUNIT_ASSERT_EQ(test, start % edges->start_unit, 0UL);
	KUNIT_ASSERT_EQ(test, end % edges->end_unit, 0UL);
}

static void edge_split_all_test(struct kunit *test)
{
	static const unsigned int keep[] = { 0, 7, 15, 31 };
	unsigned long offset, size;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(keep); i++) {
		struct vdu_edges edges = {
			.start_unit = 16, .end_unit = 8, .keep = keep[i],
		};

		for (offset = 0; offset < 40; offset++)
			for (size = 1; size < 80; size++) {
				vdu_edges_split(&edges, offset, size);
				check_split(test, &edges, offset, size);
			}
	}
}

static const struct {
	unsigned int	mask;
	unsigned int	keep;
} keeps[] = {
	{ 0, 0 }, { 7, 7 }, { 8, 15 }, { 511, 511 }, { 512, 1023 },
	{ PAGE - 1, PAGE - 1 }, { PAGE, PAGE - 1 }, { 65535, PAGE - 1 },
	{ UINT_MAX, PAGE - 1 },
};

static void edge_keep_test(struct kunit *test)
{
	struct device *dev = __root_device_register("vb2-dma-user-test", NULL);
	struct device_dma_parameters parms = {};
	unsigned int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(dev));
	KUNIT_EXPECT_EQ(test, vdu_edge_keep(dev), 0);
	dev->dma_parms = &parms;
	for (i = 0; i < ARRAY_SIZE(keeps); i++) {
		parms.min_align_mask = keeps[i].mask;
		KUNIT_EXPECT_EQ(test, vdu_edge_keep(dev), keeps[i].keep);
	}
	dev->dma_parms = NULL;
	root_device_unregister(dev);
}

static const struct {
	unsigned long	offset;
	unsigned long	size;
	unsigned int	unit;
	unsigned int	shared;
} shareds[] = {
	{ 24, PAGE, 512, 488 },
	{ 24, 100, 512, 100 },
	{ 500, PAGE, 512, 12 },
	{ 512, PAGE + 5, 64, 5 },
	{ 512, 5, 64, 5 },
	{ 512, 2 * PAGE + 100, 64, 36 },
};

static void edge_shared_test(struct kunit *test)
{
	struct vdu_edges edges = {
		.start_unit = 512, .end_unit = 64, .keep = PAGE - 1,
	};
	struct vdu_breach why;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shareds); i++) {
		vdu_edges_split(&edges, shareds[i].offset, shareds[i].size);
		why = vdu_edges_shared(&edges, shareds[i].offset,
				       shareds[i].size);
		KUNIT_EXPECT_EQ(test, why.need, shareds[i].unit);
		KUNIT_EXPECT_EQ(test, why.have, shareds[i].shared);
	}
}

static struct kunit_case edge_test_cases[] = {
	KUNIT_CASE_PARAM(edge_split_test, edge_gen_params),
	KUNIT_CASE(edge_split_all_test),
	KUNIT_CASE(edge_keep_test),
	KUNIT_CASE(edge_shared_test),
	{}
};

static struct kunit_suite edge_test_suite = {
	.name = "vb2-dma-user-edge",
	.test_cases = edge_test_cases,
};

kunit_test_suite(edge_test_suite);
