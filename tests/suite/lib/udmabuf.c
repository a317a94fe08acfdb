// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mem.h"
#include "tap.h"
#include "udmabuf.h"

static int make(int memfd, size_t len)
{
	struct udmabuf_create create = {
		.memfd = memfd, .flags = UDMABUF_FLAGS_CLOEXEC, .size = len,
	};
	int dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int fd;

	if (dev < 0)
		return -errno;
	fd = ioctl(dev, UDMABUF_CREATE, &create);
	if (fd < 0)
		fd = -errno;
	close(dev);
	return fd;
}

const char *udmabuf_get(struct udmabuf *buf, size_t len)
{
	int memfd;

	if (access("/dev/udmabuf", F_OK))
		return "this kernel has no /dev/udmabuf";

	buf->len = (len + page_size() - 1) / page_size() * page_size();
	memfd = memfd_create("suite", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	if (memfd < 0 || ftruncate(memfd, buf->len) ||
	    fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		tap_fatal("set-up: a sealed memfd");
	buf->mem = mmap(NULL, buf->len, PROT_READ | PROT_WRITE, MAP_SHARED,
			memfd, 0);
	if (buf->mem == MAP_FAILED)
		tap_fatal("set-up: a memfd is mapped");
	/*
	 * udmabuf (6.1) maps its pages for a device of its own and forgets to
	 * tell that this may have long segments, which the DMA debugger reports.
	 */
	mem_scatter(buf->mem, buf->len);
	buf->fd = make(memfd, buf->len);
	if (buf->fd < 0)
		tap_fatal("set-up: a udmabuf (%s)", strerror(-buf->fd));
	close(memfd);
	return NULL;
}

void udmabuf_put(struct udmabuf *buf)
{
	munmap(buf->mem, buf->len);
	close(buf->fd);
}
