// SPDX-License-Identifier: GPL-2.0
/*
 * Which pages a range of a program touches, and what the device does to them
 */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/mm.h>

#include "../../vb2-dma-user/internal.h"

#define PAGE PAGE_SIZE
#define AT (1024 * PAGE_SIZE)
/* The last byte that there is */
#define TOP ULONG_MAX

struct range_case {
	const char	*name;
	unsigned long	vaddr;
	unsigned long	size;
	int		count; /* or errno */
};

static const struct range_case range_cases[] = {
	{ "one byte at a page's start", AT, 1, 1 },
	{ "one byte at a page's end", AT + PAGE - 1, 1, 1 },
	{ "one byte in a page's middle", AT + PAGE / 2, 1, 1 },
	{ "a whole page", AT, PAGE, 1 },
	{ "a page but its first byte", AT + 1, PAGE - 1, 1 },
	{ "a page and one byte behind", AT, PAGE + 1, 2 },
	{ "a page and one byte in front", AT - 1, PAGE + 1, 2 },
	{ "a page's length, off by one", AT + 1, PAGE, 2 },
	{ "the two bytes around a border", AT - 1, 2, 2 },
	{ "two pages", AT, 2 * PAGE, 2 },
	{ "two pages' length over three", AT + PAGE - 1, 2 * PAGE, 3 },
	{ "a page and a byte on each side", AT - 1, PAGE + 2, 3 },
	{ "page 0", 0, 1, 1 },
	{ "the last byte", TOP, 1, 1 },
	{ "the last page", TOP & PAGE_MASK, PAGE, 1 },
	{ "empty", AT, 0, -EINVAL },
	{ "empty at 0", 0, 0, -EINVAL },
	{ "empty at the top", TOP, 0, -EINVAL },
	{ "wraps by one byte", TOP, 2, -EINVAL },
	{ "wraps by one byte, whole page", TOP & PAGE_MASK, PAGE + 1, -EINVAL },
	{ "wraps back to its start", AT, TOP - PAGE, -EINVAL },
	{ "the largest size", AT, TOP, -EINVAL },
#if BITS_PER_LONG == 64
	{ "as many pages as can be counted", 0,
	  (unsigned long)INT_MAX << PAGE_SHIFT, INT_MAX },
	{ "one byte more than can be counted", 0,
	  ((unsigned long)INT_MAX << PAGE_SHIFT) + 1, -EINVAL },
	{ "2^32 pages: a count of 0, if cut", 0,
	  1UL << (32 + PAGE_SHIFT), -EINVAL },
	{ "2^32 + 1 pages: a count of 1, if cut", 0,
	  (1UL << (32 + PAGE_SHIFT)) + 1, -EINVAL },
#else
	{ "all of the address space", 0, TOP, -EINVAL },
	{ "all but its last page", 0, TOP & PAGE_MASK, TOP >> PAGE_SHIFT },
#endif
};

static void range_case_name(const struct range_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(range, range_cases, range_case_name);

static void page_range_test(struct kunit *test)
{
	const struct range_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, vdu_page_count(c->vaddr, c->size), c->count);
}

/* Every offset and length of up to two pages, by counting them one by one. */
static void page_range_all_test(struct kunit *test)
{
	unsigned long offset, size;

	for (offset = 0; offset < PAGE; offset += 61)
		for (size = 1; size <= 2 * PAGE; size += 127) {
			int want = DIV_ROUND_UP(offset + size, PAGE);

			KUNIT_EXPECT_EQ(test, want,
					vdu_page_count(AT + offset, size));
		}
}

static void device_writes_test(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, vdu_device_writes(DMA_FROM_DEVICE));
	KUNIT_EXPECT_TRUE(test, vdu_device_writes(DMA_BIDIRECTIONAL));
	KUNIT_EXPECT_FALSE(test, vdu_device_writes(DMA_TO_DEVICE));
	KUNIT_EXPECT_FALSE(test, vdu_device_writes(DMA_NONE));
}

static struct kunit_case pages_test_cases[] = {
	KUNIT_CASE_PARAM(page_range_test, range_gen_params),
	KUNIT_CASE(page_range_all_test),
	KUNIT_CASE(device_writes_test),
	{}
};

static struct kunit_suite pages_test_suite = {
	.name = "vb2-dma-user-pages",
	.test_cases = pages_test_cases,
};

kunit_test_suite(pages_test_suite);
