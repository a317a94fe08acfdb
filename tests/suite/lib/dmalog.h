/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The test device's log: what it saw of each transfer
 */
#ifndef SUITE_DMALOG_H
#define SUITE_DMALOG_H

#include <stdbool.h>
#include <linux/types.h>

/**
 * struct transfer - one plane of one buffer, as the device held it
 * @queue:	"vid-cap", "vid-out" ...
 * @seq:	sequence number of the buffer
 * @index:	of the buffer
 * @plane:	of the buffer
 * @off:	first byte of the plane that was transferred
 * @bytes:	number of them
 * @segs:	DMA segments of the plane
 * @crc:	CRC-32 over these bytes in the device's own memory
 * @error:	the device was told to fail half way
 */
struct transfer {
	char		queue[16];
	unsigned int	seq;
	unsigned int	index;
	unsigned int	plane;
	__u32	off;
	__u32	bytes;
	unsigned int	segs;
	__u32	crc;
	bool		error;
};

/* The log holds so many transfers and forgets the oldest. */
#define DMALOG_MAX 4096

struct dmalog {
	unsigned int	count;
	struct transfer	*transfer;
};

void dmalog_reset(const char *device);
void dmalog_read(struct dmalog *log, const char *device);
void dmalog_free(struct dmalog *log);

/* The latest transfer of that sequence number and plane, or NULL. */
const struct transfer *dmalog_find(const struct dmalog *log, const char *queue,
				   unsigned int seq, unsigned int plane);

#endif
