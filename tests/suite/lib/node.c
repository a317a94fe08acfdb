// SPDX-License-Identifier: GPL-2.0
/*
 * Opening a node of the test device and choosing its format
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "file.h"
#include "tap.h"
#include "v4l2.h"

#define CLASS "/sys/class/video4linux"

static void node_name(char *name, size_t size, const char *node)
{
	char path[320];

	snprintf(path, sizeof(path), CLASS "/%s/name", node);
	if (file_read(path, name, size) < 0)
		name[0] = '\0';
}

int node_find(char *path, size_t size, const char *name)
{
	DIR *dir = opendir(CLASS);
	struct dirent *e;
	char found[64];
	int ret = -ENODEV;

	if (!dir)
		return -errno;

	while (ret && (e = readdir(dir))) {
		node_name(found, sizeof(found), e->d_name);
		if (strcmp(found, name))
			continue;
		snprintf(path, size, "/dev/%s", e->d_name);
		ret = 0;
	}
	closedir(dir);
	return ret;
}

static __u32 type_of(const char *kind, __u32 caps)
{
	bool mplane = caps & (V4L2_CAP_VIDEO_CAPTURE_MPLANE |
			      V4L2_CAP_VIDEO_OUTPUT_MPLANE);

	if (!strcmp(kind, "vid-cap") || !strcmp(kind, "touch-cap"))
		return mplane ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE :
				V4L2_BUF_TYPE_VIDEO_CAPTURE;
	if (!strcmp(kind, "vid-out"))
		return mplane ? V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE :
				V4L2_BUF_TYPE_VIDEO_OUTPUT;
	if (!strcmp(kind, "vbi-cap"))
		return V4L2_BUF_TYPE_VBI_CAPTURE;
	if (!strcmp(kind, "vbi-out"))
		return V4L2_BUF_TYPE_VBI_OUTPUT;
	if (!strcmp(kind, "sdr-cap"))
		return V4L2_BUF_TYPE_SDR_CAPTURE;
	if (!strcmp(kind, "meta-cap"))
		return V4L2_BUF_TYPE_META_CAPTURE;
	return V4L2_BUF_TYPE_META_OUTPUT;
}

/* The name of a node is the instance's ("vivid-000"), a dash and the kind. */
static void queue_identify(struct queue *q, const char *path)
{
	const char *node = strrchr(path, '/');
	char name[64];

	node_name(name, sizeof(name), node ? node + 1 : path);
	if (sscanf(name, "vivid-%3u-%15s", &q->instance, q->kind) != 2)
		tap_fatal("set-up: %s (%s) is a node of the test device", path,
			  name);
	snprintf(q->device, sizeof(q->device), "vivid-%03u", q->instance % 1000);
}

void queue_open_path(struct queue *q, const char *path)
{
	struct v4l2_capability cap;

	memset(q, 0, sizeof(*q));
	queue_identify(q, path);
	/* Nothing waits in DQBUF: poll() does, with a limit. */
	q->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (q->fd < 0 || ioctl(q->fd, VIDIOC_QUERYCAP, &cap))
		tap_fatal("set-up: %s can be opened (%s)", path,
			  strerror(errno));

	q->type = type_of(q->kind, cap.device_caps);
	q->mplane = V4L2_TYPE_IS_MULTIPLANAR(q->type);
	q->output = V4L2_TYPE_IS_OUTPUT(q->type);
	q->planes = 1;
}

void queue_open(struct queue *q, unsigned int instance, const char *kind)
{
	char name[64], path[300];
	int ret;

	snprintf(name, sizeof(name), "vivid-%03u-%s", instance, kind);
	ret = node_find(path, sizeof(path), name);
	if (ret)
		tap_fatal("set-up: there is a node %s (%s)", name,
			  strerror(-ret));
	queue_open_path(q, path);
}

void queue_close(struct queue *q)
{
	close(q->fd);
	q->fd = -1;
}

static void format_fill(const struct queue *q, struct v4l2_format *f,
			__u32 fourcc, __u32 width, __u32 height)
{
	memset(f, 0, sizeof(*f));
	f->type = q->type;
	if (q->mplane) {
		f->fmt.pix_mp.pixelformat = fourcc;
		f->fmt.pix_mp.width = width;
		f->fmt.pix_mp.height = height;
		f->fmt.pix_mp.field = V4L2_FIELD_NONE;
	} else {
		f->fmt.pix.pixelformat = fourcc;
		f->fmt.pix.width = width;
		f->fmt.pix.height = height;
		f->fmt.pix.field = V4L2_FIELD_NONE;
	}
}

static void take_video(struct queue *q, const struct v4l2_format *f)
{
	q->width = q->mplane ? f->fmt.pix_mp.width : f->fmt.pix.width;
	q->height = q->mplane ? f->fmt.pix_mp.height : f->fmt.pix.height;
	q->planes = q->mplane ? f->fmt.pix_mp.num_planes : 1;
	if (!q->mplane)
		q->size[0] = f->fmt.pix.sizeimage;
	else if (q->planes <= PLANES_MAX)
		for (unsigned int p = 0; p < q->planes; p++)
			q->size[p] = f->fmt.pix_mp.plane_fmt[p].sizeimage;
	else
		tap_fatal("set-up: the format has few enough planes");
}

static void take_format(struct queue *q, const struct v4l2_format *f)
{
	switch (q->type) {
	case V4L2_BUF_TYPE_VBI_CAPTURE:
	case V4L2_BUF_TYPE_VBI_OUTPUT:
		q->size[0] = f->fmt.vbi.samples_per_line *
			     (f->fmt.vbi.count[0] + f->fmt.vbi.count[1]);
		break;
	case V4L2_BUF_TYPE_SDR_CAPTURE:
		q->size[0] = f->fmt.sdr.buffersize;
		break;
	case V4L2_BUF_TYPE_META_CAPTURE:
	case V4L2_BUF_TYPE_META_OUTPUT:
		q->size[0] = f->fmt.meta.buffersize;
		break;
	default:
		take_video(q, f);
	}
}

void queue_format_read(struct queue *q)
{
	struct v4l2_format f = { .type = q->type };

	if (ioctl(q->fd, VIDIOC_G_FMT, &f))
		tap_fatal("set-up: %s has a format (%s)", q->kind,
			  strerror(errno));
	take_format(q, &f);
}

void queue_format(struct queue *q, __u32 fourcc, __u32 width,
		  __u32 height)
{
	struct v4l2_format f;
	__u32 got;

	/* bytesperline stays 0: an older, larger one would leave gaps. */
	format_fill(q, &f, fourcc, width, height);
	if (ioctl(q->fd, VIDIOC_S_FMT, &f))
		tap_fatal("set-up: %s %s takes format %.4s %ux%u (%s)",
			  q->device, q->kind, (char *)&fourcc, width, height,
			  strerror(errno));

	take_format(q, &f);
	got = q->mplane ? f.fmt.pix_mp.pixelformat : f.fmt.pix.pixelformat;
	if (got != fourcc || q->width != width || q->height != height)
		tap_fatal("set-up: %s %s is %.4s %ux%u, not %.4s %ux%u",
			  q->device, q->kind, (char *)&got, q->width,
			  q->height, (char *)&fourcc, width, height);
}
