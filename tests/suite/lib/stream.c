// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "mem.h"
#include "stream.h"
#include "tap.h"

#define DIAG_MAX 5

static int queue_one(struct queue *q, unsigned int index, unsigned int nth,
		     refill_fn refill)
{
	int ret;

	if (refill)
		refill(q, index, nth);
	ret = queue_qbuf(q, index);
	if (ret)
		tap_diag("QBUF %u of buffer %u failed: %s", nth, index,
			 strerror(-ret));
	return ret;
}

static unsigned int run(struct queue *q, struct frame *frames,
			unsigned int count, unsigned int queued,
			refill_fn refill)
{
	for (unsigned int n = 0; n < count; n++) {
		int ret = queue_dqbuf(q, &frames[n]);

		if (ret) {
			tap_diag("DQBUF %u failed: %s", n, strerror(-ret));
			return n;
		}
		if (queued < count &&
		    queue_one(q, frames[n].index, queued++, refill))
			return n;
	}
	return count;
}

unsigned int stream_run(struct queue *q, struct frame *frames,
			unsigned int count, refill_fn refill)
{
	unsigned int queued, n = 0;
	int ret;

	memset(frames, 0, count * sizeof(*frames));
	dmalog_reset(q->device);
	for (queued = 0; queued < q->bufs && queued < count; queued++)
		if (queue_one(q, queued, queued, refill))
			return 0;
	ret = queue_on(q);
	if (ret)
		tap_diag("STREAMON failed: %s", strerror(-ret));
	else
		n = run(q, frames, count, queued, refill);
	ret = queue_off(q);
	if (ret)
		tap_diag("STREAMOFF failed: %s", strerror(-ret));
	return ret ? 0 : n;
}

static const char *plane_differs(const struct queue *q,
				 const struct frame *frame, unsigned int p,
				 const struct transfer *t)
{
	__u32 start = q->output ? frame->plane[p].data_offset : 0;

	if (!t)
		return "is not in the device's log";
	if (t->index != frame->index)
		return "was another buffer for the device";
	if (t->off != start || t->off + t->bytes != frame->plane[p].bytesused)
		return "has another extent for the device";
	if (t->crc != frame->plane[p].crc)
		return "has other bytes than the device";
	return NULL;
}

static bool plane_good(const struct queue *q, const struct frame *frame,
		       unsigned int p, const struct transfer *t)
{
	const char *how = plane_differs(q, frame, p, t);

	if (!how)
		return true;

	tap_diag("%s frame %u (buffer %u) plane %u %s", q->kind, frame->seq,
		 frame->index, p, how);
	tap_diag("  program: bytesused=%u data_offset=%u crc=%08x",
		 frame->plane[p].bytesused, frame->plane[p].data_offset,
		 frame->plane[p].crc);
	if (t)
		tap_diag("  device:  off=%u bytes=%u idx=%u crc=%08x", t->off,
			 t->bytes, t->index, t->crc);
	return false;
}

bool frame_good(const struct queue *q, const struct dmalog *log,
		const struct frame *frame)
{
	if (frame->flags & V4L2_BUF_FLAG_ERROR) {
		tap_diag("frame %u has the error flag", frame->seq);
		return false;
	}
	for (unsigned int p = 0; p < q->planes; p++)
		if (!plane_good(q, frame, p,
				dmalog_find(log, q->kind, frame->seq, p)))
			return false;
	return true;
}

__u32 device_crc(const struct queue *q, const struct frame *frame,
		 unsigned int plane)
{
	const struct transfer *t;
	struct dmalog log;
	__u32 crc;

	dmalog_read(&log, q->device);
	t = dmalog_find(&log, q->kind, frame->seq, plane);
	crc = t && t->bytes == q->size[plane] ? t->crc : 0;
	dmalog_free(&log);
	return crc;
}

unsigned int frames_good(const struct queue *q, const struct frame *frames,
			 unsigned int count)
{
	unsigned int good = 0;
	struct dmalog log;

	dmalog_read(&log, q->device);
	/* Don't print a thousand reasons. */
	for (unsigned int n = 0; n < count && n - good < DIAG_MAX; n++)
		good += frame_good(q, &log, &frames[n]);
	dmalog_free(&log);
	return good;
}

bool stream_good(struct queue *q, struct frame *frames, unsigned int count,
		 refill_fn refill)
{
	unsigned int got = stream_run(q, frames, count, refill);

	return frames_good(q, frames, got) == count;
}

unsigned int frames_new(const struct frame *frames, unsigned int count)
{
	unsigned int differ = 0;

	for (unsigned int n = 1; n < count; n++)
		differ += frames[n].plane[0].crc != frames[n - 1].plane[0].crc;
	return differ;
}

void refill_output(struct queue *q, unsigned int index, unsigned int nth)
{
	for (unsigned int p = 0; p < q->planes && q->output; p++)
		pattern_fill(q->buf[index][p].mem, q->buf[index][p].length,
			     nth * PLANES_MAX + p);
}
