// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that looks into its buffers with the CPU sees what the device saw:
 * after the transfer, and into an output buffer also while it is prepared
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/udmabuf.h"
#include "lib/userbufs.h"

#define BUFS 3
#define FRAMES 9

static void rewrite(struct queue *q, unsigned int index, unsigned int nth)
{
	for (unsigned int p = 0; p < q->planes; p++)
		pattern_fill(q->buf[index][p].mem, q->size[p],
			     nth * PLANES_MAX + p);
}

/* Another start of the data each time. */
static void rewrite_at_offset(struct queue *q, unsigned int index, unsigned int nth)
{
	rewrite(q, index, nth);
	for (unsigned int p = 0; p < q->planes; p++)
		queue_data_offset(q, index, p, nth * 100 + p);
}

static bool same(const struct transfer *device, const struct transfer *cpu)
{
	return device && cpu && device->off == cpu->off &&
	       device->bytes == cpu->bytes && device->crc == cpu->crc;
}

/* Planes that were the same for the device and, when it looked, the CPU. */
static unsigned int seen_alike(const struct queue *q, const char *when,
			       const struct frame *frames, unsigned int count)
{
	unsigned int good = 0;
	struct dmalog log;
	char cpu[24];

	snprintf(cpu, sizeof(cpu), "%s-%s", when, q->kind);
	dmalog_read(&log, q->device);
	for (unsigned int n = 0; n < count; n++)
		for (unsigned int p = 0; p < q->planes; p++)
			good += same(dmalog_find(&log, q->kind, frames[n].seq, p),
				     dmalog_find(&log, cpu, frames[n].seq, p));
	dmalog_free(&log);
	return good;
}

static void stream_and_compare(struct queue *q, refill_fn refill,
			       const char *what)
{
	struct frame frames[FRAMES];
	unsigned int got = stream_run(q, frames, FRAMES, refill);

	tap_is(seen_alike(q, "cpu", frames, got), FRAMES * q->planes,
	       "%s %s: the driver sees %u planes of %d frames as the device did",
	       what, q->kind, q->planes, FRAMES);
	if (q->output)
		tap_is(seen_alike(q, "early", frames, got), FRAMES * q->planes,
		       "%s %s: it saw them so when they were prepared",
		       what, q->kind);
}

static void setup(struct queue *q, unsigned int instance, const char *kind,
		  __u32 fourcc)
{
	queue_open(q, instance, kind);
	queue_format(q, fourcc, 320, 180);
}

static void test_user(unsigned int instance, const char *kind, __u32 fourcc,
		      refill_fn refill, size_t offset, size_t extra)
{
	struct userbufs u;
	struct queue q;

	setup(&q, instance, kind, fourcc);
	if (queue_reqbufs(&q, V4L2_MEMORY_USERPTR, BUFS) ||
	    userbufs_get(&u, &q, BUFS, MEM_ANON, offset, extra))
		tap_fatal("set-up: memory for buffers");
	for (unsigned int i = 0; i < BUFS; i++)
		userbufs_attach(&u, &q, i, i);
	stream_and_compare(&q, refill, "USERPTR");
	stream_and_compare(&q, refill, "USERPTR, once more,");
	tap_ok(userbufs_guards_good(&u),
	       "USERPTR %s: the bytes around the buffers stay as they were",
	       kind);
	queue_close(&q);
	userbufs_put(&u);
}

static void setup_mmap(struct queue *q, const char *kind)
{
	setup(q, SINGLE, kind, V4L2_PIX_FMT_YUYV);
	if (queue_reqbufs(q, V4L2_MEMORY_MMAP, BUFS) || queue_mmap(q))
		tap_fatal("set-up: %s has MMAP buffers", kind);
}

static void test_mmap(const char *kind)
{
	struct queue q;

	setup_mmap(&q, kind);
	stream_and_compare(&q, q.output ? rewrite : NULL, "MMAP");
	queue_munmap(&q);
	queue_close(&q);
}

/* Buffers of one queue, imported by the other, and looked at there. */
static void test_import(const char *from, const char *to)
{
	struct queue own, import;
	int ret;

	setup_mmap(&own, from);
	for (unsigned int i = 0; i < BUFS; i++)
		pattern_fill(own.buf[i][0].mem, own.buf[i][0].length, i);
	setup(&import, SINGLE, to, V4L2_PIX_FMT_YUYV);
	ret = queue_import_all(&import, &own);
	if (ret)
		tap_fatal("set-up: %s imports (%s)", to, strerror(-ret));
	stream_and_compare(&import, NULL, "DMABUF");
	queue_close(&import);
	queue_munmap(&own);
	queue_close(&own);
	queue_import_done(&import);
}

/* An exporter that has no kernel address to give: udmabuf of 6.1. */
static void test_no_address(void)
{
	struct udmabuf buf;
	struct queue q;
	const char *why;

	setup(&q, SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV);
	why = udmabuf_get(&buf, q.size[0]);
	if (why) {
		tap_skip(why, "QBUF of a dma-buf without a kernel address");
		queue_close(&q);
		return;
	}
	if (queue_reqbufs(&q, V4L2_MEMORY_DMABUF, BUFS))
		tap_fatal("set-up: vid-cap imports");
	queue_attach(&q, 0, 0, NULL, buf.len);
	q.buf[0][0].fd = buf.fd;
	tap_is(queue_qbuf(&q, 0), -ENOMEM,
	       "a driver that has to look at a dma-buf without a kernel address can't");
	vivid_param_set("dma_look", "0");
	tap_is(queue_qbuf(&q, 0), 0, "one that has not to can");
	vivid_param_set("dma_look", "1");
	queue_close(&q);
	udmabuf_put(&buf);
}

int main(void)
{
	tap_init(120);
	if (vivid_param_set("dma_look", "1"))
		tap_fatal("set-up: dma_look=1");
	test_user(SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, NULL, 24, 5000);
	test_user(MULTI, "vid-cap", V4L2_PIX_FMT_YUV420M, NULL, 24, 5000);
	test_user(SINGLE, "vid-out", V4L2_PIX_FMT_YUYV, rewrite, 24, 5000);
	test_user(MULTI, "vid-out", V4L2_PIX_FMT_NV16M, rewrite_at_offset, 24, 5000);
	/* Whole lines: what is not copied anywhere the module keeps no list of. */
	test_user(SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, NULL, 0, 0);
	test_user(SINGLE, "vid-out", V4L2_PIX_FMT_YUYV, rewrite, 0, 0);
	test_mmap("vid-cap");
	test_mmap("vid-out");
	test_import("vid-cap", "vid-out");
	test_import("vid-out", "vid-cap");
	test_no_address();
	return tap_done();
}
