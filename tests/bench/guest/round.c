// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "bench-mark.h"
#include "round.h"
#include "tap.h"

#define DEVICE_SECONDS 600

static void counted_ioctl(const struct queue *q, unsigned long request, void *arg,
			  enum bench_part part, const char *name)
{
	int ret;

	bench_mark(BENCH_BEGIN, part);
	ret = ioctl(q->fd, request, arg);
	bench_mark(BENCH_END, part);
	if (ret)
		tap_fatal("%s of %s %s (%s)", name, q->device, q->kind, strerror(errno));
}

void round_qbuf(struct queue *q, unsigned int index)
{
	struct v4l2_plane planes[PLANES_MAX];
	struct v4l2_buffer b;

	queue_buffer(q, index, &b, planes);
	counted_ioctl(q, VIDIOC_QBUF, &b, BENCH_QBUF, "QBUF");
}

void round_cancel(struct queue *q)
{
	int ret = queue_off(q);

	if (ret)
		tap_fatal("STREAMOFF of %s (%s)", q->device, strerror(-ret));
}

/* The device is done with it. */
static bool is_done(const struct queue *q, unsigned int index)
{
	struct v4l2_plane planes[PLANES_MAX];
	struct v4l2_buffer b;

	queue_buffer(q, index, &b, planes);
	if (ioctl(q->fd, VIDIOC_QUERYBUF, &b))
		tap_fatal("QUERYBUF of %s (%s)", q->device, strerror(errno));
	return b.flags & V4L2_BUF_FLAG_DONE;
}

static void wait_done(const struct queue *q, unsigned int count)
{
	time_t end = time(NULL) + DEVICE_SECONDS;

	for (unsigned int i = 0; i < count; i++)
		while (!is_done(q, i)) {
			if (time(NULL) > end)
				tap_fatal("%s %s transfers nothing", q->device, q->kind);
			usleep(10000);
		}
}

void round_stream(struct queue *q, unsigned int count)
{
	struct v4l2_plane planes[PLANES_MAX];
	struct v4l2_buffer b;
	int ret = queue_on(q);

	if (ret)
		tap_fatal("STREAMON of %s (%s)", q->device, strerror(-ret));
	wait_done(q, count);
	for (unsigned int i = 0; i < count; i++) {
		queue_buffer(q, i, &b, planes);
		counted_ioctl(q, VIDIOC_DQBUF, &b, BENCH_DQBUF, "DQBUF");
		if (b.flags & V4L2_BUF_FLAG_ERROR)
			tap_fatal("%s %s: a transfer failed", q->device, q->kind);
	}
	round_cancel(q);
}

void round_release(struct queue *q)
{
	struct v4l2_requestbuffers req = { .type = q->type, .memory = q->memory };

	counted_ioctl(q, VIDIOC_REQBUFS, &req, BENCH_RELEASE, "REQBUFS(0)");
}
