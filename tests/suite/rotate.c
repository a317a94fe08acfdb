// SPDX-License-Identifier: GPL-2.0
/*
 * More buffers than the queue has slots, in turn: each is pinned and mapped
 * once. What is kept for that is limited, and goes when it has to
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/pins.h"
#include "lib/stats.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"

#define SLOTS 4
#define BUFFERS 16
#define ROUNDS 3
#define FRAMES (ROUNDS * BUFFERS)
#define AGE_SECONDS 10
#define DRIVER "/sys/bus/platform/drivers/vivid/"

/* vivid's control that makes one QBUF fail in the driver's buf_prepare */
#define CID_BUF_PREPARE_ERROR (0x00f0f000 + 68)

static struct userbufs bufs;

/* The nth QBUF takes the nth buffer of all, whatever slot is free. */
static void rotate(struct queue *q, unsigned int index, unsigned int nth)
{
	userbufs_attach(&bufs, q, index, nth % BUFFERS);
	if (!q->output)
		return;
	for (unsigned int p = 0; p < q->planes; p++)
		pattern_fill(q->buf[index][p].mem, q->buf[index][p].length,
			     nth * PLANES_MAX + p);
}

static void setup_format(struct queue *q, unsigned int instance,
			 const char *kind, __u32 fourcc, __u32 width,
			 __u32 height)
{
	int ret;

	queue_open(q, instance, kind);
	queue_format(q, fourcc, width, height);
	ret = queue_reqbufs(q, V4L2_MEMORY_USERPTR, SLOTS);
	/* Small pages: else the kernel may try to join them meanwhile. */
	if (ret || userbufs_get(&bufs, q, BUFFERS, MEM_SMALL, 24, 0))
		tap_fatal("set-up: buffers (%s)", strerror(-ret));
}

static void setup(struct queue *q, unsigned int instance, const char *kind)
{
	setup_format(q, instance, kind, instance == MULTI ?
		     V4L2_PIX_FMT_NV16M : V4L2_PIX_FMT_YUYV, 320, 180);
}

static void teardown(struct queue *q)
{
	queue_close(q);
	userbufs_put(&bufs);
}

static bool rounds_good(struct queue *q, unsigned int rounds)
{
	struct frame frames[FRAMES];

	return stream_good(q, frames, rounds * BUFFERS, rotate);
}

static void test_rotation(unsigned int instance, const char *kind)
{
	long long misses = stat_of("misses"), repins, hits;
	struct queue q;
	unsigned int all;

	setup(&q, instance, kind);
	all = BUFFERS * q.planes;
	tap_ok(rounds_good(&q, 1), "%s, %u planes: the first round is right",
	       kind, q.planes);
	tap_is(stat_of("misses") - misses, all,
	       "%s, %u planes: each buffer is pinned once", kind, q.planes);
	misses = stat_of("misses");
	hits = stat_of("hits");
	/* From here on: pinning may move pages, out of CMA for one. */
	repins = stat_repins();
	tap_ok(rounds_good(&q, ROUNDS), "%s, %u planes: so are %d more", kind,
	       q.planes, ROUNDS);
	tap_is(stat_of("misses") - misses, 0,
	       "%s, %u planes: and no buffer is pinned again", kind, q.planes);
	tap_is(stat_of("hits") - hits, ROUNDS * all,
	       "%s, %u planes: each QBUF finds its registration", kind,
	       q.planes);
	tap_is(stat_repins() - repins, 0,
	       "%s, %u planes: no page is looked up again", kind, q.planes);
	teardown(&q);
}

static long pages_of_one(void)
{
	const struct mem *m = &bufs.mem[0][0];
	unsigned long page = page_size();

	return ((unsigned long)m->user + m->len - 1) / page -
	       (unsigned long)m->user / page + 1;
}

static void test_queue_end(void)
{
	long before = pins_held(), all;
	struct queue q;

	setup(&q, SINGLE, "vid-cap");
	all = BUFFERS * pages_of_one();
	rounds_good(&q, 1);
	tap_is(pins_held() - before, all, "all buffers stay pinned");
	tap_is(stat_of("registrations_idle"), BUFFERS - SLOTS,
	       "those in no slot are idle");
	tap_is(queue_reqbufs(&q, V4L2_MEMORY_USERPTR, 0), 0, "REQBUFS(0)");
	tap_is(pins_held() - before, 0, "it lets go of the idle ones as well");
	teardown(&q);

	setup(&q, SINGLE, "vid-cap");
	rounds_good(&q, 1);
	queue_close(&q);
	tap_is(pins_settle(before), before, "so does close");
	userbufs_put(&bufs);
}

static void test_cap(void)
{
	long long evicted = stat_of("evicted_cap"), misses;
	struct queue q;

	param_set(DMA_USER, "idle_mb", "1");
	setup(&q, SINGLE, "vid-cap");
	tap_ok(rounds_good(&q, ROUNDS), "idle_mb=1: frames are right");
	tap_ok(stat_of("bytes_idle") <= 1 << 20,
	       "idle_mb=1: no more than 1 MiB is idle");
	tap_ok(stat_of("bytes_idle") > (1 << 20) - pages_of_one() * 4096 * 2,
	       "idle_mb=1: and hardly less");
	tap_ok(stat_of("evicted_cap") > evicted, "idle_mb=1: the rest went");
	/* So many fit beside the one that leaves its slot for them. */
	misses = stat_of("misses");
	for (unsigned int n = 0; n < 7; n++) {
		userbufs_attach(&bufs, &q, 0, BUFFERS - SLOTS - 1 - n);
		queue_qbuf(&q, 0);
		queue_off(&q);
	}
	tap_is(stat_of("misses") - misses, 0,
	       "idle_mb=1: those used last are kept");
	teardown(&q);

	param_set(DMA_USER, "idle_mb", "0");
	setup(&q, SINGLE, "vid-cap");
	tap_ok(rounds_good(&q, 1), "idle_mb=0: frames are right");
	tap_is(stat_of("registrations_idle"), 0, "idle_mb=0: none is idle");
	teardown(&q);
	param_set(DMA_USER, "idle_mb", "256");
}

static void test_pressure(void)
{
	long long evicted = stat_of("evicted_pressure");
	struct queue q;

	setup(&q, SINGLE, "vid-cap");
	rounds_good(&q, 1);
	for (unsigned int n = 0; n < 10 && stat_of("registrations_idle"); n++)
		file_write("/proc/sys/vm/drop_caches", "2");
	tap_is(stat_settle("registrations_idle", 0), 0,
	       "when the kernel needs memory, the idle ones go");
	tap_is(stat_of("evicted_pressure") - evicted, BUFFERS - SLOTS,
	       "and they alone");
	tap_is(stat_settle("registrations", SLOTS), SLOTS,
	       "those in a slot stay");
	tap_ok(rounds_good(&q, 1), "and frames are right afterwards");
	teardown(&q);
}

static void test_unmap(void)
{
	long before = pins_held(), left;
	long long evicted;
	struct queue q;

	setup(&q, SINGLE, "vid-cap");
	rounds_good(&q, 1);
	left = (BUFFERS - 1) * pages_of_one();
	evicted = stat_of("evicted_gone");
	/* The first buffers are those that are idle. */
	mem_put(&bufs.mem[0][0]);
	tap_is(pins_settle(before + left) - before, left,
	       "munmap lets go of an idle buffer");
	tap_is(stat_of("evicted_gone") - evicted, 1, "and of no other");
	teardown(&q);
}

static void test_age(void)
{
	long long evicted = stat_of("evicted_age");
	struct queue q;

	setup(&q, SINGLE, "vid-cap");
	rounds_good(&q, 1);
	sleep(AGE_SECONDS + 2);
	tap_is(stat_settle("registrations_idle", 0), 0,
	       "what nobody wants for %d seconds goes", AGE_SECONDS);
	tap_is(stat_of("evicted_age") - evicted, BUFFERS - SLOTS,
	       "with its age as the reason");
	teardown(&q);
}

/*
 * A QBUF that the driver refuses empties its slot: the queue ends without a
 * word to the allocator, and the registration stays idle.
 */
static void leave_idle(void)
{
	struct v4l2_control c = { .id = CID_BUF_PREPARE_ERROR };
	struct queue q;

	setup(&q, SINGLE, "vid-cap");
	userbufs_attach(&bufs, &q, 0, 0);
	if (ioctl(q.fd, VIDIOC_S_CTRL, &c))
		tap_fatal("set-up: vivid's control for an error (%s)",
			  strerror(errno));
	tap_is(queue_qbuf(&q, 0), -EINVAL, "QBUF that the driver refuses");
	queue_close(&q);
}

static void device_bind(const char *how)
{
	char path[64];
	int ret;

	snprintf(path, sizeof(path), DRIVER "%s", how);
	ret = file_write(path, "vivid.0");
	if (ret)
		tap_fatal("set-up: %s (%s)", how, strerror(-ret));
}

static void test_unbind(void)
{
	long long evicted = stat_of("evicted_unbind");
	long before = pins_held();
	struct queue q;

	leave_idle();
	tap_is(stat_of("registrations_idle"), 1, "its memory is idle");
	device_bind("unbind");
	tap_is(stat_of("evicted_unbind") - evicted, 1,
	       "unbind of the device lets go of it");
	tap_is(pins_held(), before, "no page is pinned then");
	device_bind("bind");
	userbufs_put(&bufs);

	setup(&q, SINGLE, "vid-cap");
	tap_ok(rounds_good(&q, ROUNDS), "bound again: frames are right");
	tap_is(stat_of("registrations_idle"), BUFFERS - SLOTS,
	       "bound again: buffers in no slot are idle");
	teardown(&q);
}

static void test_bad(void)
{
	long before = pins_held();
	struct queue q;

	setup(&q, SINGLE, "vid-cap");
	userbufs_attach(&bufs, &q, 0, 0);
	tap_is(queue_qbuf(&q, 0), 0, "QBUF of good memory");
	queue_off(&q);
	queue_attach(&q, 0, 0, NULL, q.size[0]);
	tap_is(queue_qbuf(&q, 0), -EFAULT, "then of bad memory in the same slot");
	tap_is(pins_settle(before), before, "nothing is left pinned");
	teardown(&q);
}

/* One device, the same memory, now written and now read. */
static void test_both_ways(void)
{
	struct queue in, out;
	struct frame frame;
	bool good = true;
	int ret = 0;

	queue_open(&in, SINGLE, "vid-cap");
	queue_format(&in, V4L2_PIX_FMT_YUYV, 320, 180);
	queue_open(&out, SINGLE, "vid-out");
	queue_format(&out, V4L2_PIX_FMT_YUYV, 320, 180);
	userbufs_setup(&bufs, &in, 1);
	ret = queue_reqbufs(&out, V4L2_MEMORY_USERPTR, 1);
	userbufs_attach(&bufs, &out, 0, 0);
	dmalog_reset(in.device);
	if (ret || queue_on(&in) || queue_on(&out))
		tap_fatal("set-up: both queues of a device stream");
	for (unsigned int n = 0; n < 8 && good; n++) {
		struct queue *q = n % 2 ? &out : &in;

		if (q->output)
			pattern_fill(q->buf[0][0].mem, q->size[0], n);
		ret = queue_qbuf(q, 0);
		if (!ret)
			ret = queue_dqbuf(q, &frame);
		good = !ret && frames_good(q, &frame, 1) == 1;
	}
	tap_ok(good, "the same memory for capture and output, in turn: frames are right");
	tap_is(stat_of("registrations"), 2, "it has a registration for each direction");
	tap_is(pinned_kib(), pages_of_one() * 4, "but is charged once");
	queue_close(&in);
	tap_is(pinned_kib(), pages_of_one() * 4,
	       "and still charged when one of them ends");
	queue_close(&out);
	tap_is(pinned_kib(), 0, "and no more with the last");
	userbufs_put(&bufs);
}

/* Bounce slots of swiotlb in use, 0 where there is none. */
static long slots_used(void)
{
	char text[32];

	if (file_read("/sys/kernel/debug/swiotlb/io_tlb_used", text,
		      sizeof(text)) < 0)
		return 0;
	return atol(text);
}

/* More than fits into swiotlb's usual 64 MiB: idle ones have to make room. */
static void test_no_room(void)
{
	long long evicted = stat_of("evicted_limit");
	long before = slots_used();
	struct queue q;

	setup_format(&q, SINGLE, "vid-cap", V4L2_PIX_FMT_RGB32, 1920, 1080);
	tap_ok(rounds_good(&q, 1),
	       "%d buffers of %u bytes: frames are right", BUFFERS, q.size[0]);
	if (slots_used() > before)
		tap_ok(stat_of("evicted_limit") > evicted,
		       "idle ones gave way when there was no room to bounce");
	else
		tap_skip("nothing is bounced here",
			 "idle ones give way when there is no room to bounce");
	teardown(&q);
}

int main(void)
{
	tap_init(240);
	if (!stats_there()) {
		tap_skip("this allocator keeps nothing", "rotating buffers");
		return tap_done();
	}
	test_rotation(SINGLE, "vid-cap");
	test_rotation(SINGLE, "vid-out");
	test_rotation(MULTI, "vid-cap");
	test_rotation(MULTI, "vid-out");
	test_queue_end();
	test_cap();
	test_pressure();
	test_unmap();
	test_age();
	test_unbind();
	test_bad();
	test_both_ways();
	test_no_room();
	return tap_done();
}
