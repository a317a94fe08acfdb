/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules: what each event does to the shadow, and when it is a violation
 */
#ifndef CACHESAN_RULES_H
#define CACHESAN_RULES_H

#include "decode.h"
#include "shadow.h"
#include "walk.h"

/**
 * struct access - something touches memory
 * @pa: first byte, physical
 * @va: the same, virtual; 0 where a device is at it
 * @len: so many bytes, all in one page unless a device is at it
 * @pc: of the instruction
 */
struct access {
	u64	pa;
	u64	va;
	u64	len;
	u64	pc;
};

void rules_load(struct shadow *s, const struct access *a, enum memtype type);
void rules_store(struct shadow *s, const struct access *a, enum memtype type);
void rules_device_read(struct shadow *s, const struct access *a);
void rules_device_write(struct shadow *s, const struct access *a);

/* The lines of (pa, len) may hold what the CPU wrote before they were watched. */
void rules_assume_dirty(struct shadow *s, const struct access *a);

/* A clean, invalidate or flush of the one line at @a */
void rules_maintain(struct shadow *s, enum action what, const struct access *a);
/* The same for the whole cache */
void rules_maintain_all(struct shadow *s, enum action what, u64 pc);

#endif
