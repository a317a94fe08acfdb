// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel-allocated buffers: mapped, exported, imported, outliving their queue
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/crc32.h"
#include "lib/dmabuf.h"
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

static void setup(struct queue *q, unsigned int instance, const char *kind,
		  __u32 fourcc)
{
	int ret;

	queue_open(q, instance, kind);
	queue_format(q, fourcc, 320, 180);
	ret = queue_reqbufs(q, V4L2_MEMORY_MMAP, BUFS);
	if (!ret)
		ret = queue_mmap(q);
	if (ret)
		tap_fatal("set-up: %s has MMAP buffers (%s)", kind,
			  strerror(-ret));
}

static void teardown(struct queue *q)
{
	queue_munmap(q);
	queue_close(q);
}

static void test_mmap(unsigned int instance, const char *kind, __u32 fourcc,
		      const char *format)
{
	struct frame frames[FRAMES];
	struct queue q;

	setup(&q, instance, kind, fourcc);
	tap_ok(stream_good(&q, frames, FRAMES, q.output ? rewrite : NULL),
	       "MMAP %s %s: %d frames equal the device's", kind, format,
	       FRAMES);
	tap_is(frames_new(frames, FRAMES), FRAMES - 1,
	       "MMAP %s %s: each frame differs from the one before", kind,
	       format);
	teardown(&q);
}

/* A buffer through one queue and back. */
static bool pass(struct queue *q, unsigned int index, struct frame *frame)
{
	int ret = queue_qbuf(q, index);

	if (!ret)
		ret = queue_dqbuf(q, frame);
	if (ret)
		tap_diag("%s: QBUF or DQBUF of buffer %u failed: %s", q->kind,
			 index, strerror(-ret));
	return !ret;
}

static void start(struct queue *q)
{
	int ret;

	dmalog_reset(q->device);
	ret = queue_on(q);
	if (ret)
		tap_fatal("set-up: STREAMON of %s (%s)", q->kind,
			  strerror(-ret));
}

static bool plane_good(const struct queue *cap, const struct frame *in,
		       const struct queue *out, const struct frame *back,
		       unsigned int plane, __u32 saw)
{
	__u32 wrote = device_crc(cap, in, plane);
	__u32 read = device_crc(out, back, plane);

	if (wrote && wrote == saw && saw == read)
		return true;
	tap_diag("plane %u: capture wrote %08x, the program saw %08x, output read %08x",
		 plane, wrote, saw, read);
	return false;
}

/*
 * One round: the capture device fills a buffer, the program looks at it (with
 * the brackets that dma-buf asks for), the output device reads it. All three
 * must have seen the same.
 */
static bool round_good(struct queue *cap, struct queue *out,
		       const struct queue *own, const struct queue *import,
		       unsigned int index)
{
	struct frame in, back;
	__u32 saw[PLANES_MAX];
	bool good = true;

	if (!pass(cap, index, &in))
		return false;
	for (unsigned int p = 0; p < own->planes; p++)
		saw[p] = dmabuf_crc(import->buf[index][p].fd,
				    own->buf[index][p].mem, own->size[p]);
	if (!pass(out, index, &back))
		return false;
	for (unsigned int p = 0; p < own->planes; p++)
		good &= plane_good(cap, &in, out, &back, p, saw[p]);
	return good;
}

/* Buffers of one queue, exported and imported by the other. */
static void test_share(unsigned int instance, __u32 fourcc, bool cap_owns)
{
	const char *way = cap_owns ? "capture buffers imported for output" :
				     "output buffers imported for capture";
	struct queue own, import;
	struct queue *cap = cap_owns ? &own : &import;
	struct queue *out = cap_owns ? &import : &own;
	unsigned int good = 0;
	int ret;

	setup(&own, instance, cap_owns ? "vid-cap" : "vid-out", fourcc);
	queue_open(&import, instance, cap_owns ? "vid-out" : "vid-cap");
	queue_format(&import, fourcc, 320, 180);
	ret = queue_import_all(&import, &own);
	if (ret)
		tap_fatal("set-up: %s (%s)", way, strerror(-ret));

	start(cap);
	start(out);
	for (unsigned int n = 0; n < FRAMES; n++)
		good += round_good(cap, out, &own, &import, n % BUFS);
	tap_is(good, FRAMES,
	       "%s, %u planes: %d frames are the same for both devices and the program",
	       way, own.planes, FRAMES);
	queue_close(&import);
	teardown(&own);
	queue_import_done(&import);
}

/* The program maps the dma-buf itself, not the queue. */
static void test_fd_mapping(void)
{
	struct frame frame;
	struct queue q;
	void *mem;
	int fd;

	setup(&q, SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV);
	fd = queue_export(&q, 0, 0);
	mem = fd < 0 ? MAP_FAILED :
	      mmap(NULL, q.buf[0][0].length, PROT_READ | PROT_WRITE,
		   MAP_SHARED, fd, 0);
	if (!tap_ok(mem != MAP_FAILED, "an exported buffer can be mapped")) {
		teardown(&q);
		return;
	}
	start(&q);
	tap_ok(pass(&q, 0, &frame) &&
	       dmabuf_crc(fd, mem, q.size[0]) == device_crc(&q, &frame, 0),
	       "a frame seen through the dma-buf's mapping equals the device's");
	munmap(mem, q.buf[0][0].length);
	close(fd);
	teardown(&q);
}

/* REQBUFS(0) with a mapping or a dma-buf around: the memory stays. */
static void test_outlive(void)
{
	struct frame frame;
	__u32 crc = 0;
	struct queue q;
	void *mem, *again;
	size_t len;
	int fd;

	setup(&q, SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV);
	mem = q.buf[0][0].mem;
	len = q.buf[0][0].length;
	fd = queue_export(&q, 0, 0);
	start(&q);
	if (pass(&q, 0, &frame))
		crc = device_crc(&q, &frame, 0);
	queue_off(&q);

	tap_is(queue_reqbufs(&q, V4L2_MEMORY_MMAP, 0), 0,
	       "REQBUFS(0) works while a buffer is mapped and exported");
	tap_ok(crc && crc32(mem, q.size[0]) == crc,
	       "the mapping still shows the frame after REQBUFS(0)");
	memset(mem, 0x5a, len);
	munmap(mem, len);
	queue_close(&q);

	again = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	tap_ok(again != MAP_FAILED && *(__u8 *)again == 0x5a &&
	       !memcmp(again, (__u8 *)again + 1, len - 1),
	       "the dma-buf still holds the memory after the queue is closed");
	if (again != MAP_FAILED)
		munmap(again, len);
	tap_is(close(fd), 0, "the last reference to it goes");
}

/* What a wrong fd or a buffer that is too small gets. */
static void test_bad_import(void)
{
	struct queue own, import;
	int fd, ret;

	setup(&own, SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV);
	queue_open(&import, SINGLE, "vid-out");
	queue_format(&import, V4L2_PIX_FMT_YUYV, 320, 180);
	ret = queue_import_all(&import, &own);
	if (ret)
		tap_fatal("set-up: buffers to import (%s)", strerror(-ret));

	fd = import.buf[0][0].fd;
	import.buf[0][0].fd = import.fd;
	tap_is(queue_qbuf(&import, 0), -EINVAL,
	       "import of a file that is no dma-buf is refused");
	import.buf[0][0].fd = fd;
	import.buf[0][0].length = own.buf[0][0].length + 1000000;
	tap_is(queue_qbuf(&import, 0), -EFAULT,
	       "import of a dma-buf that is shorter than said is refused");
	import.buf[0][0].length = own.buf[0][0].length;
	tap_is(queue_qbuf(&import, 0), 0, "the same buffer, told right, is taken");

	queue_close(&import);
	teardown(&own);
	queue_import_done(&import);
}

static void test_udmabuf(void)
{
	const char *why;
	struct udmabuf buf;
	struct frame frame;
	struct queue q;

	queue_open(&q, SINGLE, "vid-cap");
	queue_format(&q, V4L2_PIX_FMT_YUYV, 320, 180);
	if (vivid_param_get("dma_iommu") == 1)
		why = "udmabuf syncs its own mapping only, not the importer's";
	else
		why = udmabuf_get(&buf, q.size[0]);
	if (why) {
		tap_skip(why, "capture into a udmabuf");
		queue_close(&q);
		return;
	}
	if (queue_reqbufs(&q, V4L2_MEMORY_DMABUF, 2))
		tap_fatal("set-up: vid-cap imports");
	queue_attach(&q, 0, 0, NULL, buf.len);
	q.buf[0][0].fd = buf.fd;
	start(&q);
	tap_ok(pass(&q, 0, &frame) &&
	       dmabuf_crc(buf.fd, buf.mem, q.size[0]) == device_crc(&q, &frame, 0),
	       "a frame captured into a udmabuf equals the device's");
	queue_close(&q);
	udmabuf_put(&buf);
}

int main(void)
{
	tap_init(120);
	test_mmap(SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, "YUYV");
	test_mmap(SINGLE, "vid-out", V4L2_PIX_FMT_YUYV, "YUYV");
	test_mmap(MULTI, "vid-cap", V4L2_PIX_FMT_NV16M, "NV16M");
	test_mmap(MULTI, "vid-out", V4L2_PIX_FMT_NV16M, "NV16M");
	test_share(SINGLE, V4L2_PIX_FMT_YUYV, true);
	test_share(SINGLE, V4L2_PIX_FMT_YUYV, false);
	test_share(MULTI, V4L2_PIX_FMT_NV16M, true);
	test_share(MULTI, V4L2_PIX_FMT_NV16M, false);
	test_fd_mapping();
	test_outlive();
	test_bad_import();
	test_udmabuf();
	return tap_done();
}
