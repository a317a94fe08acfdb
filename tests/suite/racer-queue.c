// SPDX-License-Identifier: GPL-2.0
/*
 * What the racer does to a queue
 */
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "racer.h"

#define WIDTH 320
#define HEIGHT 180

struct node nodes[NODES] = {
	{
		.instance = SINGLE,
		.kind = "vid-cap",
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.fourcc = V4L2_PIX_FMT_YUYV,
		.planes = 1,
	}, {
		.instance = SINGLE,
		.kind = "vid-out",
		.type = V4L2_BUF_TYPE_VIDEO_OUTPUT,
		.fourcc = V4L2_PIX_FMT_YUYV,
		.planes = 1,
	}, {
		.instance = MULTI,
		.kind = "vid-cap",
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE,
		.fourcc = V4L2_PIX_FMT_NV16M,
		.planes = 2,
	},
};

struct node *any_node(struct racer *me)
{
	return &nodes[one_in(me, 2) ? 0 : pick(me, NODES)];
}

static int call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

static void format_of(const struct node *node, struct v4l2_format *f)
{
	memset(f, 0, sizeof(*f));
	f->type = node->type;
	if (V4L2_TYPE_IS_MULTIPLANAR(node->type)) {
		f->fmt.pix_mp.pixelformat = node->fourcc;
		f->fmt.pix_mp.width = WIDTH;
		f->fmt.pix_mp.height = HEIGHT;
	} else {
		f->fmt.pix.pixelformat = node->fourcc;
		f->fmt.pix.width = WIDTH;
		f->fmt.pix.height = HEIGHT;
	}
}

int set_format(int fd, struct node *node)
{
	struct v4l2_format f;
	int ret;

	format_of(node, &f);
	ret = call(fd, VIDIOC_S_FMT, &f);
	if (!ret)
		node->size = V4L2_TYPE_IS_MULTIPLANAR(node->type) ?
				     f.fmt.pix_mp.plane_fmt[0].sizeimage :
				     f.fmt.pix.sizeimage;
	return ret;
}

static int op_s_fmt(struct racer *me)
{
	struct node *node = any_node(me);

	return set_format(any_fd(me, node), node);
}

static __u32 any_memory_type(struct racer *me)
{
	unsigned int n = pick(me, 10);

	if (n < 7)
		return V4L2_MEMORY_USERPTR;
	return n < 9 ? V4L2_MEMORY_MMAP : V4L2_MEMORY_DMABUF;
}

static int reqbufs(struct racer *me, unsigned int count)
{
	struct node *node = any_node(me);
	struct v4l2_requestbuffers req = {
		.count = count,
		.type = node->type,
		.memory = any_memory_type(me),
	};
	int ret = call(any_fd(me, node), VIDIOC_REQBUFS, &req);

	if (!ret) {
		node->memory = req.memory;
		node->bufs = req.count;
	}
	return ret;
}

static int op_reqbufs(struct racer *me)
{
	return reqbufs(me, 1 + pick(me, 6));
}

static int op_reqbufs0(struct racer *me)
{
	return reqbufs(me, 0);
}

static int op_create_bufs(struct racer *me)
{
	struct node *node = any_node(me);
	struct v4l2_create_buffers create = { .count = 1 + pick(me, 2) };
	int fd = any_fd(me, node), ret;

	create.format.type = node->type;
	ret = call(fd, VIDIOC_G_FMT, &create.format);
	if (ret)
		return ret;

	create.memory = node->bufs && !one_in(me, 10) ? node->memory :
							any_memory_type(me);
	ret = call(fd, VIDIOC_CREATE_BUFS, &create);
	if (!ret) {
		node->memory = create.memory;
		node->bufs = create.index + create.count;
	}
	return ret;
}

/* A plane's length, sometimes too short or past what belongs to it. */
static __u32 any_length(struct racer *me, const struct node *node)
{
	switch (pick(me, 16)) {
	case 0:
		return pick(me, node->size + 1);
	case 1:
		return node->size + pick(me, 4096);
	default:
		return node->size;
	}
}

/* Where its memory is, for one of the three types. */
static void aim(struct racer *me, __u32 memory, __u32 length,
		unsigned long *userptr, int *fd)
{
	if (memory == V4L2_MEMORY_USERPTR)
		*userptr = (unsigned long)any_memory(me, length);
	else if (memory == V4L2_MEMORY_DMABUF)
		*fd = any_dmabuf(me);
}

static void buffer_aim(struct racer *me, const struct node *node,
		       struct v4l2_buffer *b, struct v4l2_plane *planes)
{
	if (!V4L2_TYPE_IS_MULTIPLANAR(node->type)) {
		b->length = any_length(me, node);
		aim(me, b->memory, b->length, &b->m.userptr, &b->m.fd);
		return;
	}
	b->m.planes = planes;
	b->length = node->planes;
	for (unsigned int p = 0; p < node->planes; p++) {
		planes[p].length = any_length(me, node);
		aim(me, b->memory, planes[p].length, &planes[p].m.userptr,
		    &planes[p].m.fd);
	}
}

int qbuf_at(struct racer *me, unsigned long request)
{
	struct v4l2_plane planes[PLANES_MAX] = { 0 };
	struct node *node = any_node(me);
	struct v4l2_buffer b = {
		.type = node->type,
		.field = V4L2_FIELD_NONE,
		.memory = one_in(me, 50) ? any_memory_type(me) : node->memory,
		.index = pick(me, node->bufs + 1),
	};

	/* The last index there is, more often than the one behind it. */
	if (b.index == node->bufs && !one_in(me, 8))
		b.index = 0;
	buffer_aim(me, node, &b, planes);
	return call(any_fd(me, node), request, &b);
}

static int op_qbuf(struct racer *me)
{
	return qbuf_at(me, VIDIOC_QBUF);
}

static int op_prepare(struct racer *me)
{
	return qbuf_at(me, VIDIOC_PREPARE_BUF);
}

static int op_dqbuf(struct racer *me)
{
	struct v4l2_plane planes[PLANES_MAX] = { 0 };
	struct node *node = any_node(me);
	struct v4l2_buffer b = { .type = node->type, .memory = node->memory };

	if (V4L2_TYPE_IS_MULTIPLANAR(node->type)) {
		b.m.planes = planes;
		b.length = PLANES_MAX;
	}
	return call(any_fd(me, node), VIDIOC_DQBUF, &b);
}

static int op_streamon(struct racer *me)
{
	struct node *node = any_node(me);

	return call(any_fd(me, node), VIDIOC_STREAMON, &node->type);
}

static int op_streamoff(struct racer *me)
{
	struct node *node = any_node(me);

	return call(any_fd(me, node), VIDIOC_STREAMOFF, &node->type);
}

static int op_poll(struct racer *me)
{
	struct pollfd p = { .fd = any_fd(me, any_node(me)),
			    .events = POLLIN | POLLOUT | POLLPRI };

	if (poll(&p, 1, pick(me, 10)) < 0)
		return -errno;
	return p.revents & POLLNVAL ? -EBADF : 0;
}

static int op_expbuf(struct racer *me)
{
	struct node *node = any_node(me);
	struct v4l2_exportbuffer exp = {
		.type = node->type,
		.index = pick(me, node->bufs + 1),
		.plane = pick(me, node->planes),
		.flags = O_RDWR | O_CLOEXEC,
	};
	int ret = call(any_fd(me, node), VIDIOC_EXPBUF, &exp);

	return ret ? ret : keep_dmabuf(me, exp.fd);
}

static int where_in_file(struct racer *me, int fd, const struct node *node,
			 size_t *len, off_t *offset)
{
	struct v4l2_plane planes[PLANES_MAX] = { 0 };
	struct v4l2_buffer b = { .type = node->type,
				 .index = pick(me, node->bufs + 1) };
	unsigned int p = pick(me, node->planes);
	int ret;

	if (V4L2_TYPE_IS_MULTIPLANAR(node->type)) {
		b.m.planes = planes;
		b.length = PLANES_MAX;
	}
	ret = call(fd, VIDIOC_QUERYBUF, &b);
	if (!ret && b.memory != V4L2_MEMORY_MMAP)
		ret = -EINVAL;
	*len = b.m.planes == planes ? planes[p].length : b.length;
	*offset = b.m.planes == planes ? planes[p].m.mem_offset : b.m.offset;
	return ret;
}

static void unmap_one(struct racer *me, unsigned int n)
{
	if (me->map[n].mem)
		munmap(me->map[n].mem, me->map[n].len);
	me->map[n].mem = NULL;
}

void unmap_all(struct racer *me)
{
	for (unsigned int n = 0; n < MAPS; n++)
		unmap_one(me, n);
}

/* Mapped now, and kept until some later call takes its place. */
static int map_and_touch(struct racer *me, int fd, size_t len, off_t offset)
{
	unsigned int n = pick(me, MAPS);
	void *mem;

	mem = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	if (mem == MAP_FAILED)
		return -errno;
	unmap_one(me, n);
	memset(mem, 0x77, len);
	me->map[n].mem = mem;
	me->map[n].len = len;
	return 0;
}

static int op_mmap_buffer(struct racer *me)
{
	struct node *node = any_node(me);
	int fd = any_fd(me, node), ret;
	off_t offset = 0;
	size_t len = 0;

	ret = where_in_file(me, fd, node, &len, &offset);
	return ret ? ret : map_and_touch(me, fd, len, offset);
}

/* A mapping keeps its file open, and that all buffers to itself. */
static int op_munmap_buffer(struct racer *me)
{
	unsigned int n = pick(me, MAPS);

	if (!me->map[n].mem)
		return NOTHING;
	unmap_one(me, n);
	return 0;
}

/* The CPU's turn at an exported buffer. */
static int op_dmabuf(struct racer *me)
{
	struct dma_buf_sync sync = { DMA_BUF_SYNC_RW | DMA_BUF_SYNC_START };
	int fd = any_dmabuf(me), ret;
	off_t len = lseek(fd, 0, SEEK_END);

	if (len < 0)
		return -errno;
	ret = call(fd, DMA_BUF_IOCTL_SYNC, &sync);
	if (!ret)
		ret = map_and_touch(me, fd, len, 0);
	sync.flags = DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END;
	return ret ? ret : call(fd, DMA_BUF_IOCTL_SYNC, &sync);
}

/*
 * ENODEV is for the time after the device, EBUSY for the file that does not
 * have the buffers, EBADF for a descriptor that is closed.
 */
struct op queue_ops[] = {
	{ "S_FMT", 3, op_s_fmt, .may = { EBADF, ENODEV, EBUSY } },
	{ "REQBUFS", 16, op_reqbufs, .may = { EBADF, ENODEV, EBUSY, EINVAL, ENOMEM } },
	{ "REQBUFS(0)", 1, op_reqbufs0, .may = { EBADF, ENODEV, EBUSY, EINVAL } },
	{ "CREATE_BUFS", 4, op_create_bufs,
	  .may = { EBADF, ENODEV, EBUSY, EINVAL, ENOBUFS, ENOMEM } },
	{ "QBUF", 120, op_qbuf,
	  .may = { EBADF, ENODEV, EBUSY, EINVAL, EFAULT, ENOMEM, EIO } },
	{ "PREPARE_BUF", 20, op_prepare,
	  .may = { EBADF, ENODEV, EBUSY, EINVAL, EFAULT, ENOMEM, EIO } },
	{ "DQBUF", 60, op_dqbuf, .may = { EBADF, ENODEV, EBUSY, EINVAL, EAGAIN, EPIPE, EIO } },
	{ "STREAMON", 16, op_streamon,
	  .may = { EBADF, ENODEV, EBUSY, EINVAL, ENOMEM, EPIPE } },
	{ "STREAMOFF", 3, op_streamoff, .may = { EBADF, ENODEV, EBUSY, EINVAL } },
	{ "poll", 8, op_poll, .may = { EBADF } },
	{ "EXPBUF", 12, op_expbuf, .may = { EBADF, ENODEV, EBUSY, EINVAL, EMFILE } },
	{ "mmap of a buffer", 6, op_mmap_buffer,
	  .may = { EBADF, ENODEV, EBUSY, EINVAL, ENOMEM, EACCES } },
	{ "munmap of a buffer", 16, op_munmap_buffer, .may = { 0 } },
	{ "CPU access to a dma-buf", 6, op_dmabuf,
	  .may = { EBADF, EINVAL, ENOMEM } },
	{ .name = NULL }
};
