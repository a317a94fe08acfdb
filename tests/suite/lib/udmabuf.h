/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dma-bufs that nobody here exports
 */
#ifndef SUITE_UDMABUF_H
#define SUITE_UDMABUF_H

#include <stddef.h>

/**
 * struct udmabuf - memory of a memfd as a dma-buf
 * @fd:		the dma-buf
 * @mem:	where the program sees it
 * @len:	whole pages
 */
struct udmabuf {
	int	fd;
	void	*mem;
	size_t	len;
};

/* At least @len bytes. Returns NULL, or why this system has none. */
const char *udmabuf_get(struct udmabuf *buf, size_t len);
void udmabuf_put(struct udmabuf *buf);

#endif
