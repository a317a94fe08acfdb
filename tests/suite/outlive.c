// SPDX-License-Identifier: GPL-2.0
/*
 * MMAP buffers that outlive their queue: the memory stays as long as a mapping
 * or a dma-buf of it does, but it is no longer mapped for DMA. The device may
 * be gone by then, and its DMA mappings must go with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/crc32.h"
#include "lib/file.h"
#include "lib/stats.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/vmstat.h"

#define BUFS 2
#define FRAMES 4
/* If all of it stayed: 63 MiB, of the 256 that the smallest machine has. */
#define ROUNDS 8
#define LOSS_KIB (16 << 10)
#define DRIVER "/sys/bus/platform/drivers/vivid/"

struct left {
	struct queue	q;
	int		fd;
	void		*map;
	__u32		crc;
};

/* A captured frame in buffer 0, mapped twice: as itself and as a dma-buf. */
static void capture(struct left *l)
{
	struct frame frames[FRAMES];

	queue_open(&l->q, SINGLE, "vid-cap");
	queue_format(&l->q, V4L2_PIX_FMT_YUYV, 320, 180);
	if (queue_reqbufs(&l->q, V4L2_MEMORY_MMAP, BUFS) || queue_mmap(&l->q))
		tap_fatal("set-up: MMAP buffers");
	tap_ok(stream_good(&l->q, frames, FRAMES, NULL),
	       "%d frames equal the device's", FRAMES);
	l->fd = queue_export(&l->q, 0, 0);
	if (l->fd < 0)
		tap_fatal("set-up: EXPBUF (%s)", strerror(-l->fd));
	l->map = mmap(NULL, l->q.size[0], PROT_READ | PROT_WRITE, MAP_SHARED,
		      l->fd, 0);
	if (l->map == MAP_FAILED)
		tap_fatal("set-up: mmap of a dma-buf (%s)", strerror(errno));
	l->crc = crc32(l->q.buf[0][0].mem, l->q.size[0]);
}

static void check_memory(struct left *l, const char *when)
{
	struct dma_buf_sync sync = { DMA_BUF_SYNC_RW | DMA_BUF_SYNC_START };
	int ret = ioctl(l->fd, DMA_BUF_IOCTL_SYNC, &sync) ? -errno : 0;

	tap_is(ret, 0, "%s, the CPU's access to the dma-buf can begin", when);
	tap_ok(crc32(l->q.buf[0][0].mem, l->q.size[0]) == l->crc &&
	       crc32(l->map, l->q.size[0]) == l->crc,
	       "%s, both mappings still hold the frame", when);
	sync.flags = DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END;
	ret = ioctl(l->fd, DMA_BUF_IOCTL_SYNC, &sync) ? -errno : 0;
	tap_is(ret, 0, "%s, the CPU's access to the dma-buf can end", when);
}

static void let_go(struct left *l)
{
	munmap(l->map, l->q.size[0]);
	close(l->fd);
	queue_munmap(&l->q);
	queue_close(&l->q);
}

static void test_reqbufs(void)
{
	long segments = stat_of("segments"), pages = stat_of("bytes_mmap");
	struct left l;

	capture(&l);
	tap_ok(stat_of("segments") > segments,
	       "the buffers of a queue are mapped for DMA");
	tap_is(queue_reqbufs(&l.q, V4L2_MEMORY_MMAP, 0), 0,
	       "REQBUFS(0) of buffers that are mapped by the program");
	tap_is(stat_of("segments"), segments,
	       "after REQBUFS(0), none is mapped for DMA");
	check_memory(&l, "after REQBUFS(0)");
	/* Still mapped. */
	l.q.bufs = BUFS;
	let_go(&l);
	tap_is(stat_of("bytes_mmap"), pages,
	       "the memory is freed with its last mapping");
}

static void test_unbind(void)
{
	long segments = stat_of("segments"), pages = stat_of("bytes_mmap");
	struct left l;

	capture(&l);
	tap_is(file_write(DRIVER "unbind", "vivid.0"), 0,
	       "the device goes by unbind");
	tap_is(stat_of("segments"), segments,
	       "without the device, nothing is mapped for its DMA");
	check_memory(&l, "without the device");
	let_go(&l);
	tap_is(stat_of("bytes_mmap"), pages,
	       "without the device, memory is freed with its last mapping");
	tap_is(file_write(DRIVER "bind", "vivid.0"), 0,
	       "the device comes back by bind");
}

/* Counters of the module are lowered apart from what they count. */
static void test_freed(void)
{
	struct queue q;
	int ret = 0;
	long lost;

	queue_open(&q, SINGLE, "vid-cap");
	queue_format(&q, V4L2_PIX_FMT_YUYV, 1920, 1080);
	lost = free_kib();
	for (unsigned int n = 0; n < ROUNDS && !ret; n++) {
		ret = queue_reqbufs(&q, V4L2_MEMORY_MMAP, BUFS);
		if (!ret)
			ret = queue_reqbufs(&q, V4L2_MEMORY_MMAP, 0);
	}
	lost -= free_kib();
	tap_is(ret, 0, "REQBUFS(MMAP) and REQBUFS(0), %d times", ROUNDS);
	tap_diag("%ld KiB less are free", lost);
	tap_ok(lost < LOSS_KIB, "their memory is free again");
	queue_close(&q);
}

int main(void)
{
	tap_init(120);
	test_freed();
	if (!stats_there()) {
		tap_skip("this allocator has no counters",
			 "buffers that outlive their queue");
		return tap_done();
	}
	test_reqbufs();
	test_unbind();
	return tap_done();
}
