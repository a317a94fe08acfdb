// SPDX-License-Identifier: GPL-2.0
/*
 * Large frames, in small and in huge pages, and a device with short segments
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/file.h"
#include "lib/module.h"
#include "lib/pins.h"
#include "lib/stats.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"

#define BUFS 2
#define FRAMES 4

/* Five pages: does not divide a frame, a huge page or a bounce slot. */
#define SHORT_SEGMENT 20480u
#define TINY_SEGMENT 2048u

/* Half of what swiotlb bounces in one piece. */
#define JOINED (128u << 10)

static const struct size {
	__u32	width;
	__u32	height;
} sizes[] = {
	{ 640, 480 },
	{ 1920, 1080 },
	{ 3840, 2160 },
};

static const enum mem_kind kinds[] = { MEM_SMALL, MEM_THP, MEM_HUGETLB };

static void reload(unsigned int max_seg)
{
	char limit[32];
	int ret;

	snprintf(limit, sizeof(limit), "dma_max_seg=%u", max_seg);
	ret = vivid_reload(limit);
	if (ret)
		tap_fatal("set-up: vivid loads with %s (%s)", limit,
			  strerror(-ret));
}

static void rewrite(struct queue *q, unsigned int index, unsigned int nth)
{
	if (q->output)
		pattern_fill(q->buf[index][0].mem, q->size[0], nth);
}

/* Returns the DMA segments of the last frame. */
static unsigned int stream_kind(struct queue *q, enum mem_kind kind,
				const char *note)
{
	struct frame frames[FRAMES];
	unsigned int segs = 0;
	const char *reason;
	struct dmalog log;
	struct userbufs u;

	reason = userbufs_get(&u, q, BUFS, kind, 200, 0);
	if (reason) {
		tap_skip(reason, "%s %ux%u in %s%s", q->kind, q->width,
			 q->height, mem_name(kind), note);
		return 0;
	}
	for (unsigned int i = 0; i < BUFS; i++)
		userbufs_attach(&u, q, i, i);
	tap_ok(stream_good(q, frames, FRAMES, rewrite),
	       "%s %ux%u in %s%s: %d frames equal the device's", q->kind,
	       q->width, q->height, mem_name(kind), note, FRAMES);
	tap_ok(userbufs_guards_good(&u),
	       "%s %ux%u in %s%s: the bytes around stay as they were", q->kind,
	       q->width, q->height, mem_name(kind), note);

	dmalog_read(&log, q->device);
	if (log.count)
		segs = log.transfer[log.count - 1].segs;
	dmalog_free(&log);
	tap_diag("%u bytes in %u segments", q->size[0], segs);
	userbufs_put(&u);
	return segs;
}

static void open_size(struct queue *q, const char *kind, __u32 width,
		      __u32 height)
{
	struct userbufs u;

	queue_open(q, SINGLE, kind);
	queue_format(q, V4L2_PIX_FMT_YUYV, width, height);
	userbufs_setup(&u, q, BUFS);
	userbufs_put(&u);
}

/* Pages that follow one another are one segment, as far as swiotlb could go. */
static void test_joined(const struct queue *q, enum mem_kind kind,
			unsigned int segs)
{
	unsigned int most = q->size[0] / JOINED + 4;

	if (kind == MEM_HUGETLB && segs)
		tap_ok(segs <= most, "%s %ux%u in %s: no more than %u segments (%u)",
		       q->kind, q->width, q->height, mem_name(kind), most, segs);
}

static void test_size(const struct size *s, const char *kind)
{
	unsigned int segs;
	struct queue q;

	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		open_size(&q, kind, s->width, s->height);
		segs = stream_kind(&q, kinds[i], "");
		test_joined(&q, kinds[i], segs);
		queue_close(&q);
	}
}

/* The device refuses longer segments than it said (its error flag is set). */
static void test_short_segments(const char *kind)
{
	char note[48];
	struct queue q;
	unsigned int segs;

	snprintf(note, sizeof(note), ", segments up to %u bytes", SHORT_SEGMENT);
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		open_size(&q, kind, 640, 480);
		segs = stream_kind(&q, kinds[i], note);
		if (segs)
			tap_ok(segs >= q.size[0] / SHORT_SEGMENT,
			       "%s in %s: %u segments of up to %u bytes hold %u bytes",
			       kind, mem_name(kinds[i]), segs, SHORT_SEGMENT,
			       q.size[0]);
		queue_close(&q);
	}
}

/* A page can't be handed to it in one piece. */
static void test_tiny_segments(void)
{
	long before = pins_held();
	struct userbufs u;
	struct queue q;

	reload(TINY_SEGMENT);
	klog_mark();
	queue_open(&q, SINGLE, "vid-cap");
	queue_format(&q, V4L2_PIX_FMT_YUYV, 640, 480);
	userbufs_setup(&u, &q, 1);
	tap_is(queue_qbuf(&q, 0), -EINVAL,
	       "QBUF for a device whose segments are below a page");
	tap_is(pins_settle(before), before, "and nothing stays pinned");
	if (stats_there())
		tap_ok(klog_has("longest segment is below a page: need 4096, have 2048"),
		       "the kernel log says why it was refused");
	queue_close(&q);
	userbufs_put(&u);
}

int main(void)
{
	tap_init(300);
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		test_size(&sizes[i], "vid-cap");
		test_size(&sizes[i], "vid-out");
	}

	reload(SHORT_SEGMENT);
	test_short_segments("vid-cap");
	test_short_segments("vid-out");
	test_tiny_segments();
	tap_is(vivid_reload(""), 0, "vivid loads again as it was");
	return tap_done();
}
