// SPDX-License-Identifier: GPL-2.0
/*
 * The order of registrations: what is the same, and what lies side by side
 */
#include <kunit/test.h>
#include <linux/limits.h>

#include "../../vb2-dma-user/internal.h"

#define MM(n) ((struct mm_struct *)(4096UL * (n)))
#define DEV(n) ((struct device *)(4096UL * (n)))
#define KEY(m, v, s, d, r) { MM(m), v, s, DEV(d), r }

/* In ascending order */
static const struct vdu_key keys[] = {
	KEY(1, 0, 1, 1, DMA_BIDIRECTIONAL),
	KEY(1, 4096, 4096, 1, DMA_TO_DEVICE),
	KEY(1, 4096, 4096, 1, DMA_FROM_DEVICE),
	KEY(1, 4096, 4096, 2, DMA_TO_DEVICE),
	KEY(1, 4096, 4097, 1, DMA_TO_DEVICE),
	KEY(1, 4097, 1, 1, DMA_TO_DEVICE),
	/* Would be below the others if a difference were cut to an int */
	KEY(1, LONG_MAX, 1, 1, DMA_TO_DEVICE),
	KEY(1, ULONG_MAX, 1, 1, DMA_TO_DEVICE),
	KEY(2, 0, 1, 1, DMA_TO_DEVICE),
	KEY(2, 0, ULONG_MAX, 1, DMA_TO_DEVICE),
};

static void key_order_test(struct kunit *test)
{
	unsigned int a, b;

	for (a = 0; a < ARRAY_SIZE(keys); a++)
		for (b = 0; b < ARRAY_SIZE(keys); b++) {
			int cmp = vdu_key_cmp(&keys[a], &keys[b]);

			KUNIT_EXPECT_EQ_MSG(test, cmp < 0, a < b,
					    "key %u and key %u", a, b);
			KUNIT_EXPECT_EQ_MSG(test, cmp == 0, a == b,
					    "key %u and key %u", a, b);
		}
}

/* Every part of the key counts. */
static void key_parts_test(struct kunit *test)
{
	const struct vdu_key key = KEY(3, 8192, 100, 3, DMA_TO_DEVICE);
	const struct vdu_key other[] = {
		KEY(4, 8192, 100, 3, DMA_TO_DEVICE),
		KEY(3, 8193, 100, 3, DMA_TO_DEVICE),
		KEY(3, 8192, 101, 3, DMA_TO_DEVICE),
		KEY(3, 8192, 100, 4, DMA_TO_DEVICE),
		KEY(3, 8192, 100, 3, DMA_FROM_DEVICE),
	};
	unsigned int i;

	KUNIT_EXPECT_EQ(test, vdu_key_cmp(&key, &key), 0);
	for (i = 0; i < ARRAY_SIZE(other); i++)
		KUNIT_EXPECT_NE_MSG(test, vdu_key_cmp(&key, &other[i]), 0,
				    "part %u", i);
}

static struct kunit_case key_test_cases[] = {
	KUNIT_CASE(key_order_test),
	KUNIT_CASE(key_parts_test),
	{}
};

static struct kunit_suite key_test_suite = {
	.name = "vb2-dma-user-key",
	.test_cases = key_test_cases,
};

kunit_test_suite(key_test_suite);
