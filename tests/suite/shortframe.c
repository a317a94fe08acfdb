// SPDX-License-Identifier: GPL-2.0
/*
 * Frames that end early, and frames that fail: the rest is the program's
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/crc32.h"
#include "lib/file.h"
#include "lib/module.h"
#include "lib/stats.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"

#define BUFS 12

static void setup(struct queue *q, struct userbufs *u, unsigned int instance,
		  const char *kind, __u32 fourcc)
{
	queue_open(q, instance, kind);
	queue_format(q, fourcc, 320, 180);
	userbufs_setup(u, q, BUFS);
}

/* Before each QBUF the whole buffer is the program's pattern. */
static void canary(struct queue *q, unsigned int index, unsigned int nth)
{
	(void)nth;
	for (unsigned int p = 0; p < q->planes; p++)
		pattern_fill(q->buf[index][p].mem, q->buf[index][p].length,
			     index);
}

static void parameter(const char *name, const char *value)
{
	int ret = vivid_param_set(name, value);

	if (ret)
		tap_fatal("set-up: vivid's %s can be %s (%s)", name, value,
			  strerror(-ret));
}

static __u32 short_size(const char *value, __u32 size)
{
	__u32 n = atoi(value);

	if (n >= 100)
		return n < size ? n : size;
	return (__u64)size * n / 100;
}

/* Both the length that was told and the memory behind it. */
static bool ends_early(const struct queue *q, const struct frame *f,
		       const char *value)
{
	bool good = true;

	for (unsigned int p = 0; p < q->planes; p++) {
		__u32 used = f->plane[p].bytesused;

		if (used != short_size(value, q->size[p])) {
			tap_diag("frame %u plane %u: bytesused %u of %u",
				 f->seq, p, used, q->size[p]);
			good = false;
		}
		good &= pattern_good(q->buf[f->index][p].mem, used,
				     q->buf[f->index][p].length, f->index);
	}
	return good;
}

static void test_short(unsigned int instance, __u32 fourcc,
		       const char *format, const char *value)
{
	struct frame frames[2 * BUFS];
	unsigned int got, good = 0;
	struct userbufs u;
	struct queue q;

	setup(&q, &u, instance, "vid-cap", fourcc);
	parameter("dma_short", value);
	/* Each buffer once: what is in it afterwards is of its only frame. */
	got = stream_run(&q, frames, BUFS, canary);
	tap_is(frames_good(&q, frames, got), BUFS,
	       "%s, dma_short=%s: %d frames equal the device's up to bytesused",
	       format, value, BUFS);
	for (unsigned int n = 0; n < got; n++)
		good += ends_early(&q, &frames[n], value);
	tap_is(good, BUFS,
	       "%s, dma_short=%s: the bytes past bytesused stay the program's",
	       format, value);
	tap_ok(stream_good(&q, frames, 2 * BUFS, canary),
	       "%s, dma_short=%s: so do %d requeued frames", format, value,
	       2 * BUFS);
	parameter("dma_short", "0");
	queue_close(&q);
	userbufs_put(&u);
}

/* A short frame after a whole one must not bring the whole one's end. */
static void test_alternating(void)
{
	struct frame frame;
	struct userbufs u;
	struct queue q;
	bool good = true;

	setup(&q, &u, SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV);
	q.bufs = 1;
	for (unsigned int n = 0; n < 8; n++) {
		parameter("dma_short", n & 1 ? "5000" : "0");
		good &= stream_good(&q, &frame, 1, canary) &&
			ends_early(&q, &frame, n & 1 ? "5000" : "1000000000");
	}
	tap_ok(good, "whole and short frames in turn: each ends where it should");
	parameter("dma_short", "0");
	queue_close(&q);
	userbufs_put(&u);
}

/* What the device transferred before it failed, and nothing else. */
static bool failed_half_way(const struct queue *q, const struct frame *f,
			    const struct transfer *t)
{
	const struct plane *plane = &q->buf[f->index][t->plane];
	const __u8 *mem = plane->mem;

	if (t->bytes > q->size[t->plane] / 2) {
		tap_diag("frame %u: %u bytes of %u came", f->seq, t->bytes,
			 q->size[t->plane]);
		return false;
	}
	if (q->output)
		return crc32(mem + t->off, t->bytes) == t->crc;
	if (crc32(mem + t->off, t->bytes) != t->crc) {
		tap_diag("frame %u: the half that came differs", f->seq);
		return false;
	}
	return pattern_good(mem, t->off + t->bytes, plane->length, f->index);
}

static bool flag_good(const struct queue *q, const struct dmalog *log,
		      const struct frame *f)
{
	const struct transfer *t = dmalog_find(log, q->kind, f->seq, 0);
	bool flagged = f->flags & V4L2_BUF_FLAG_ERROR;

	if (!t) {
		tap_diag("frame %u is not in the device's log", f->seq);
		return false;
	}
	if (t->error != flagged) {
		tap_diag("frame %u: device %s, flag %s", f->seq,
			 t->error ? "failed" : "went well",
			 flagged ? "set" : "clear");
		return false;
	}
	return flagged ? failed_half_way(q, f, t) : frame_good(q, log, f);
}

static void test_errors(const char *kind, unsigned int every)
{
	struct frame frames[BUFS];
	unsigned int got, good = 0, errors = 0, apart = 0;
	struct userbufs u;
	struct dmalog log;
	struct queue q;
	char value[16];

	setup(&q, &u, SINGLE, kind, V4L2_PIX_FMT_YUYV);
	snprintf(value, sizeof(value), "%u", every);
	parameter("dma_error_every", value);
	got = stream_run(&q, frames, BUFS, canary);
	parameter("dma_error_every", "0");

	dmalog_read(&log, q.device);
	for (unsigned int n = 0; n < got; n++) {
		bool error = frames[n].flags & V4L2_BUF_FLAG_ERROR;

		good += flag_good(&q, &log, &frames[n]);
		errors += error;
		apart += error && n >= every &&
			 frames[n - every].flags & V4L2_BUF_FLAG_ERROR;
	}
	dmalog_free(&log);
	tap_is(good, BUFS,
	       "%s, dma_error_every=%u: just the failed frames have the error flag, the others equal the device's",
	       kind, every);
	tap_is(errors, BUFS / every, "%s: so many of %d frames fail", kind,
	       BUFS);
	tap_is(apart, BUFS / every - 1, "%s: they are %u frames apart", kind,
	       every);
	tap_ok(stream_good(&q, frames, BUFS, canary),
	       "%s: after the errors, %d frames equal the device's", kind,
	       BUFS);
	tap_ok(userbufs_guards_good(&u),
	       "%s: the bytes around the buffers stay as they were", kind);
	queue_close(&q);
	userbufs_put(&u);
}

/* A device that no program's memory is good for: all of it is copied. */
static void test_copied(void)
{
	if (!stats_there()) {
		tap_skip("this allocator copies nothing", "short frames of copies");
		return;
	}
	if (vivid_reload(VIVID_COPIES))
		tap_fatal("set-up: vivid loads with dma_max_seg=2048");
	test_short(SINGLE, V4L2_PIX_FMT_YUYV, "copied YUYV", "5000");
	test_short(MULTI, V4L2_PIX_FMT_NV61M, "copied NV61M", "50");
	test_alternating();
}

int main(void)
{
	/* Off by default where there is a DMA debugger. */
	param_set(DMA_USER, "partial_sync", "1");
	static const char *const values[] = { "1", "33", "50", "99", "100",
					      "4095", "4097", "70001" };

	tap_init(120);
	for (unsigned int i = 0; i < sizeof(values) / sizeof(*values); i++)
		test_short(SINGLE, V4L2_PIX_FMT_YUYV, "YUYV", values[i]);
	test_short(MULTI, V4L2_PIX_FMT_NV61M, "NV61M", "50");
	test_short(MULTI, V4L2_PIX_FMT_NV61M, "NV61M", "5000");
	test_alternating();
	test_errors("vid-cap", 4);
	test_errors("vid-out", 3);
	test_copied();
	return tap_done();
}
