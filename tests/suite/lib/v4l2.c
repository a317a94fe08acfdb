// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "crc32.h"
#include "tap.h"
#include "v4l2.h"

#define DQBUF_SECONDS 20

int queue_reqbufs(struct queue *q, __u32 memory, unsigned int count)
{
	struct v4l2_requestbuffers req = {
		.count = count, .type = q->type, .memory = memory,
	};

	if (ioctl(q->fd, VIDIOC_REQBUFS, &req))
		return -errno;

	q->memory = memory;
	q->bufs = req.count;
	return req.count < count ? -ENOBUFS : 0;
}

void queue_attach(struct queue *q, unsigned int index, unsigned int plane,
		  void *mem, size_t length)
{
	q->buf[index][plane] = (struct plane) {
		.mem = mem,
		.length = length,
		.fd = -1,
		.bytesused = q->output ? q->size[plane] : 0,
	};
}

static void fill_multi(const struct queue *q, const struct plane *from,
		       struct v4l2_plane *to)
{
	to->length = from->length;
	to->bytesused = from->bytesused;
	to->data_offset = from->data_offset;
	if (q->memory == V4L2_MEMORY_USERPTR)
		to->m.userptr = (unsigned long)from->mem;
	else if (q->memory == V4L2_MEMORY_DMABUF)
		to->m.fd = from->fd;
}

static void fill_single(const struct queue *q, const struct plane *from,
			struct v4l2_buffer *to)
{
	to->length = from->length;
	to->bytesused = from->bytesused;
	if (q->memory == V4L2_MEMORY_USERPTR)
		to->m.userptr = (unsigned long)from->mem;
	else if (q->memory == V4L2_MEMORY_DMABUF)
		to->m.fd = from->fd;
}

static void buffer_init(const struct queue *q, unsigned int index,
			struct v4l2_buffer *b, struct v4l2_plane *planes)
{
	memset(b, 0, sizeof(*b));
	memset(planes, 0, PLANES_MAX * sizeof(*planes));
	b->type = q->type;
	b->memory = q->memory;
	b->index = index;
	b->field = V4L2_FIELD_NONE;
	if (q->mplane) {
		b->m.planes = planes;
		b->length = q->planes;
	}
}

void queue_buffer(const struct queue *q, unsigned int index,
		  struct v4l2_buffer *b, struct v4l2_plane *planes)
{
	buffer_init(q, index, b, planes);
	if (q->mplane)
		for (unsigned int p = 0; p < q->planes; p++)
			fill_multi(q, &q->buf[index][p], &planes[p]);
	else
		fill_single(q, &q->buf[index][0], b);
}

static int buffer_ioctl(struct queue *q, unsigned int index,
			unsigned long request)
{
	struct v4l2_plane planes[PLANES_MAX];
	struct v4l2_buffer b;

	queue_buffer(q, index, &b, planes);
	return ioctl(q->fd, request, &b) ? -errno : 0;
}

int queue_qbuf(struct queue *q, unsigned int index)
{
	return buffer_ioctl(q, index, VIDIOC_QBUF);
}

int queue_prepare(struct queue *q, unsigned int index)
{
	return buffer_ioctl(q, index, VIDIOC_PREPARE_BUF);
}

int queue_on(struct queue *q)
{
	int type = q->type;

	return ioctl(q->fd, VIDIOC_STREAMON, &type) ? -errno : 0;
}

int queue_off(struct queue *q)
{
	int type = q->type;

	return ioctl(q->fd, VIDIOC_STREAMOFF, &type) ? -errno : 0;
}

/*
 * poll() of an output queue is always ready while not all buffers are queued,
 * so it does not tell when one can be dequeued: look again every millisecond.
 */
static int wait_frame(const struct queue *q)
{
	struct pollfd p = { .fd = q->fd, .events = POLLIN };
	int ret;

	if (q->output)
		return usleep(1000) ? -errno : 0;

	ret = poll(&p, 1, DQBUF_SECONDS * 1000);
	return ret < 0 ? -errno : 0;
}

static int dequeue(struct queue *q, struct v4l2_buffer *b,
		   struct v4l2_plane *planes)
{
	time_t end = time(NULL) + DQBUF_SECONDS;
	int ret;

	do {
		buffer_init(q, 0, b, planes);
		if (!ioctl(q->fd, VIDIOC_DQBUF, b))
			return 0;
		if (errno != EAGAIN)
			return -errno;
		ret = wait_frame(q);
	} while (!ret && time(NULL) <= end);

	return ret ? ret : -ETIMEDOUT;
}

static void sum_plane(const struct queue *q, struct frame *frame,
		      unsigned int p, __u32 bytesused, __u32 data_offset)
{
	const struct plane *plane = &q->buf[frame->index][p];
	__u32 start = q->output ? data_offset : 0;

	frame->plane[p].bytesused = bytesused;
	frame->plane[p].data_offset = data_offset;
	/* The check of the frame complains about such a bytesused. */
	if (plane->mem && bytesused <= plane->length && start < bytesused)
		frame->plane[p].crc = crc32((char *)plane->mem + start,
					    bytesused - start);
}

int queue_dqbuf(struct queue *q, struct frame *frame)
{
	struct v4l2_plane planes[PLANES_MAX];
	struct v4l2_buffer b;
	int ret = dequeue(q, &b, planes);

	if (ret)
		return ret;

	memset(frame, 0, sizeof(*frame));
	frame->index = b.index;
	frame->seq = b.sequence;
	frame->flags = b.flags;
	if (q->mplane)
		for (unsigned int p = 0; p < q->planes; p++)
			sum_plane(q, frame, p, planes[p].bytesused,
				  planes[p].data_offset);
	else
		sum_plane(q, frame, 0, b.bytesused, 0);
	return 0;
}

static int map_plane(struct queue *q, unsigned int index, unsigned int p,
		     size_t length, unsigned long offset)
{
	void *mem = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED,
			 q->fd, offset);

	if (mem == MAP_FAILED)
		return -errno;

	queue_attach(q, index, p, mem, length);
	return 0;
}

static int map_buffer(struct queue *q, unsigned int index)
{
	struct v4l2_plane planes[PLANES_MAX];
	struct v4l2_buffer b;
	int ret = 0;

	buffer_init(q, index, &b, planes);
	if (ioctl(q->fd, VIDIOC_QUERYBUF, &b))
		return -errno;
	if (!q->mplane)
		return map_plane(q, index, 0, b.length, b.m.offset);

	for (unsigned int p = 0; p < q->planes && !ret; p++)
		ret = map_plane(q, index, p, planes[p].length,
				planes[p].m.mem_offset);
	return ret;
}

int queue_mmap(struct queue *q)
{
	int ret = 0;

	memset(q->buf, 0, sizeof(q->buf));
	for (unsigned int i = 0; i < q->bufs && !ret; i++)
		ret = map_buffer(q, i);
	return ret;
}

void queue_munmap(struct queue *q)
{
	for (unsigned int i = 0; i < q->bufs; i++)
		for (unsigned int p = 0; p < q->planes; p++)
			if (q->buf[i][p].mem)
				munmap(q->buf[i][p].mem, q->buf[i][p].length);
	memset(q->buf, 0, sizeof(q->buf));
}

int queue_export(struct queue *q, unsigned int index, unsigned int plane)
{
	struct v4l2_exportbuffer exp = {
		.type = q->type, .index = index, .plane = plane,
		.flags = O_RDWR | O_CLOEXEC,
	};

	return ioctl(q->fd, VIDIOC_EXPBUF, &exp) ? -errno : exp.fd;
}

static int import_plane(struct queue *to, struct queue *from,
			unsigned int index, unsigned int plane)
{
	int fd = queue_export(from, index, plane);

	queue_attach(to, index, plane, NULL, from->buf[index][plane].length);
	to->buf[index][plane].fd = fd;
	return fd < 0 ? fd : 0;
}

int queue_import_all(struct queue *to, struct queue *from)
{
	int ret = queue_reqbufs(to, V4L2_MEMORY_DMABUF, from->bufs);

	for (unsigned int i = 0; i < from->bufs; i++)
		for (unsigned int p = 0; p < from->planes && !ret; p++)
			ret = import_plane(to, from, i, p);
	return ret;
}

void queue_import_done(const struct queue *to)
{
	for (unsigned int i = 0; i < to->bufs; i++)
		for (unsigned int p = 0; p < to->planes; p++)
			close(to->buf[i][p].fd);
}

void queue_data_offset(struct queue *q, unsigned int index, unsigned int plane,
		       __u32 offset)
{
	q->buf[index][plane].data_offset = offset;
	q->buf[index][plane].bytesused = q->size[plane] + offset;
}
