// SPDX-License-Identifier: GPL-2.0
/*
 * What is pinned when, and what becomes of the pages afterwards
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/crc32.h"
#include "lib/file.h"
#include "lib/pins.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"

#define BUFS 3
#define OFFSET 4000

static long pages_of(const void *mem, size_t len)
{
	uintptr_t page = page_size();
	uintptr_t start = (uintptr_t)mem / page;

	return ((uintptr_t)mem + len - 1) / page - start + 1;
}

static long pages_of_all(const struct queue *q)
{
	long pages = 0;

	for (unsigned int i = 0; i < BUFS; i++)
		for (unsigned int p = 0; p < q->planes; p++)
			pages += pages_of(q->buf[i][p].mem,
					  q->buf[i][p].length);
	return pages;
}

/* Memory that was never written may be one page all over. */
static void write_all(const struct userbufs *u)
{
	for (unsigned int i = 0; i < u->count; i++)
		for (unsigned int p = 0; p < u->planes; p++)
			memset(u->mem[i][p].user, i + 1, u->mem[i][p].len);
}

static void setup(struct queue *q, struct userbufs *u, unsigned int instance,
		  const char *kind)
{
	queue_open(q, instance, kind);
	queue_format(q, instance == MULTI ? V4L2_PIX_FMT_NV16M :
					    V4L2_PIX_FMT_YUYV, 320, 180);
	userbufs_setup(u, q, BUFS);
	userbufs_put(u);
	if (userbufs_get(u, q, BUFS, MEM_ANON, OFFSET, 0))
		tap_fatal("set-up: memory for the buffers");
	for (unsigned int i = 0; i < BUFS; i++)
		userbufs_attach(u, q, i, i);
	write_all(u);
}

static void queue_all(struct queue *q)
{
	for (unsigned int i = 0; i < BUFS; i++) {
		int ret = queue_qbuf(q, i);

		if (ret)
			tap_diag("QBUF %u failed: %s", i, strerror(-ret));
	}
}

static void test_counts(unsigned int instance, const char *kind)
{
	struct frame frames[3 * BUFS];
	long before = pins_held(), all;
	struct userbufs u, other;
	struct queue q;

	setup(&q, &u, instance, kind);
	all = pages_of_all(&q);
	queue_all(&q);
	tap_is(pins_held() - before, all,
	       "%s, %u planes: QBUF pins each page that a buffer touches, once",
	       kind, q.planes);
	queue_off(&q);
	tap_ok(stream_good(&q, frames, 3 * BUFS, NULL),
	       "%s, %u planes: %d frames equal the device's", kind, q.planes,
	       3 * BUFS);
	tap_is(pins_held() - before, all,
	       "%s, %u planes: requeued at the same address, no page more is pinned",
	       kind, q.planes);

	if (userbufs_get(&other, &q, 1, MEM_ANON, 0, 0))
		tap_fatal("set-up: memory for another buffer");
	write_all(&other);
	userbufs_attach(&other, &q, 0, 0);
	tap_is(queue_qbuf(&q, 0), 0, "%s, %u planes: QBUF at another address",
	       kind, q.planes);
	tap_is(pins_held() - before, pages_of_all(&q),
	       "%s, %u planes: lets go of the pages at the old address", kind,
	       q.planes);
	queue_off(&q);
	tap_is(queue_reqbufs(&q, V4L2_MEMORY_USERPTR, 0), 0,
	       "%s, %u planes: REQBUFS(0)", kind, q.planes);
	tap_is(pins_settle(before), before,
	       "%s, %u planes: lets go of every page", kind, q.planes);
	queue_close(&q);
	userbufs_put(&u);
	userbufs_put(&other);
}

static void test_close(const char *kind)
{
	long before = pins_held();
	struct userbufs u;
	struct queue q;

	setup(&q, &u, SINGLE, kind);
	queue_all(&q);
	queue_close(&q);
	tap_is(pins_settle(before), before,
	       "%s: close of a queue that never streamed lets go of every page",
	       kind);
	userbufs_put(&u);
}

static bool file_pins_allowed(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname u;

	uname(&u);
	if (sscanf(u.release, "%u.%u", &major, &minor) != 2)
		tap_fatal("set-up: the kernel's version: %s", u.release);
	return major < 6 || (major == 6 && minor < 5);
}

static int disk_file(size_t len)
{
	char path[] = "/var/tmp/suite-XXXXXX";
	struct statfs fs;
	struct mem m;
	int fd = mkstemp(path);

	mem_need(&m, len, 0);
	pattern_fill(m.user, len, 5);
	if (fd < 0 || unlink(path) || fstatfs(fd, &fs) ||
	    write(fd, m.user, len) != (ssize_t)len || fsync(fd))
		tap_fatal("set-up: a file in /var/tmp (%s)", strerror(errno));
	mem_put(&m);
	if (fs.f_type == EXT4_SUPER_MAGIC)
		return fd;
	close(fd);
	return -1;
}

/* What the file holds on its disk: the page cache is dropped first. */
static __u32 crc_on_disk(int fd, size_t len)
{
	__u32 crc = 0;
	struct mem m;

	if (fsync(fd) || file_write("/proc/sys/vm/drop_caches", "3"))
		tap_diag("can't drop the page cache");
	mem_need(&m, len, 0);
	if (pread(fd, m.user, len, 0) == (ssize_t)len)
		crc = crc32(m.user, len);
	else
		tap_diag("can't read the file back: %s", strerror(errno));
	mem_put(&m);
	return crc;
}

/*
 * Pinned first, written back (and clean) next, then filled by the device: if
 * nobody marks the pages dirty when they are let go, the frame never gets to
 * the disk.
 */
static void capture_into_file(struct queue *q, int fd)
{
	size_t len = q->buf[0][0].length;
	struct frame frame = { 0 };
	__u32 before, on_disk;
	int ret;

	before = crc32(q->buf[0][0].mem, len);
	ret = queue_qbuf(q, 0);
	if (!tap_is(ret, 0, "QBUF of a shared mapping of a file on a disk"))
		return;
	if (msync(q->buf[0][0].mem, len, MS_SYNC) || fsync(fd))
		tap_diag("can't write the file back");
	dmalog_reset(q->device);
	ret = queue_on(q);
	if (!ret)
		ret = queue_dqbuf(q, &frame);
	tap_ok(!ret && frames_good(q, &frame, 1) == 1,
	       "a frame captured into a file equals the device's");
	queue_off(q);
	queue_reqbufs(q, V4L2_MEMORY_USERPTR, 0);
	munmap(q->buf[0][0].mem, len);

	on_disk = crc_on_disk(fd, len);
	tap_ok(on_disk != before && on_disk == frame.plane[0].crc,
	       "pages are dirty when they are let go: the frame is in the file on the disk");
}

static void test_file(void)
{
	struct userbufs u;
	struct queue q;
	void *mem;
	int fd;

	setup(&q, &u, SINGLE, "vid-cap");
	fd = disk_file(q.size[0]);
	if (fd < 0) {
		tap_skip("/var/tmp is no ext4", "capture into a file");
		goto out;
	}
	mem = mmap(NULL, q.size[0], PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		tap_fatal("set-up: a shared mapping of a file");
	queue_attach(&q, 0, 0, mem, q.size[0]);
	if (file_pins_allowed())
		capture_into_file(&q, fd);
	else
		tap_is(queue_qbuf(&q, 0), -EFAULT,
		       "a file on a disk can't be pinned for writing since Linux 6.5");
	close(fd);
out:
	queue_close(&q);
	userbufs_put(&u);
}

int main(void)
{
	tap_init(120);
	/* What is kept for buffers in no slot is the matter of "rotate". */
	param_set("videobuf2_dma_user", "idle_mb", "0");
	test_counts(SINGLE, "vid-cap");
	test_counts(MULTI, "vid-cap");
	test_counts(SINGLE, "vid-out");
	test_counts(MULTI, "vid-out");
	test_close("vid-cap");
	test_close("vid-out");
	test_file();
	return tap_done();
}
