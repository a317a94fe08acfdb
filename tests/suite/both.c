// SPDX-License-Identifier: GPL-2.0
/*
 * A device that works in place: what it captures it reads first, what it is given
 * for output it hands back in the same buffer, each bit flipped
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/crc32.h"
#include "lib/file.h"
#include "lib/module.h"
#include "lib/stats.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"

#define BUFS 3
#define FRAMES 9

/*
 * Bytes that are copied, before a transfer and after it: of vid-cap and vid-out,
 * the streams whose start shares a line of 64 bytes, or is not aligned.
 */
#define EDGES_LEAST (2 * 2 * 3 * FRAMES * 8LL)
#define ALL_LEAST (2 * 2 * 3 * FRAMES * (long long)(320 * 180 * 2))

/* What the program queued: the CRC of each plane's part that the device takes. */
static __u32 given[FRAMES][PLANES_MAX];

/* vivid's dma_short=, in bytes; 0: whole frames */
static __u32 ends_at;

static __u32 part(const struct queue *q, unsigned int p)
{
	return ends_at ? ends_at : q->size[p];
}

static unsigned int salt(unsigned int nth, unsigned int p)
{
	return nth * PLANES_MAX + p;
}

static void give(struct queue *q, unsigned int index, unsigned int nth)
{
	for (unsigned int p = 0; p < q->planes; p++) {
		struct plane *plane = &q->buf[index][p];

		pattern_fill(plane->mem, plane->length, salt(nth, p));
		plane->bytesused = q->output ? q->size[p] : 0;
		given[nth][p] = crc32(plane->mem, part(q, p));
	}
}

/* The device read what the program queued, and the program has what it wrote. */
static bool plane_good(const struct queue *q, const struct dmalog *log,
		       const struct frame *f, unsigned int nth, unsigned int p)
{
	const struct transfer *way, *back, *in, *out;
	char back_kind[32];

	snprintf(back_kind, sizeof(back_kind), "back-%s", q->kind);
	way = dmalog_find(log, q->kind, f->seq, p);
	back = dmalog_find(log, back_kind, f->seq, p);
	in = q->output ? way : back;
	out = q->output ? back : way;
	if (in && out && in->bytes == part(q, p) && out->bytes == part(q, p) &&
	    in->crc == given[nth][p] && out->crc == f->plane[p].crc)
		return true;
	tap_diag("frame %u, plane %u: queued %08x, the device read %08x", nth, p,
		 given[nth][p], in ? in->crc : 0);
	tap_diag("  it wrote %08x, dequeued %08x", out ? out->crc : 0,
		 f->plane[p].crc);
	return false;
}

static unsigned int count_good(const struct queue *q, const struct frame *frames,
			       unsigned int count)
{
	unsigned int good = 0;
	struct dmalog log;

	dmalog_read(&log, q->device);
	for (unsigned int n = 0; n < count; n++) {
		bool all = !(frames[n].flags & V4L2_BUF_FLAG_ERROR);

		for (unsigned int p = 0; p < q->planes; p++)
			all &= plane_good(q, &log, &frames[n], n, p);
		good += all;
	}
	dmalog_free(&log);
	return good;
}

/* What the device did not write is as the program left it, at the last QBUF. */
static bool rest_good(const struct queue *q, const struct frame *frames)
{
	bool good = true;

	for (unsigned int n = FRAMES - BUFS; n < FRAMES; n++)
		for (unsigned int p = 0; p < q->planes; p++) {
			const struct plane *plane = &q->buf[frames[n].index][p];

			good &= pattern_good(plane->mem, part(q, p),
					     plane->length, salt(n, p));
		}
	return good;
}

static void stream(struct queue *q, const char *what)
{
	struct frame frames[FRAMES];
	unsigned int got = stream_run(q, frames, FRAMES, give);

	tap_is(count_good(q, frames, got), FRAMES,
	       "%s, %s: frames that device and program had of each other",
	       q->kind, what);
	if (got == FRAMES && part(q, 0) < q->buf[0][0].length)
		tap_ok(rest_good(q, frames),
		       "%s, %s: what lies behind them stays the program's",
		       q->kind, what);
}

static void open_queue(struct queue *q, unsigned int instance, const char *kind,
		       __u32 fourcc)
{
	queue_open(q, instance, kind);
	queue_format(q, fourcc, 320, 180);
}

static void user_memory(unsigned int instance, const char *kind, __u32 fourcc,
			size_t offset, size_t extra, const char *device)
{
	struct userbufs u;
	struct queue q;
	char what[96];

	open_queue(&q, instance, kind, fourcc);
	if (queue_reqbufs(&q, V4L2_MEMORY_USERPTR, BUFS) ||
	    userbufs_get(&u, &q, BUFS, MEM_SMALL, offset, extra))
		tap_fatal("set-up: memory for buffers");
	for (unsigned int i = 0; i < BUFS; i++)
		userbufs_attach(&u, &q, i, i);
	snprintf(what, sizeof(what), "%s, %u planes, %zu bytes into a page",
		 device, q.planes, offset);
	stream(&q, what);
	tap_ok(userbufs_guards_good(&u),
	       "%s, %s: the bytes around the buffers stay as they were", kind,
	       what);
	queue_close(&q);
	userbufs_put(&u);
}

static void test_user(const char *kind, const char *device)
{
	user_memory(SINGLE, kind, V4L2_PIX_FMT_YUYV, 0, 0, device);
	user_memory(SINGLE, kind, V4L2_PIX_FMT_YUYV, 24, 100, device);
	user_memory(SINGLE, kind, V4L2_PIX_FMT_YUYV, 4088, 5000, device);
	user_memory(MULTI, kind, V4L2_PIX_FMT_NV16M, 1000, 7, device);
}

static void test_mmap(const char *kind, const char *device)
{
	struct queue q;
	char what[64];

	open_queue(&q, SINGLE, kind, V4L2_PIX_FMT_YUYV);
	if (queue_reqbufs(&q, V4L2_MEMORY_MMAP, BUFS) || queue_mmap(&q))
		tap_fatal("set-up: MMAP buffers of %s", kind);
	snprintf(what, sizeof(what), "%s, MMAP buffers", device);
	stream(&q, what);
	queue_munmap(&q);
	queue_close(&q);
}

/* A short frame's rest is the program's, which the device may have read, too. */
static void test_short(const char *device)
{
	if (vivid_param_set("dma_short", "5001"))
		tap_fatal("set-up: dma_short=5001");
	ends_at = 5001;
	user_memory(SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, 0, 0, device);
	user_memory(SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, 24, 100, device);
	test_mmap("vid-cap", device);
	ends_at = 0;
	vivid_param_set("dma_short", "0");
}

/* The device writes to an output buffer, too. */
static void test_read_only(void)
{
	struct userbufs u;
	struct queue q;
	void *mem;
	int ret;

	open_queue(&q, SINGLE, "vid-out", V4L2_PIX_FMT_YUYV);
	userbufs_setup(&u, &q, BUFS);
	mem = mmap(NULL, q.size[0], PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		tap_fatal("set-up: read-only memory");
	queue_attach(&q, 0, 0, mem, q.size[0]);
	ret = queue_qbuf(&q, 0);
	tap_is(ret, -EFAULT, "vid-out: QBUF of read-only memory");
	userbufs_attach(&u, &q, 0, 0);
	if (ret)
		stream(&q, "after memory that was refused");
	queue_close(&q);
	userbufs_put(&u);
	munmap(mem, q.size[0]);
}

static void test_device(const char *args, const char *device, long long copied)
{
	long long bounced = stats_there() ? stat_of("bytes_bounced") : 0;

	if (vivid_reload(args))
		tap_fatal("set-up: vivid loads with %s", args);
	test_user("vid-cap", device);
	test_user("vid-out", device);
	test_mmap("vid-cap", device);
	test_mmap("vid-out", device);
	test_short(device);
	if (!stats_there())
		return;
	bounced = stat_of("bytes_bounced") - bounced;
	tap_ok(bounced >= copied, "%s: what should be copied is (%lld bytes)",
	       device, bounced);
}

int main(void)
{
	tap_init(240);
	test_device("dma_both=1", "in place", 0);
	test_read_only();
	if (stats_there()) {
		/* So that all lanes have edges, and then copies of all. */
		param_set(DMA_USER, "edge_align", "64");
		test_device("dma_both=1", "edges copied", EDGES_LEAST);
		test_device("dma_both=1 dma_contig=1 dma_align=32 dma_bounce=3",
			    "all copied", ALL_LEAST);
		param_set(DMA_USER, "edge_align", "1");
	}
	return tap_done();
}
