/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What comes before a case: its line in the output, its queue, its memory
 */
#ifndef BENCH_PREPARE_H
#define BENCH_PREPARE_H

#include <stdbool.h>

#include "cases.h"
#include "mem.h"
#include "v4l2.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define SLOTS 4
#define FOURCC V4L2_PIX_FMT_XBGR32
#define BYTES_PER_PIXEL 4

/* vivid's "allocators" */
#define ALLOC_VMALLOC 0
#define ALLOC_CONTIG 1
#define ALLOC_DMA_USER 2

/**
 * struct frame_size - a frame, and how often it is measured
 * @width: in pixels
 * @height: in pixels
 * @rounds: fewer of the longer ones, in which more is equal
 */
struct frame_size {
	__u32		width;
	__u32		height;
	unsigned int	rounds;
};

/* From 64 KiB to 32 MiB. */
#define SIZES 6
extern const struct frame_size sizes[SIZES];
#define KIB64 (&sizes[0])
#define MIB4 (&sizes[3])
#define MIB32 (&sizes[5])

static inline size_t frame_bytes(const struct frame_size *s)
{
	return s->width * s->height * BYTES_PER_PIXEL;
}

/* Begin a case and say what it is: KEY=VALUE... */
__printf(1, 2)
void begin(const char *format, ...);

/* What belongs to no case, like a first round, which pins. */
void begin_nothing(void);

/*
 * These end the program if something fails. @instance and @kind are
 * queue_open()'s.
 */

/* A queue whose frames may have any size. */
void open_any_size(struct queue *q, unsigned int instance, const char *kind);

/* With frames of @s, and SLOTS buffers of USERPTR. */
void setup(struct queue *q, unsigned int instance, const char *kind,
	   const struct frame_size *s);

/* mem_get() */
void need(struct mem *m, enum mem_kind kind, size_t len, size_t offset);

const char *kind_name(enum mem_kind kind);

/* Not every kernel has huge pages: say so if this one has not. */
bool has_memory(const struct target *t, const char *what, enum mem_kind kind);

/* Two buffers, queued and transferred for @rounds after a first one. */
void stream_rounds(struct queue *q, unsigned int rounds, const char *what);

#endif
