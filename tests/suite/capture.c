// SPDX-License-Identifier: GPL-2.0
/*
 * USERPTR capture: every frame is, bit for bit, what the device wrote
 */
#include <sys/ioctl.h>

#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"

#define BUFS 4
#define FRAMES 12
#define ROTATING 7

static const struct format {
	unsigned int	instance;
	__u32	fourcc;
	const char	*name;
} formats[] = {
	{ SINGLE, V4L2_PIX_FMT_YUYV, "YUYV" },
	{ SINGLE, V4L2_PIX_FMT_NV12, "NV12" },
	{ SINGLE, V4L2_PIX_FMT_RGB24, "RGB3" },
	{ MULTI, V4L2_PIX_FMT_YUYV, "YUYV, multi-planar queue" },
	{ MULTI, V4L2_PIX_FMT_NV12, "NV12, multi-planar queue" },
	{ MULTI, V4L2_PIX_FMT_NV16M, "NV16M, 2 planes, data_offset in the first" },
	{ MULTI, V4L2_PIX_FMT_NV61M, "NV61M, 2 planes, data_offset in the second" },
	{ MULTI, V4L2_PIX_FMT_YUV420M, "YUV420M, 3 planes" },
};

static const struct node {
	const char	*kind;
	int		input;
} nodes[] = {
	{ "vbi-cap", 1 },
	{ "meta-cap", 0 },
	{ "sdr-cap", -1 },
	{ "touch-cap", -1 },
};

static struct userbufs rotating;

static void test_format(const struct format *f)
{
	struct frame frames[FRAMES];
	struct userbufs u;
	struct queue q;

	queue_open(&q, f->instance, "vid-cap");
	queue_format(&q, f->fourcc, 320, 180);
	userbufs_setup(&u, &q, BUFS);

	tap_ok(stream_good(&q, frames, FRAMES, NULL),
	       "%s: %d frames into %d buffers equal what the device wrote",
	       f->name, FRAMES, BUFS);
	tap_is(frames_new(frames, FRAMES), FRAMES - 1,
	       "%s: each frame differs from the one before", f->name);
	tap_ok(stream_good(&q, frames, FRAMES, NULL),
	       "%s: so do %d frames after STREAMOFF and STREAMON", f->name,
	       FRAMES);
	tap_ok(userbufs_guards_good(&u),
	       "%s: the bytes around the buffers stay as they were", f->name);

	queue_close(&q);
	userbufs_put(&u);
}

static void rotate(struct queue *q, unsigned int index, unsigned int nth)
{
	userbufs_attach(&rotating, q, index, nth % ROTATING);
}

static void test_rotating(void)
{
	struct frame frames[4 * ROTATING];
	struct queue q;

	queue_open(&q, MULTI, "vid-cap");
	queue_format(&q, V4L2_PIX_FMT_NV16M, 320, 180);
	userbufs_setup(&rotating, &q, ROTATING);
	if (queue_reqbufs(&q, V4L2_MEMORY_USERPTR, 3))
		tap_fatal("set-up: the queue has 3 USERPTR buffers");

	tap_ok(stream_good(&q, frames, 4 * ROTATING, rotate),
	       "%d user buffers rotating over 3 slots: %d frames equal what the device wrote",
	       ROTATING, 4 * ROTATING);
	tap_ok(userbufs_guards_good(&rotating),
	       "rotating: the bytes around the buffers stay as they were");

	queue_close(&q);
	userbufs_put(&rotating);
}

/* More memory than the frame needs: the rest is not the device's. */
static void test_longer(void)
{
	struct frame frames[FRAMES];
	struct userbufs u;
	struct queue q;
	bool good = true;

	queue_open(&q, SINGLE, "vid-cap");
	queue_format(&q, V4L2_PIX_FMT_YUYV, 320, 180);
	userbufs_setup(&u, &q, 2);
	userbufs_put(&u);
	if (userbufs_get(&u, &q, 2, MEM_ANON, 16, 10000))
		tap_fatal("set-up: memory for longer buffers");
	for (unsigned int i = 0; i < 2; i++) {
		userbufs_attach(&u, &q, i, i);
		pattern_fill(u.mem[i][0].user, u.mem[i][0].len, i);
	}

	tap_ok(stream_good(&q, frames, FRAMES, NULL),
	       "buffers longer than a frame: %d frames equal what the device wrote",
	       FRAMES);
	for (unsigned int i = 0; i < 2; i++)
		good &= pattern_good(u.mem[i][0].user, q.size[0],
				     u.mem[i][0].len, i);
	tap_ok(good, "buffers longer than a frame: the rest stays as it was");

	queue_close(&q);
	userbufs_put(&u);
}

static void test_node(const struct node *n, unsigned int instance)
{
	const char *planar = instance == MULTI ? "multi" : "single";
	struct frame frames[FRAMES];
	int input = n->input;
	struct userbufs u;
	struct queue q;

	queue_open(&q, instance, n->kind);
	if (input >= 0 && ioctl(q.fd, VIDIOC_S_INPUT, &input))
		tap_fatal("set-up: %s has input %d", n->kind, input);
	queue_format_read(&q);
	userbufs_setup(&u, &q, 3);

	tap_ok(stream_good(&q, frames, FRAMES, NULL),
	       "%s (%s-planar device): %d buffers of %u bytes equal what the device wrote",
	       n->kind, planar, FRAMES, q.size[0]);
	tap_ok(userbufs_guards_good(&u),
	       "%s (%s-planar device): the bytes around the buffers stay as they were",
	       n->kind, planar);

	queue_close(&q);
	userbufs_put(&u);
}

int main(void)
{
	tap_init(180);
	for (unsigned int i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		test_format(&formats[i]);
	test_rotating();
	test_longer();
	for (unsigned int i = 0; i < sizeof(nodes) / sizeof(*nodes); i++) {
		test_node(&nodes[i], SINGLE);
		test_node(&nodes[i], MULTI);
	}
	return tap_done();
}
