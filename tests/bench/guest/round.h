/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rounds of a queue between marks
 *
 * Buffers are queued while the queue does not stream, so that QBUF is all there
 * is to count: the device begins at STREAMON, and is done before DQBUF.
 */
#ifndef BENCH_ROUND_H
#define BENCH_ROUND_H

#include "v4l2.h"

/* All of these end the program if something fails. */

/* QBUF of one buffer. */
void round_qbuf(struct queue *q, unsigned int index);

/* Take all buffers back without a transfer. */
void round_cancel(struct queue *q);

/* Transfer what is queued: @count buffers; DQBUF of each. */
void round_stream(struct queue *q, unsigned int count);

/* REQBUFS(0) */
void round_release(struct queue *q);

#endif
