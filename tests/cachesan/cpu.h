/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest CPU's registers, of the virtual CPU that runs in this thread
 */
#ifndef CACHESAN_CPU_H
#define CACHESAN_CPU_H

#include "geometry.h"
#include "walk.h"

/* Find the registers; the name of one that is missing, or NULL. */
const char *cpu_find_registers(bool a64);

/* A general register; number 31 of AArch64 is zero. */
u64 cpu_general(unsigned int number);
u32 cpu_cpsr(void);
bool cpu_is_privileged(void);
/* For reports: "svc", "el1" ... */
const char *cpu_mode(void);

void cpu_regime(struct regime *r);
void cpu_cache_ids(struct cache_ids *ids);

#endif
