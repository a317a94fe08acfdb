/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looking at a dma-buf, with the brackets that it asks for
 */
#ifndef SUITE_DMABUF_H
#define SUITE_DMABUF_H

#include <stddef.h>
#include <linux/types.h>

/* The CRC of its first @len bytes, which the program sees at @mem. */
__u32 dmabuf_crc(int fd, const void *mem, size_t len);

#endif
