// SPDX-License-Identifier: GPL-2.0
/*
 * Cache hints of MMAP buffers (V4L2_BUF_FLAG_NO_CACHE_*): a sync is left out,
 * of one transfer; a frame that was not taken back from the device is so when
 * the program comes to look at it
 */
#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/crc32.h"
#include "lib/dmabuf.h"
#include "lib/module.h"
#include "lib/stats.h"
#include "lib/stream.h"
#include "lib/tap.h"

/* Not before the device has it, and not after. */
#define NO_PREPARE V4L2_BUF_FLAG_NO_CACHE_CLEAN
#define NO_FINISH V4L2_BUF_FLAG_NO_CACHE_INVALIDATE

static void setup(struct queue *q, unsigned int instance, const char *kind,
		  __u32 fourcc)
{
	queue_open(q, instance, kind);
	queue_format(q, fourcc, 320, 180);
	if (queue_reqbufs(q, V4L2_MEMORY_MMAP, 1) || queue_mmap(q))
		tap_fatal("set-up: %s has an MMAP buffer", kind);
	dmalog_reset(q->device);
	if (queue_on(q))
		tap_fatal("set-up: STREAMON of %s", kind);
}

static void teardown(struct queue *q)
{
	queue_munmap(q);
	queue_close(q);
}

static int qbuf(struct queue *q, __u32 hints)
{
	struct v4l2_plane planes[PLANES_MAX];
	struct v4l2_buffer b;

	queue_buffer(q, 0, &b, planes);
	b.flags |= hints;
	return ioctl(q->fd, VIDIOC_QBUF, &b) ? -errno : 0;
}

/* What was not taken back from the device is not looked at: here, summed up. */
static int dqbuf(struct queue *q, __u32 hints, struct frame *frame)
{
	struct plane planes[PLANES_MAX];
	int ret;

	memcpy(planes, q->buf[0], sizeof(planes));
	if (hints & NO_FINISH)
		for (unsigned int p = 0; p < q->planes; p++)
			q->buf[0][p].mem = NULL;
	ret = queue_dqbuf(q, frame);
	memcpy(q->buf[0], planes, sizeof(planes));
	return ret;
}

/* The buffer through the device. Returns the bytes that were synced, or -1. */
static long long pass(struct queue *q, __u32 hints, struct frame *frame)
{
	long long before = stat_of("bytes_synced");
	int ret = qbuf(q, hints);

	if (!ret)
		ret = dqbuf(q, hints, frame);
	if (!ret)
		return stat_of("bytes_synced") - before;
	tap_diag("%s: QBUF or DQBUF failed: %s", q->kind, strerror(-ret));
	return -1;
}

static __u32 payload(const struct queue *q, const struct frame *frame)
{
	__u32 sum = 0;

	for (unsigned int p = 0; p < q->planes; p++)
		sum += frame->plane[p].bytesused;
	return sum;
}

/* A capture is synced whole before, and as far as it is filled after it. */
static void test_left_out(unsigned int instance, const char *kind, __u32 fourcc)
{
	long long all, before, after;
	struct frame frame;
	struct queue q;

	setup(&q, instance, kind, fourcc);
	all = pass(&q, 0, &frame);
	tap_ok(all >= 0, "%s, %u planes: a transfer syncs %lld bytes", kind,
	       q.planes, all);
	if (!all) {
		tap_skip("this device needs no sync", "%s, %u planes: cache hints", kind,
			 q.planes);
		teardown(&q);
		return;
	}
	before = pass(&q, NO_FINISH, &frame);
	after = pass(&q, NO_PREPARE, &frame);
	tap_is(before + after, all,
	       "%s: with one hint each, these are the two halves of it", kind);
	tap_is(after, !q.output ? payload(&q, &frame) : 0,
	       "%s: what is synced after it", kind);
	tap_is(pass(&q, NO_PREPARE | NO_FINISH, &frame), 0,
	       "%s: with both, nothing", kind);
	tap_is(pass(&q, 0, &frame), all, "%s: hints are for one transfer", kind);
	teardown(&q);
}

/* The first look by way of a dma-buf takes it from the device. */
static void test_look(void)
{
	struct frame frame;
	struct queue q;
	int fd;

	setup(&q, SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV);
	fd = queue_export(&q, 0, 0);
	tap_ok(fd >= 0 && pass(&q, NO_FINISH, &frame) >= 0 &&
	       dmabuf_crc(fd, q.buf[0][0].mem, q.size[0]) == device_crc(&q, &frame, 0),
	       "a frame that was left with the device is there for who asks by its dma-buf");
	tap_ok(pass(&q, 0, &frame) >= 0 &&
	       frame.plane[0].crc == device_crc(&q, &frame, 0),
	       "the next one is there at once");
	close(fd);
	teardown(&q);
}

/* When the device's mapping of it ends, what it wrote must not be lost. */
static void test_outlive(void)
{
	struct frame frame;
	struct queue q;
	__u32 crc = 0;
	size_t len;
	void *mem;
	int fd;

	setup(&q, SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV);
	fd = queue_export(&q, 0, 0);
	len = q.buf[0][0].length;
	if (pass(&q, NO_FINISH, &frame) >= 0)
		crc = device_crc(&q, &frame, 0);
	teardown(&q);

	mem = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		tap_fatal("set-up: the dma-buf of a closed queue can be mapped");
	tap_ok(crc && crc32(mem, frame.plane[0].bytesused) == crc,
	       "a frame that was left with the device outlives its queue");
	munmap(mem, len);
	close(fd);
}

int main(void)
{
	tap_init(60);
	if (!stats_there()) {
		tap_skip("this allocator has no counters", "cache hints");
		return tap_done();
	}
	if (vivid_reload("cache_hints=1,1"))
		tap_fatal("set-up: vivid loads with cache_hints=1,1");
	test_left_out(SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV);
	test_left_out(SINGLE, "vid-out", V4L2_PIX_FMT_YUYV);
	test_left_out(MULTI, "vid-cap", V4L2_PIX_FMT_NV16M);
	test_left_out(MULTI, "vid-out", V4L2_PIX_FMT_NV16M);
	test_look();
	test_outlive();
	return tap_done();
}
