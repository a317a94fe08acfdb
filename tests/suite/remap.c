// SPDX-License-Identifier: GPL-2.0
/*
 * usage: remap [FRAMES]
 *
 * A program that has other memory at its buffers' addresses than at the last
 * QBUF: each frame must be in, or come from, what it has there now
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/mem.h"
#include "lib/module.h"
#include "lib/pins.h"
#include "lib/stats.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "remap.h"

#define FRAMES 24
#define LONG_FRAMES 1000
#define CHUNK 100
#define MEM_SALT 0x5a17

static void fill(const struct queue *q, unsigned int index, unsigned int nth)
{
	pattern_fill(q->buf[index][0].mem, q->size[0], nth);
}

/* At each QBUF but the first of a buffer. */
static void change(struct queue *q, unsigned int index, unsigned int nth)
{
	if (nth >= BUFS)
		way->change(place_of(q, index), index);
	/* A frame that lands elsewhere leaves this behind. */
	fill(q, index, MEM_SALT + nth);
}

static void test_way(const char *kind, const struct way *w)
{
	struct frame frames[FRAMES];
	long before = pins_before();
	struct queue q;

	remap_setup(&q, kind, w);
	tap_ok(stream_good(&q, frames, FRAMES, change),
	       "%s, %s: %d frames equal the device's", kind, w->name, FRAMES);
	remap_teardown(&q);
	tap_is(pins_settle(before), before, "%s, %s: nothing stays pinned",
	       kind, w->name);
}

/* Many frames, for what happens seldom. The device's log holds 4096. */
static void test_long(unsigned int count)
{
	unsigned int good = 0, done = 0;
	struct frame frames[CHUNK];
	struct queue q;

	remap_setup(&q, "vid-cap", WAY_MUNMAP);
	while (done < count && good == done) {
		unsigned int n = count - done < CHUNK ? count - done : CHUNK;
		unsigned int got = stream_run(&q, frames, n, change);

		good += frames_good(&q, frames, got);
		done += n;
	}
	tap_is(good, count, "%u frames with a remap before each: none is lost",
	       count);
	remap_teardown(&q);
}

/* Buffer 0 once through the device; 0, -errno, or 1 for an error flag. */
static int once(struct queue *q, struct frame *frame)
{
	int ret = queue_qbuf(q, 0);

	if (ret)
		return ret;
	ret = queue_dqbuf(q, frame);
	if (ret)
		return ret;
	return frame->flags & V4L2_BUF_FLAG_ERROR ? 1 : 0;
}

static bool once_good(struct queue *q)
{
	struct frame frame;
	int ret = once(q, &frame);

	if (ret)
		tap_diag("%s", ret < 0 ? strerror(-ret) : "error flag");
	return !ret && frames_good(q, &frame, 1) == 1;
}

static void start(struct queue *q, const char *kind, const struct way *w)
{
	int ret;

	remap_setup(q, kind, w);
	dmalog_reset(q->device);
	fill(q, 0, 1);
	ret = queue_on(q);
	if (ret)
		tap_fatal("set-up: STREAMON (%s)", strerror(-ret));
	if (!once_good(q))
		tap_fatal("set-up: a first frame");
}

/* Nothing there any more. */
static void test_gone(const char *kind)
{
	struct queue q;
	void *at;

	start(&q, kind, WAY_MUNMAP);
	at = place_of(&q, 0);
	munmap(at, area);
	tap_is(queue_qbuf(&q, 0), -EFAULT, "%s: QBUF of unmapped memory", kind);
	map_anon(at, 0);
	fill(&q, 0, 2);
	tap_ok(once_good(&q), "%s: mapped again: the next frame is right", kind);
	remap_teardown(&q);
}

/* The same in a driver that does not ask, and so can't refuse the QBUF. */
static void test_gone_unchecked(const char *kind)
{
	struct frame frame;
	struct queue q;
	void *at;
	int ret;

	vivid_param_set("dma_check", "0");
	start(&q, kind, WAY_MUNMAP);
	at = place_of(&q, 0);
	munmap(at, area);
	ret = queue_qbuf(&q, 0);
	tap_is(ret, 0, "%s, driver does not check: QBUF of unmapped memory",
	       kind);
	map_anon(at, 0);
	fill(&q, 0, 2);
	if (!ret)
		ret = queue_dqbuf(&q, &frame);
	tap_ok(!ret && (frame.flags & V4L2_BUF_FLAG_ERROR),
	       "%s, driver does not check: the frame has the error flag", kind);
	tap_ok(pattern_good(q.buf[0][0].mem, 0, q.size[0], 2),
	       "%s, driver does not check: nothing is written", kind);
	tap_ok(once_good(&q),
	       "%s, driver does not check: the next frame is right", kind);
	remap_teardown(&q);
	vivid_param_set("dma_check", "1");
}

/* The driver does not ask, but its transfer must go to the right place. */
static void test_unchecked(const char *kind)
{
	vivid_param_set("dma_check", "0");
	test_way(kind, WAY_MUNMAP);
	test_way(kind, WAY_HOLE);
	vivid_param_set("dma_check", "1");
}

/*
 * A driver that keeps the scatter list that buf_init saw can't follow: QBUF is
 * refused once, and the next one takes the memory as new.
 */
static void test_init(const char *kind)
{
	struct queue q;

	start(&q, kind, WAY_MUNMAP);
	by_munmap(place_of(&q, 0), 0);
	fill(&q, 0, 2);
	tap_is(queue_qbuf(&q, 0), -EFAULT,
	       "%s, driver keeps buf_init's list: QBUF of other memory", kind);
	tap_ok(once_good(&q),
	       "%s, driver keeps buf_init's list: the next frame is right", kind);
	tap_ok(once_good(&q),
	       "%s, driver keeps buf_init's list: and the one after it", kind);
	remap_teardown(&q);
}

/* It does not ask either: its device must not write pages that are others' now. */
static void test_init_unchecked(void)
{
	const char *who = "driver keeps buf_init's list, does not check";
	long before = pins_before(), pinned;
	struct frame frame;
	struct queue q;

	vivid_param_set("dma_check", "0");
	start(&q, "vid-cap", WAY_MUNMAP);
	pinned = pins_held();
	by_munmap(place_of(&q, 0), 0);
	fill(&q, 0, 2);
	/* Time for a worker to let go of them. */
	usleep(300000);
	tap_is(pins_held(), pinned, "%s: the old pages stay pinned", who);
	/* Behind vivid's IOMMU it fails: nobody handed the pages over. */
	tap_ok(once(&q, &frame) >= 0, "%s: a frame completes", who);
	tap_ok(pattern_good(q.buf[0][0].mem, 0, q.size[0], 2),
	       "%s: none of it goes elsewhere than to the old pages", who);
	remap_teardown(&q);
	tap_is(pins_settle(before), before, "%s: nothing stays pinned", who);
	vivid_param_set("dma_check", "1");
}

static void protect(const struct queue *q, int prot)
{
	if (mprotect(place_of(q, 0), area, prot))
		tap_fatal("set-up: mprotect (%s)", strerror(errno));
}

static void test_mprotect(void)
{
	long long repins, misses;
	struct queue q;

	start(&q, "vid-cap", WAY_MUNMAP);
	protect(&q, PROT_READ);
	tap_is(queue_qbuf(&q, 0), -EFAULT,
	       "QBUF for capture of memory that became read-only");
	protect(&q, PROT_READ | PROT_WRITE);
	tap_ok(once_good(&q), "writable again: the next frame is right");
	remap_teardown(&q);

	start(&q, "vid-out", WAY_MUNMAP);
	repins = stat_repins();
	misses = stat_of("misses");
	protect(&q, PROT_READ);
	tap_ok(once_good(&q), "output from memory that became read-only");
	protect(&q, PROT_READ | PROT_WRITE);
	fill(&q, 0, 3);
	tap_ok(once_good(&q), "output from memory that became writable");
	tap_is(stat_repins() - repins + stat_of("misses") - misses, 0,
	       "mprotect alone: no page was looked up");
	protect(&q, PROT_NONE);
	tap_is(queue_qbuf(&q, 0), -EFAULT,
	       "QBUF for output of memory without access");
	protect(&q, PROT_READ | PROT_WRITE);
	tap_ok(once_good(&q), "accessible again: the next frame is right");
	remap_teardown(&q);
}

static void test_fork(void)
{
	long long repins, misses;
	struct queue q;
	int status;
	pid_t pid;

	start(&q, "vid-cap", WAY_MUNMAP);
	repins = stat_repins();
	misses = stat_of("misses");
	pid = fork();
	if (!pid)
		_exit(0);
	tap_ok(once_good(&q), "after a fork, frames equal the device's");
	waitpid(pid, &status, 0);
	fill(&q, 0, 4);
	tap_ok(once_good(&q), "after the child's end, too");
	tap_is(stat_repins() - repins + stat_of("misses") - misses, 0,
	       "fork alone: no page was looked up");
	remap_teardown(&q);
}

/* The same pages as before: their mapping for the device is kept. */
static void test_same(void)
{
	long long same, misses;
	struct queue q;

	start(&q, "vid-cap", WAY_HOLE);
	same = stat_of("repins_same");
	misses = stat_of("misses");
	by_dontneed(place_of(&q, 0), 0);
	tap_ok(once_good(&q), "a memfd's pages mapped anew: frames are right");
	tap_ok(stat_of("repins_same") > same, "its pages were looked up");
	tap_is(stat_of("misses") - misses, 0,
	       "they are the same: nothing was pinned and mapped for the device");
	remap_teardown(&q);
}

/*
 * Pages must stay as long as the device may use them. It only reads here, so
 * that a kernel that fails this lives on to tell.
 */
static void test_kept(void)
{
	long before = pins_before(), pinned;
	struct queue q;

	remap_setup(&q, "vid-out", WAY_MUNMAP);
	fill(&q, 0, 1);
	if (queue_qbuf(&q, 0) || pins_held() == before)
		tap_fatal("set-up: QBUF pins pages");
	pinned = pins_held();
	by_munmap(place_of(&q, 0), 0);
	usleep(200000);
	if (!tap_is(pins_held(), pinned,
		    "the pages of a queued buffer stay pinned when they are unmapped"))
		tap_fatal("the device must not use these");
	tap_is(queue_off(&q), 0, "STREAMOFF");
	tap_is(pins_settle(before), before, "then they are let go");
	remap_teardown(&q);
}

/* What runs ends in the old pages; the program's new ones are its own. */
static void test_in_flight(void)
{
	long before = pins_before();
	struct frame frame;
	struct queue q;
	int ret;

	remap_setup(&q, "vid-cap", WAY_MUNMAP);
	dmalog_reset(q.device);
	ret = queue_qbuf(&q, 0);
	by_munmap(place_of(&q, 0), 0);
	fill(&q, 0, 5);
	if (!ret)
		ret = queue_on(&q);
	if (!ret)
		ret = queue_dqbuf(&q, &frame);
	tap_is(ret, 0, "memory is replaced while its buffer is queued");
	tap_ok(pattern_good(q.buf[0][0].mem, 0, q.size[0], 5),
	       "the running frame does not get into the new memory");
	tap_ok(once_good(&q), "the next one does");
	remap_teardown(&q);
	tap_is(pins_settle(before), before, "nothing stays pinned");
}

/* The steps of a buffer after which its program may unmap it, in their order */
enum step { PREPARED, QUEUED, TRANSFERRED };

static const char *const steps[] = {
	[PREPARED] = "PREPARE_BUF",
	[QUEUED] = "QBUF",
	[TRANSFERRED] = "the transfer",
};

/* Its pages go elsewhere: where the buffer is, nothing is mapped any more. */
static char *pull(const struct queue *q)
{
	void *to = mmap(NULL, area, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (to == MAP_FAILED ||
	    mremap(place_of(q, 0), area, area, MREMAP_MAYMOVE | MREMAP_FIXED,
		   to) != to)
		tap_fatal("set-up: mremap (%s)", strerror(errno));
	return to;
}

/* One transfer of buffer 0, up to DQBUF. Where its pages are now, or NULL. */
static char *pull_after(struct queue *q, enum step pulled)
{
	struct pollfd done = { .fd = q->fd, .events = POLLIN | POLLOUT };
	char *to = NULL;
	int ret = 0;

	for (enum step step = PREPARED; step <= TRANSFERRED && !ret; step++) {
		if (step == PREPARED)
			ret = queue_prepare(q, 0);
		else if (step == QUEUED)
			ret = queue_qbuf(q, 0);
		else
			ret = queue_on(q) ?: poll(&done, 1, 5000) - 1;
		if (step == pulled)
			to = pull(q);
	}
	if (ret)
		tap_diag("a step before DQBUF: %d", ret);
	return to;
}

/*
 * The device has the pages, and nobody may use the address that they had, also
 * not for the cache: after no step is anything mapped there.
 */
static void test_pulled(const char *kind, enum step step, const char *edge)
{
	long before = pins_before();
	struct frame frame;
	struct queue q;
	size_t into;
	char *to;
	bool good;

	remap_setup(&q, kind, WAY_MUNMAP);
	into = (char *)q.buf[0][0].mem - (char *)place_of(&q, 0);
	dmalog_reset(q.device);
	fill(&q, 0, step + 1);
	to = pull_after(&q, step);
	queue_attach(&q, 0, 0, to + into, q.size[0]);
	good = !queue_dqbuf(&q, &frame) && frames_good(&q, &frame, 1) == 1;
	tap_ok(good, "%s, edge_align=%s: unmapped after %s, the frame is right", kind,
	       edge, steps[step]);
	remap_teardown(&q);
	munmap(to, area);
	tap_is(pins_settle(before), before, "%s, after %s: nothing stays pinned",
	       kind, steps[step]);
}

static void test_pulled_all(const char *edge)
{
	if (stats_there() && param_set(DMA_USER, "edge_align", edge))
		tap_fatal("set-up: edge_align=%s", edge);
	for (enum step step = PREPARED; step <= TRANSFERRED; step++) {
		test_pulled("vid-cap", step, edge);
		test_pulled("vid-out", step, edge);
	}
}

/* Unmapped memory is given back at once, not when its slot is used next. */
static void test_let_go(void)
{
	long before = pins_before();
	struct queue q;
	void *at;

	start(&q, "vid-cap", WAY_MUNMAP);
	at = place_of(&q, 0);
	munmap(at, area);
	tap_is(pins_settle(before), before,
	       "munmap of a dequeued buffer lets go of its pages");
	map_anon(at, 0);
	tap_ok(once_good(&q), "with memory there again, frames are right");
	remap_teardown(&q);
}

/* As on a kernel without notifiers: each QBUF looks. */
static void test_unwatched(void)
{
	long long looked;

	param_set("videobuf2_dma_user", "watch", "0");
	looked = stat_of("repins_unwatched");
	for (unsigned int n = 0; n < WAYS; n++)
		test_way("vid-cap", &ways[n]);
	tap_ok(stat_of("repins_unwatched") - looked >= FRAMES - BUFS,
	       "without notifiers, each QBUF looks the pages up");
	param_set("videobuf2_dma_user", "watch", "1");
}

int main(int argc, char **argv)
{
	const char *count = argc > 1 ? argv[1] : getenv("REMAP_FRAMES");
	unsigned long frames = LONG_FRAMES;

	if (count && *count)
		frames = strtoul(count, NULL, 0);
	tap_init(390 + frames / 10);
	test_kept();
	test_in_flight();
	/* An edge, and none: a frame starts 3584 bytes into a page. */
	test_pulled_all("4096");
	test_pulled_all("1");
	for (unsigned int n = 0; n < WAYS; n++) {
		test_way("vid-cap", &ways[n]);
		test_way("vid-out", &ways[n]);
	}
	if (!stats_there()) {
		tap_skip("this allocator has no counters and checks nothing",
			 "what becomes of memory that is gone");
		return tap_done();
	}
	test_gone("vid-cap");
	test_gone("vid-out");
	test_gone_unchecked("vid-cap");
	test_gone_unchecked("vid-out");
	test_unchecked("vid-cap");
	test_unchecked("vid-out");
	test_mprotect();
	test_fork();
	test_same();
	test_let_go();
	test_unwatched();
	test_long(frames);
	if (vivid_reload("dma_init=1"))
		tap_fatal("set-up: vivid loads with dma_init=1");
	test_init("vid-cap");
	test_init("vid-out");
	test_init_unchecked();
	return tap_done();
}
