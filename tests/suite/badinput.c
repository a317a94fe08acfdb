// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that no device may use: the right errno, nothing lost, life goes on
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/pins.h"
#include "lib/stats.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"

/* Enough for a plane of 320x180 YUYV and then some pages */
#define ROOM (40 * 4096ul)

/* In a program's address space of any architecture: the kernel's side */
#define KERNEL_ADDRESS (~0ul - (256ul << 20) + 1)

/**
 * struct bad - a plane that QBUF must refuse
 * @name:	what it is
 * @mem:	the pointer
 * @shorter:	bytes that its length is short of the format's, SHORTER_ALL: 0;
 *		ALL_AROUND: no, it leads around the address space and back
 * @capture:	errno for capture, 0: taken
 * @output:	errno for output, 0: taken
 */
struct bad {
	const char	*name;
	void		*mem;
	size_t		shorter;
	int		capture;
	int		output;
};

#define SHORTER_ALL (~0ul)
#define ALL_AROUND (~1ul)
#define BAD_MAX 24

static struct bad bads[BAD_MAX];
static unsigned int bad_count;
static struct queue contig;

static void add(const char *name, void *mem, size_t shorter, int capture,
		int output)
{
	if (bad_count == BAD_MAX)
		tap_fatal("set-up: room for all kinds of memory");
	bads[bad_count++] = (struct bad){ name, mem, shorter, capture, output };
}

static __u8 *room(int prot, int flags, int fd)
{
	void *mem = mmap(NULL, ROOM, prot, flags, fd, 0);

	if (mem == MAP_FAILED)
		tap_fatal("set-up: memory for a bad buffer (%s)",
			  strerror(errno));
	return mem;
}

static __u8 *anon(int prot)
{
	return room(prot, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static int memfd(size_t len)
{
	int fd = memfd_create("suite", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, len))
		tap_fatal("set-up: a file in memory (%s)", strerror(errno));
	return fd;
}

/* Memory whose pages exist and may only be read. */
static __u8 *written_then_readonly(void)
{
	__u8 *mem = anon(PROT_READ | PROT_WRITE);

	memset(mem, 0x11, ROOM);
	if (mprotect(mem, ROOM, PROT_READ))
		tap_fatal("set-up: read-only memory");
	return mem;
}

/* Where the C library and the kernel put nothing unasked: a hole stays one. */
static __u8 *with_hole(size_t start, size_t len)
{
	static unsigned long next = 0x70000000;
	__u8 *mem = mmap((void *)next, ROOM, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			 0);

	if (mem == MAP_FAILED)
		tap_fatal("set-up: memory at 0x%lx (%s)", next,
			  strerror(errno));
	next += 2 * ROOM;
	memset(mem, 0x22, ROOM);
	munmap(mem + start, len);
	return mem;
}

/* MMAP buffers of the contiguous allocator have page frames but no pages. */
static __u8 *pfn_mapped(void)
{
	queue_open(&contig, CONTIG, "vid-cap");
	queue_format(&contig, V4L2_PIX_FMT_YUYV, 640, 360);
	if (queue_reqbufs(&contig, V4L2_MEMORY_MMAP, 2) || queue_mmap(&contig))
		tap_fatal("set-up: buffers of the contiguous allocator");
	return contig.buf[0][0].mem;
}

static void collect_unmapped(void)
{
	add("NULL", NULL, 0, EFAULT, EFAULT);
	add("unmapped memory", with_hole(0, ROOM), 0, EFAULT, EFAULT);
	add("a pointer that wraps", (void *)(~0ul - 4095), 0, EINVAL, EINVAL);
	add("a pointer that wraps, at an odd offset", (void *)(~0ul - 5000), 0,
	    EINVAL, EINVAL);
	add("an address of the kernel", (void *)KERNEL_ADDRESS, 0, EFAULT,
	    EFAULT);
	add("memory whose first page is missing", with_hole(0, 4096), 0,
	    EFAULT, EFAULT);
	add("memory with a hole", with_hole(8 * 4096, 4096), 0, EFAULT, EFAULT);
	add("a range past the end of its mapping",
	    with_hole(10 * 4096, ROOM - 10 * 4096), 0, EFAULT, EFAULT);
	add("a range past the end of its file",
	    room(PROT_READ | PROT_WRITE, MAP_SHARED, memfd(10 * 4096)), 0,
	    EFAULT, EFAULT);
}

static void collect_protected(void)
{
	__u8 *hole = anon(PROT_READ | PROT_WRITE);

	add("memory without access", anon(PROT_NONE), 0, EFAULT, EFAULT);
	add("read-only private memory", written_then_readonly(), 0, EFAULT, 0);
	add("read-only private memory, never touched", anon(PROT_READ), 0,
	    EFAULT, 0);
	add("a read-only private mapping of a file",
	    room(PROT_READ, MAP_PRIVATE, memfd(ROOM)), 0, EFAULT, 0);
	add("a read-only shared mapping of a file",
	    room(PROT_READ, MAP_SHARED, memfd(ROOM)), 0, EFAULT, 0);
	if (mprotect(hole + 4 * 4096, 4096, PROT_READ))
		tap_fatal("set-up: a read-only page");
	add("memory with one read-only page", hole, 0, EFAULT, 0);
	add("memory without pages (PFN-mapped)", pfn_mapped(), 0, EFAULT,
	    EFAULT);
}

static void collect_lengths(void)
{
	__u8 *good = anon(PROT_READ | PROT_WRITE);

	add("length 0", good, SHORTER_ALL, EINVAL, EINVAL);
	add("a length that is one byte too short", good, 1, EINVAL, EINVAL);
	add("NULL and length 0", NULL, SHORTER_ALL, EINVAL, EINVAL);
	/* The API's lengths have 32 bits: elsewhere this is just too long. */
	if (sizeof(long) == 4)
		add("a length that leads around and back into the same page",
		    good + 100, ALL_AROUND, EINVAL, EINVAL);
}

typedef int (*give_fn)(struct queue *q, unsigned int index);

static void attach_bad(struct queue *q, const struct userbufs *u,
		       const struct bad *b, unsigned int plane)
{
	size_t size = q->size[plane];

	userbufs_attach(u, q, 0, 0);
	if (b->shorter == ALL_AROUND)
		size = ~0u - 49;
	else
		size -= b->shorter == SHORTER_ALL ? size : b->shorter;
	queue_attach(q, 0, plane, b->mem, size);
	if (size < q->size[plane])
		q->buf[0][plane].bytesused = size;
}

/* Memory in no slot again, so that pins can be counted. */
static void forget(struct queue *q)
{
	int ret = queue_reqbufs(q, V4L2_MEMORY_USERPTR, 0);

	if (!ret)
		ret = queue_reqbufs(q, V4L2_MEMORY_USERPTR, 2);
	if (ret)
		tap_fatal("set-up: other buffers (%s)", strerror(-ret));
}

static void test_works(struct queue *q, const struct userbufs *u,
		       unsigned int plane, give_fn give, const char *after)
{
	struct frame frames[4];
	bool prepared = give == queue_prepare;
	int ret = 0;

	for (unsigned int i = 0; i < q->bufs; i++)
		userbufs_attach(u, q, i, i);
	if (prepared)
		ret = queue_prepare(q, 0);
	tap_ok(!ret && stream_good(q, frames, 4, NULL),
	       "%s, plane %u of %u: after %s, frames equal the device's",
	       q->kind, plane, q->planes, after);
	forget(q);
}

static void test_one(struct queue *q, const struct userbufs *u,
		     const struct bad *b, unsigned int plane, give_fn give,
		     const char *how)
{
	int want = q->output ? b->output : b->capture;
	long before = pins_held(), after;
	int ret;

	/* Taken means taken: what a good one does is others' test. */
	if (!want)
		return;

	attach_bad(q, u, b, plane);
	ret = give(q, 0);
	after = pins_held();
	tap_is(ret, -want, "%s, plane %u of %u: %s of %s", q->kind, plane,
	       q->planes, how, b->name);
	tap_is(after, before, "%s, plane %u of %u: %s of %s leaves no page pinned",
	       q->kind, plane, q->planes, how, b->name);
	/* Or the next would find the buffer in the wrong state. */
	if (!ret)
		queue_off(q);
	test_works(q, u, plane, give, b->name);
}

static void test_queue(unsigned int instance, const char *kind,
		       __u32 fourcc, give_fn give, const char *how)
{
	long before = pins_before();
	struct userbufs u;
	struct queue q;

	queue_open(&q, instance, kind);
	queue_format(&q, fourcc, 320, 180);
	userbufs_setup(&u, &q, 2);
	for (unsigned int plane = 0; plane < q.planes; plane++)
		for (unsigned int i = 0; i < bad_count; i++)
			test_one(&q, &u, &bads[i], plane, give, how);
	queue_close(&q);
	tap_is(pins_settle(before), before,
	       "%s, %u planes: nothing stays pinned after close", kind,
	       q.planes);
	userbufs_put(&u);
}

/* One line in the kernel log for whoever asks for it, none else. */
static void test_explained(void)
{
	struct userbufs u;
	struct queue q;
	char line[64];
	size_t size;

	if (!stats_there()) {
		tap_skip("this allocator explains nothing",
			 "the kernel log says why memory was refused");
		return;
	}
	queue_open(&q, SINGLE, "vid-cap");
	queue_format(&q, V4L2_PIX_FMT_YUYV, 320, 180);
	userbufs_setup(&u, &q, 1);
	/* A length that no other run in this guest has. */
	size = q.size[0] + getpid();
	snprintf(line, sizeof(line), "can't pin 0x0+%zu", size);
	queue_attach(&q, 0, 0, NULL, size);
	tap_ok(queue_qbuf(&q, 0) && !klog_has(line),
	       "debug=N: the kernel log says nothing");
	tap_is(param_set("videobuf2_dma_user", "debug", "Y"), 0, "debug=Y");
	tap_ok(queue_qbuf(&q, 0) && klog_has(line),
	       "debug=Y: the kernel log says why memory was refused");
	queue_attach(&q, 0, 0, (void *)-4096l, q.size[0]);
	tap_ok(queue_qbuf(&q, 0) && klog_has("is empty or wraps"),
	       "debug=Y: also for a range that wraps");
	queue_close(&q);
	userbufs_put(&u);
}

int main(void)
{
	/* What is kept for buffers in no slot is the matter of "rotate". */
	param_set("videobuf2_dma_user", "idle_mb", "0");
	tap_init(180);
	collect_unmapped();
	collect_protected();
	collect_lengths();

	test_queue(SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, queue_qbuf, "QBUF");
	test_queue(SINGLE, "vid-cap", V4L2_PIX_FMT_YUYV, queue_prepare,
		   "PREPARE_BUF");
	test_queue(SINGLE, "vid-out", V4L2_PIX_FMT_YUYV, queue_qbuf, "QBUF");
	test_queue(MULTI, "vid-cap", V4L2_PIX_FMT_NV16M, queue_qbuf, "QBUF");
	test_queue(MULTI, "vid-out", V4L2_PIX_FMT_NV16M, queue_qbuf, "QBUF");
	test_queue(MULTI, "vid-out", V4L2_PIX_FMT_NV16M, queue_prepare,
		   "PREPARE_BUF");

	test_explained();
	queue_munmap(&contig);
	queue_close(&contig);
	return tap_done();
}
