// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers whose memory can be replaced, and the ways to do it
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/mem.h"
#include "lib/tap.h"
#include "remap.h"

/*
 * Shared pages of a file: a cache that aliases has them at addresses of their
 * own colour only, or mmap() refuses.
 */
#define COLOURS (4 * page_size())

size_t area;

static char *room;
static size_t room_len;

/* Where the pages of each buffer come from, if not from nowhere */
static int files[BUFS];

static int new_file(void)
{
	int fd = memfd_create("remap", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, area))
		tap_fatal("set-up: a memfd (%s)", strerror(errno));
	return fd;
}

static void map_at(void *at, int flags, int fd)
{
	if (mmap(at, area, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0) != at)
		tap_fatal("set-up: mmap at an address (%s)", strerror(errno));
}

void map_anon(void *at, unsigned int index)
{
	(void)index;
	map_at(at, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static void map_file(void *at, unsigned int index)
{
	map_at(at, MAP_SHARED, files[index]);
}

/* The ways to have other memory at the same address. */

void by_munmap(void *at, unsigned int index)
{
	munmap(at, area);
	map_anon(at, index);
}

void by_dontneed(void *at, unsigned int index)
{
	(void)index;
	if (madvise(at, area, MADV_DONTNEED))
		tap_fatal("set-up: MADV_DONTNEED (%s)", strerror(errno));
}

static void by_mremap(void *at, unsigned int index)
{
	void *other = mmap(NULL, area, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)index;
	if (other == MAP_FAILED ||
	    mremap(other, area, area, MREMAP_MAYMOVE | MREMAP_FIXED, at) != at)
		tap_fatal("set-up: mremap (%s)", strerror(errno));
}

static void by_hole(void *at, unsigned int index)
{
	(void)at;
	if (fallocate(files[index], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      0, area))
		tap_fatal("set-up: a hole in a file (%s)", strerror(errno));
}

static void by_truncate(void *at, unsigned int index)
{
	(void)at;
	if (ftruncate(files[index], 0) || ftruncate(files[index], area))
		tap_fatal("set-up: a file cut short (%s)", strerror(errno));
}

static void by_other_file(void *at, unsigned int index)
{
	close(files[index]);
	files[index] = new_file();
	map_file(at, index);
}

static void by_last_page(void *at, unsigned int index)
{
	char *last = (char *)at + area - page_size();

	(void)index;
	if (mmap(last, page_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != last)
		tap_fatal("set-up: another last page (%s)", strerror(errno));
}

const struct way ways[] = {
	{ "munmap and mmap", map_anon, by_munmap },
	{ "mmap over it", map_anon, map_anon },
	{ "MADV_DONTNEED", map_anon, by_dontneed },
	{ "mremap over it", map_anon, by_mremap },
	{ "another last page only", map_anon, by_last_page },
	{ "a hole punched into a memfd", map_file, by_hole },
	{ "a memfd cut short and grown", map_file, by_truncate },
	{ "another memfd", map_file, by_other_file },
};

const struct way *way;

static size_t up(size_t len, size_t unit)
{
	return (len + unit - 1) / unit * unit;
}

/* Room for the buffers, each at an address of the first colour. */
static char *get_room(size_t stride)
{
	room_len = BUFS * stride + COLOURS;
	room = mmap(NULL, room_len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		tap_fatal("set-up: address space");
	return room + -(size_t)room % COLOURS;
}

/* Each buffer at its place, which ends with it: the last page is used. */
void remap_setup(struct queue *q, const char *kind, const struct way *w)
{
	size_t stride;
	char *base;
	int ret;

	queue_open(q, SINGLE, kind);
	queue_format(q, V4L2_PIX_FMT_YUYV, 320, 180);
	ret = queue_reqbufs(q, V4L2_MEMORY_USERPTR, BUFS);
	if (ret)
		tap_fatal("set-up: USERPTR buffers (%s)", strerror(-ret));
	area = up(q->size[0], page_size());
	stride = up(area, COLOURS);
	base = get_room(stride);
	way = w;
	for (unsigned int i = 0; i < BUFS; i++) {
		files[i] = new_file();
		w->map(base + i * stride, i);
		queue_attach(q, i, 0, base + i * stride + area - q->size[0],
			     q->size[0]);
	}
}

void *place_of(const struct queue *q, unsigned int index)
{
	return (void *)((unsigned long)q->buf[index][0].mem &
			~(page_size() - 1));
}

void remap_teardown(struct queue *q)
{
	queue_close(q);
	munmap(room, room_len);
	for (unsigned int i = 0; i < BUFS; i++)
		close(files[i]);
}
