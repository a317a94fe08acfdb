/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whole runs of a queue, and the comparison with what the device saw
 */
#ifndef SUITE_STREAM_H
#define SUITE_STREAM_H

#include "dmalog.h"
#include "v4l2.h"

/* Called before the @nth QBUF of a run: chooses or fills the memory. */
typedef void (*refill_fn)(struct queue *q, unsigned int index,
			  unsigned int nth);

/*
 * A refill_fn: new content in all of an output's memory, also where the device
 * must not read.
 */
void refill_output(struct queue *q, unsigned int index, unsigned int nth);

/*
 * Queue all buffers, stream until @count frames were dequeued (each buffer is
 * queued again while more are wanted), stop. Returns the number of frames; if
 * it is less, the reason is printed.
 */
unsigned int stream_run(struct queue *q, struct frame *frames,
			unsigned int count, refill_fn refill);

/* The frame is, plane by plane, what the device's log tells. */
bool frame_good(const struct queue *q, const struct dmalog *log,
		const struct frame *frame);

/* The CRC of a whole plane, as the device's log tells; 0: it doesn't. */
__u32 device_crc(const struct queue *q, const struct frame *frame,
		 unsigned int plane);

/* How many frames are what the device's log tells. Prints the others. */
unsigned int frames_good(const struct queue *q, const struct frame *frames,
			 unsigned int count);

/* Runs and compares: true if all of @count frames came and are right. */
bool stream_good(struct queue *q, struct frame *frames, unsigned int count,
		 refill_fn refill);

/* How many frames differ from the one before. */
unsigned int frames_new(const struct frame *frames, unsigned int count);

#endif
