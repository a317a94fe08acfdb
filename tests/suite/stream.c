// SPDX-License-Identifier: GPL-2.0
/*
 * usage: stream [-d NODE] [-n FRAMES] [-w WIDTH] [-h HEIGHT] [-o FILE]
 *
 * A longer capture by USERPTR, every frame compared with what the device
 * wrote. NODE is a path (/dev/video0) or a name (vivid-000-vid-cap). FILE gets
 * the last frame. The line that starts with "frames=" is for programs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/pins.h"
#include "lib/stream.h"
#include "lib/tap.h"
#include "lib/userbufs.h"

#define BUFS 4

struct options {
	const char	*node;
	unsigned int	frames;
	__u32	width;
	__u32	height;
	const char	*file;
};

struct result {
	double			seconds;
	unsigned int		got;
	unsigned int		verified;
	unsigned int		gaps;
	unsigned int		differ;
	long			pages;
	unsigned int		segs;
	unsigned long long	bytes;
};

static struct options parse(int argc, char **argv)
{
	struct options o = { "vivid-000-vid-cap", 300, 320, 180, NULL };
	int c;

	while ((c = getopt(argc, argv, "d:n:w:h:o:")) != -1) {
		if (c == 'd')
			o.node = optarg;
		else if (c == 'n')
			o.frames = atoi(optarg);
		else if (c == 'w')
			o.width = atoi(optarg);
		else if (c == 'h')
			o.height = atoi(optarg);
		else if (c == 'o')
			o.file = optarg;
		else
			exit(2);
	}
	/* All must fit the device's log, which is read at the end. */
	if (!o.frames || o.frames > DMALOG_MAX)
		tap_fatal("set-up: 1 to %d frames", DMALOG_MAX);
	return o;
}

static void open_node(struct queue *q, const char *node)
{
	char path[300];
	int ret;

	if (node[0] == '/') {
		queue_open_path(q, node);
		return;
	}
	ret = node_find(path, sizeof(path), node);
	if (ret)
		tap_fatal("set-up: there is a node %s (%s)", node,
			  strerror(-ret));
	queue_open_path(q, path);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void add_up(struct result *r, const struct frame *frames,
		   const struct dmalog *log)
{
	for (unsigned int i = 0; i < log->count; i++) {
		r->bytes += log->transfer[i].bytes;
		r->segs = log->transfer[i].segs;
	}
	for (unsigned int n = 1; n < r->got; n++)
		r->gaps += frames[n].seq != frames[n - 1].seq + 1;
}

static struct result run(struct queue *q, unsigned int count,
			 struct frame *frames)
{
	struct result r = { 0 };
	long before = pins_held();
	struct dmalog log;

	r.seconds = now();
	r.got = stream_run(q, frames, count, NULL);
	r.seconds = now() - r.seconds;
	/* The queue keeps its buffers pinned until it is closed. */
	r.pages = pins_held() - before;
	r.verified = frames_good(q, frames, r.got);
	r.differ = frames_new(frames, r.got);
	dmalog_read(&log, q->device);
	add_up(&r, frames, &log);
	dmalog_free(&log);
	return r;
}

static int save(const struct queue *q, const struct frame *last,
		const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	size_t len = last->plane[0].bytesused;
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, q->buf[last->index][0].mem, len) != (ssize_t)len)
		ret = -EIO;
	close(fd);
	return ret;
}

int main(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	struct frame *frames = calloc(o.frames, sizeof(*frames));
	struct userbufs u;
	struct result r;
	struct queue q;

	tap_init(300);
	if (!frames)
		tap_fatal("set-up: memory for %u results", o.frames);
	open_node(&q, o.node);
	queue_format(&q, V4L2_PIX_FMT_YUYV, o.width, o.height);
	userbufs_setup(&u, &q, BUFS);
	r = run(&q, o.frames, frames);

	tap_is(r.verified, o.frames,
	       "%u frames of %ux%u into %d buffers equal what the device wrote",
	       o.frames, o.width, o.height, BUFS);
	tap_is(r.gaps, 0, "the sequence numbers have no gaps");
	tap_is(r.differ, o.frames - 1,
	       "each frame differs from the one before");
	tap_ok(userbufs_guards_good(&u),
	       "the bytes around the buffers stay as they were");
	if (o.file)
		tap_is(r.got ? save(&q, &frames[r.got - 1], o.file) : -ENODATA,
		       0, "the last frame is in %s", o.file);
	printf("frames=%u verified=%u fps=%.1f bytes=%llu pages=%ld segs=%u\n",
	       r.got, r.verified, r.got / r.seconds, r.bytes, r.pages, r.segs);

	queue_close(&q);
	userbufs_put(&u);
	free(frames);
	return tap_done();
}
