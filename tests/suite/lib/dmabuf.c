// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/dma-buf.h>
#include <string.h>
#include <sys/ioctl.h>

#include "crc32.h"
#include "dmabuf.h"
#include "tap.h"

static void cpu_access(int fd, __u64 flags)
{
	struct dma_buf_sync sync = { .flags = flags | DMA_BUF_SYNC_READ };

	if (ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync))
		tap_diag("DMA_BUF_IOCTL_SYNC %#llx failed: %s",
			 (unsigned long long)flags, strerror(errno));
}

__u32 dmabuf_crc(int fd, const void *mem, size_t len)
{
	__u32 crc;

	cpu_access(fd, DMA_BUF_SYNC_START);
	crc = crc32(mem, len);
	cpu_access(fd, DMA_BUF_SYNC_END);
	return crc;
}
