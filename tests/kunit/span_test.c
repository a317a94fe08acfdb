// SPDX-License-Identifier: GPL-2.0
/*
 * Which bytes are synced before and after a transfer
 */
#include <kunit/test.h>
#include <linux/limits.h>

#include "../../vb2-dma-user/internal.h"

#define SIZE 614400UL

struct device_case {
	const char		*name;
	enum dma_data_direction	dir;
	unsigned long		data_offset;
	unsigned long		bytesused;
	unsigned long		size;
	struct vdu_span		want;
};

static const struct device_case device_cases[] = {
	{ "output, the whole plane", DMA_TO_DEVICE, 0, SIZE, SIZE,
	  { 0, SIZE } },
	{ "output, the data ends early", DMA_TO_DEVICE, 0, 1000, SIZE,
	  { 0, 1000 } },
	{ "output, a header is left out", DMA_TO_DEVICE, 64, SIZE, SIZE,
	  { 64, SIZE } },
	{ "output, header and early end", DMA_TO_DEVICE, 64, 1000, SIZE,
	  { 64, 1000 } },
	{ "output, one byte at the start", DMA_TO_DEVICE, 0, 1, SIZE,
	  { 0, 1 } },
	{ "output, one byte at the end", DMA_TO_DEVICE, SIZE - 1, SIZE, SIZE,
	  { SIZE - 1, SIZE } },
	{ "output, a plane of one byte", DMA_TO_DEVICE, 0, 1, 1, { 0, 1 } },
	{ "output, bytesused not said", DMA_TO_DEVICE, 0, 0, SIZE,
	  { 0, SIZE } },
	{ "output, only data_offset said", DMA_TO_DEVICE, 64, 0, SIZE,
	  { 0, SIZE } },
	{ "output, no data behind the header", DMA_TO_DEVICE, 64, 64, SIZE,
	  { 0, SIZE } },
	{ "output, header longer than the data", DMA_TO_DEVICE, 65, 64, SIZE,
	  { 0, SIZE } },
	{ "output, header longer than the plane", DMA_TO_DEVICE, SIZE + 1,
	  SIZE + 2, SIZE, { 0, SIZE } },
	{ "output, header as long as the plane", DMA_TO_DEVICE, SIZE,
	  SIZE + 1, SIZE, { 0, SIZE } },
	{ "output, bytesused past the plane", DMA_TO_DEVICE, 0, SIZE + 1, SIZE,
	  { 0, SIZE } },
	{ "output, the largest numbers", DMA_TO_DEVICE, 8, ULONG_MAX, SIZE,
	  { 8, SIZE } },
	{ "capture, nothing said", DMA_FROM_DEVICE, 0, 0, SIZE, { 0, SIZE } },
	{ "capture, payload set by buf_prepare", DMA_FROM_DEVICE, 0, 1000,
	  SIZE, { 0, SIZE } },
	{ "capture, data_offset left from before", DMA_FROM_DEVICE, 64, 1000,
	  SIZE, { 0, SIZE } },
	{ "both ways, early end", DMA_BIDIRECTIONAL, 64, 1000, SIZE,
	  { 0, SIZE } },
};

static void device_case_name(const struct device_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(device, device_cases, device_case_name);

static void span_for_device_test(struct kunit *test)
{
	const struct device_case *c = test->param_value;
	struct vdu_span got = vdu_span_for_device(c->dir, c->data_offset,
						  c->bytesused, c->size);

	KUNIT_EXPECT_EQ(test, got.start, c->want.start);
	KUNIT_EXPECT_EQ(test, got.end, c->want.end);
}

struct cpu_case {
	const char		*name;
	enum dma_data_direction	dir;
	unsigned long		bytesused;
	unsigned long		size;
	struct vdu_span		want;
};

static const struct cpu_case cpu_cases[] = {
	{ "capture, a full frame", DMA_FROM_DEVICE, SIZE, SIZE, { 0, SIZE } },
	{ "capture, a short frame", DMA_FROM_DEVICE, 1000, SIZE,
	  { 0, 1000 } },
	{ "capture, one byte", DMA_FROM_DEVICE, 1, SIZE, { 0, 1 } },
	{ "capture, one byte missing", DMA_FROM_DEVICE, SIZE - 1, SIZE,
	  { 0, SIZE - 1 } },
	{ "capture, a plane of one byte", DMA_FROM_DEVICE, 1, 1, { 0, 1 } },
	{ "capture, bytesused not said", DMA_FROM_DEVICE, 0, SIZE,
	  { 0, SIZE } },
	{ "capture, bytesused past the plane", DMA_FROM_DEVICE, SIZE + 1, SIZE,
	  { 0, SIZE } },
	{ "capture, the largest number", DMA_FROM_DEVICE, ULONG_MAX, SIZE,
	  { 0, SIZE } },
	{ "output, a full frame", DMA_TO_DEVICE, SIZE, SIZE, { 0, 0 } },
	{ "output, bytesused not said", DMA_TO_DEVICE, 0, SIZE, { 0, 0 } },
	{ "both ways, early end", DMA_BIDIRECTIONAL, 1000, SIZE, { 0, SIZE } },
	{ "both ways, bytesused not said", DMA_BIDIRECTIONAL, 0, SIZE,
	  { 0, SIZE } },
};

static void cpu_case_name(const struct cpu_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(cpu, cpu_cases, cpu_case_name);

static void span_for_cpu_test(struct kunit *test)
{
	const struct cpu_case *c = test->param_value;
	struct vdu_span got = vdu_span_for_cpu(c->dir, c->bytesused, c->size);

	KUNIT_EXPECT_EQ(test, got.start, c->want.start);
	KUNIT_EXPECT_EQ(test, got.end, c->want.end);
}

/* For all small planes: never a byte outside, never one too few. */
static void spans_cover_test(struct kunit *test)
{
	unsigned long size, used, offset;

	for (size = 1; size <= 8; size++)
		for (used = 0; used <= size + 1; used++)
			for (offset = 0; offset <= size + 1; offset++) {
				struct vdu_span dev, cpu;

				dev = vdu_span_for_device(DMA_TO_DEVICE, offset,
							  used, size);
				cpu = vdu_span_for_cpu(DMA_FROM_DEVICE, used,
						       size);
				KUNIT_EXPECT_LT(test, dev.start, dev.end);
				KUNIT_EXPECT_LE(test, dev.end, size);
				KUNIT_EXPECT_LE(test, cpu.end, size);
				/* Used bytes are in, if the program said any. */
				KUNIT_EXPECT_LE(test, dev.start, offset);
				KUNIT_EXPECT_GE(test, dev.end, min(used, size));
				KUNIT_EXPECT_EQ(test, cpu.start, 0UL);
				KUNIT_EXPECT_GE(test, cpu.end, min(used, size));
			}
}

static struct kunit_case span_test_cases[] = {
	KUNIT_CASE_PARAM(span_for_device_test, device_gen_params),
	KUNIT_CASE_PARAM(span_for_cpu_test, cpu_gen_params),
	KUNIT_CASE(spans_cover_test),
	{}
};

static struct kunit_suite span_test_suite = {
	.name = "vb2-dma-user-span",
	.test_cases = span_test_cases,
};

kunit_test_suite(span_test_suite);
