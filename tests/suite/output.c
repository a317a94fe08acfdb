// SPDX-License-Identifier: GPL-2.0
/*
 * USERPTR output: the device reads what the program wrote last
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/crc32.h"
#include "lib/file.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"

#define BUFS 3
#define FRAMES 12

static const struct format {
	unsigned int	instance;
	__u32	fourcc;
	const char	*name;
} formats[] = {
	{ SINGLE, V4L2_PIX_FMT_YUYV, "YUYV" },
	{ SINGLE, V4L2_PIX_FMT_NV12, "NV12" },
	{ MULTI, V4L2_PIX_FMT_YUYV, "YUYV, multi-planar queue" },
	{ MULTI, V4L2_PIX_FMT_NV16M, "NV16M, 2 planes" },
	{ MULTI, V4L2_PIX_FMT_YUV420M, "YUV420M, 3 planes" },
};

/* A data_offset that is another one each time and for each plane. */
static void refill_at_offset(struct queue *q, unsigned int index,
			     unsigned int nth)
{
	refill_output(q, index, nth);
	for (unsigned int p = 0; p < q->planes; p++)
		queue_data_offset(q, index, p, (nth * 997 + p * 61) % 8000);
}

static void output_open(struct queue *q, unsigned int instance,
			__u32 fourcc)
{
	queue_open(q, instance, "vid-out");
	queue_format(q, fourcc, 320, 180);
}

static void test_format(const struct format *f)
{
	struct frame frames[FRAMES];
	struct userbufs u;
	struct queue q;

	output_open(&q, f->instance, f->fourcc);
	userbufs_setup(&u, &q, BUFS);
	tap_ok(stream_good(&q, frames, FRAMES, refill_output),
	       "%s: %d frames, rewritten at each requeue, arrive at the device",
	       f->name, FRAMES);
	tap_is(frames_new(frames, FRAMES), FRAMES - 1,
	       "%s: each frame differs from the one before", f->name);
	tap_ok(stream_good(&q, frames, FRAMES, refill_output),
	       "%s: so do %d frames after STREAMOFF and STREAMON", f->name,
	       FRAMES);
	tap_ok(userbufs_guards_good(&u),
	       "%s: the bytes around the buffers stay as they were", f->name);
	queue_close(&q);
	userbufs_put(&u);
}

static void test_part(const struct format *f, refill_fn refill,
		      const char *what)
{
	struct frame frames[FRAMES];
	struct userbufs u;
	struct queue q;

	output_open(&q, f->instance, f->fourcc);
	userbufs_setup(&u, &q, BUFS);
	userbufs_put(&u);
	if (userbufs_get(&u, &q, BUFS, MEM_ANON, 24, 12000))
		tap_fatal("set-up: memory for longer buffers");
	for (unsigned int i = 0; i < BUFS; i++)
		userbufs_attach(&u, &q, i, i);
	tap_ok(stream_good(&q, frames, FRAMES, refill),
	       "%s: %s: the device reads just that of %d frames", f->name, what,
	       FRAMES);
	queue_close(&q);
	userbufs_put(&u);
}

/* One buffer through the device. Its CRC as the device saw it. */
static int once(struct queue *q, struct frame *frame, __u32 *crc)
{
	const struct transfer *t;
	struct dmalog log;
	int ret = queue_qbuf(q, 0);

	if (!ret)
		ret = queue_dqbuf(q, frame);
	if (ret) {
		tap_diag("QBUF or DQBUF failed: %s", strerror(-ret));
		return ret;
	}
	dmalog_read(&log, q->device);
	t = dmalog_find(&log, q->kind, frame->seq, 0);
	*crc = t && t->bytes == q->size[0] ? t->crc : 0;
	dmalog_free(&log);
	return 0;
}

static void stream_start(struct queue *q)
{
	int ret;

	dmalog_reset(q->device);
	ret = queue_on(q);
	if (ret)
		tap_fatal("set-up: STREAMON (%s)", strerror(-ret));
}

/*
 * Never touched memory has no pages of its own yet: what the first write puts
 * there must be what the device reads next.
 */
static void test_fresh(const char *what, void *mem, size_t len)
{
	struct userbufs u;
	struct frame frame;
	struct queue q;
	__u32 crc = 0;
	bool good;

	output_open(&q, SINGLE, V4L2_PIX_FMT_YUYV);
	userbufs_setup(&u, &q, 2);
	if (mem == MAP_FAILED || len < q.size[0])
		tap_fatal("set-up: never touched memory: %s", what);
	queue_attach(&q, 0, 0, mem, q.size[0]);
	stream_start(&q);

	good = !once(&q, &frame, &crc);
	tap_ok(good && crc == crc32(mem, q.size[0]),
	       "%s, never touched: the device reads what the program sees",
	       what);
	pattern_fill(mem, q.size[0], 1);
	good = !once(&q, &frame, &crc);
	tap_ok(good && crc == crc32(mem, q.size[0]),
	       "%s, first written after its first QBUF: the device reads the new bytes",
	       what);
	pattern_fill(mem, q.size[0], 2);
	good = !once(&q, &frame, &crc);
	tap_ok(good && crc == crc32(mem, q.size[0]),
	       "%s, written once more: the device reads the new bytes", what);

	queue_close(&q);
	userbufs_put(&u);
	munmap(mem, len);
}

static int file_with_pattern(size_t len)
{
	char path[] = "/var/tmp/suite-XXXXXX";
	int fd = mkstemp(path);
	struct mem m;

	mem_need(&m, len, 0);
	pattern_fill(m.user, len, 77);
	if (fd < 0 || unlink(path) || write(fd, m.user, len) != (ssize_t)len)
		tap_fatal("set-up: a file in /var/tmp");
	mem_put(&m);
	return fd;
}

static int memfd_with_pattern(size_t len)
{
	int fd = memfd_create("suite", MFD_CLOEXEC);
	void *mem;

	if (fd < 0 || ftruncate(fd, len))
		tap_fatal("set-up: a memfd");
	mem = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		tap_fatal("set-up: a mapping of a memfd");
	pattern_fill(mem, len, 78);
	munmap(mem, len);
	return fd;
}

static void test_readonly(const char *what, int fd, int flags)
{
	struct userbufs u;
	struct frame frame;
	struct queue q;
	__u32 crc = 0;
	void *mem;
	bool good;

	output_open(&q, SINGLE, V4L2_PIX_FMT_YUYV);
	userbufs_setup(&u, &q, 2);
	mem = mmap(NULL, q.size[0], PROT_READ, flags, fd, 0);
	if (mem == MAP_FAILED)
		tap_fatal("set-up: a read-only mapping: %s", what);
	queue_attach(&q, 0, 0, mem, q.size[0]);
	stream_start(&q);
	good = !once(&q, &frame, &crc);
	tap_ok(good && crc == crc32(mem, q.size[0]),
	       "%s: the device reads read-only memory", what);
	queue_close(&q);
	userbufs_put(&u);
	munmap(mem, q.size[0]);
	close(fd);
}

static void test_node(const char *kind)
{
	struct frame frames[FRAMES];
	struct userbufs u;
	struct queue q;

	queue_open(&q, SINGLE, kind);
	queue_format_read(&q);
	userbufs_setup(&u, &q, BUFS);
	tap_ok(stream_good(&q, frames, FRAMES, refill_output),
	       "%s: %d buffers of %u bytes, rewritten at each requeue, arrive at the device",
	       kind, FRAMES, q.size[0]);
	queue_close(&q);
	userbufs_put(&u);
}

static void *untouched(size_t len, int flags, int fd)
{
	return mmap(NULL, len, PROT_READ | PROT_WRITE, flags, fd, 0);
}

int main(void)
{
	/* Off by default where there is a DMA debugger. */
	param_set("videobuf2_dma_user", "partial_sync", "1");
	const size_t len = 32 * 4096;

	tap_init(120);
	for (unsigned int i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		test_format(&formats[i]);
	test_part(&formats[0], refill_output, "bytesused below length");
	test_part(&formats[3], refill_output, "bytesused below length");
	test_part(&formats[2], refill_at_offset, "data_offset");
	test_part(&formats[3], refill_at_offset, "data_offset");

	test_fresh("anonymous memory",
		   untouched(len, MAP_PRIVATE | MAP_ANONYMOUS, -1), len);
	test_fresh("shared anonymous memory",
		   untouched(len, MAP_SHARED | MAP_ANONYMOUS, -1), len);
	test_fresh("a private mapping of a file",
		   untouched(len, MAP_PRIVATE, file_with_pattern(len)), len);
	test_fresh("a shared mapping of a memfd",
		   untouched(len, MAP_SHARED, memfd_with_pattern(len)), len);

	test_readonly("private mapping of a file", file_with_pattern(len),
		      MAP_PRIVATE);
	test_readonly("shared mapping of a file", file_with_pattern(len),
		      MAP_SHARED);
	test_readonly("shared mapping of a memfd", memfd_with_pattern(len),
		      MAP_SHARED);
	test_node("vbi-out");
	test_node("meta-out");
	return tap_done();
}
