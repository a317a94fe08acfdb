/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queues of the test device, the same for single- and multi-planar
 */
#ifndef SUITE_V4L2_H
#define SUITE_V4L2_H

#include <linux/videodev2.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define BUFS_MAX	32
#define PLANES_MAX	4

/* Instances that guest-run loads */
#define SINGLE		0	/* single-planar */
#define MULTI		1	/* multi-planar */
#define CONTIG		2	/* its MMAP buffers are memory without pages */

/**
 * struct plane - one plane of one buffer, as the next QBUF tells it
 * @mem:	USERPTR: the memory; else where the program sees it
 * @length:	of the memory
 * @fd:		DMABUF: the buffer
 * @bytesused:	OUTPUT: end of the data
 * @data_offset: OUTPUT, multi-planar: start of the data
 */
struct plane {
	void		*mem;
	size_t		length;
	int		fd;
	__u32	bytesused;
	__u32	data_offset;
};

/**
 * struct frame - what one DQBUF told
 * @index:	of the buffer
 * @seq:	sequence number
 * @flags:	V4L2_BUF_FLAG_*
 * @plane:	of the buffer; crc is the one of the program's memory at DQBUF,
 *		from data_offset (CAPTURE: from 0) to bytesused
 */
struct frame {
	unsigned int	index;
	unsigned int	seq;
	__u32	flags;
	struct {
		__u32	bytesused;
		__u32	data_offset;
		__u32	crc;
	} plane[PLANES_MAX];
};

/**
 * struct queue - an open node of the test device
 * @fd:		the node
 * @instance:	of the test device
 * @device:	name of the instance, "vivid-000"
 * @kind:	"vid-cap", "vid-out" ...
 * @type:	buffer type
 * @memory:	of the last REQBUFS
 * @output:	the device reads
 * @mplane:	multi-planar
 * @planes:	of the format
 * @bufs:	of the last REQBUFS
 * @size:	bytes that the format needs, by plane
 * @width:	of the format
 * @height:	of the format
 * @buf:	the buffers
 */
struct queue {
	int		fd;
	unsigned int	instance;
	char		device[16];
	char		kind[16];
	__u32	type;
	__u32	memory;
	bool		output;
	bool		mplane;
	unsigned int	planes;
	unsigned int	bufs;
	__u32	size[PLANES_MAX];
	__u32	width;
	__u32	height;
	struct plane	buf[BUFS_MAX][PLANES_MAX];
};

/* The node of that name ("vivid-000-vid-cap") in /dev: 0 or -errno. */
int node_find(char *path, size_t size, const char *name);

/*
 * These end the program with a failed test if they don't work: they are never
 * what is tested.
 */
void queue_open(struct queue *q, unsigned int instance, const char *kind);
void queue_open_path(struct queue *q, const char *path);
void queue_format(struct queue *q, __u32 fourcc, __u32 width,
		  __u32 height);
void queue_format_read(struct queue *q);
void queue_close(struct queue *q);

/* These return 0 or -errno. */
int queue_reqbufs(struct queue *q, __u32 memory, unsigned int count);
int queue_qbuf(struct queue *q, unsigned int index);
int queue_prepare(struct queue *q, unsigned int index);
int queue_on(struct queue *q);
int queue_off(struct queue *q);

/* Waits some seconds at most (-ETIMEDOUT) and sums the memory up. */
int queue_dqbuf(struct queue *q, struct frame *frame);

/* What the next QBUF tells. @planes are PLANES_MAX. */
void queue_buffer(const struct queue *q, unsigned int index,
		  struct v4l2_buffer *b, struct v4l2_plane *planes);

/* MMAP: map all planes, and let go of them. */
int queue_mmap(struct queue *q);
void queue_munmap(struct queue *q);

/* MMAP: a dma-buf of a plane, or -errno. */
int queue_export(struct queue *q, unsigned int index, unsigned int plane);

/* All buffers of @from, of as many planes, become DMABUF buffers of @to. */
int queue_import_all(struct queue *to, struct queue *from);
/* Lets go of what it exported for that; @to may be closed. */
void queue_import_done(const struct queue *to);

void queue_attach(struct queue *q, unsigned int index, unsigned int plane,
		  void *mem, size_t length);

/* OUTPUT, multi-planar: the plane's data begins @offset bytes into its memory. */
void queue_data_offset(struct queue *q, unsigned int index, unsigned int plane,
		       __u32 offset);

#endif
