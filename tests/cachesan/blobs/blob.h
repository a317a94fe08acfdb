/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bare metal test programs: what their parts offer each other
 */
#ifndef CACHESAN_BLOB_H
#define CACHESAN_BLOB_H

#include "../marker.h"

#define PAGE_SIZE	4096ul
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT(n)		(1ul << (n))

/*
 * Virtual addresses, besides all memory at its own: ALIAS is the buffer in
 * another colour; UNCACHED the same without a cache; SWAPPED its two pages the
 * other way round; CHANGING changes.
 */
#define WINDOW		0x70000000ul
#define ALIAS		(WINDOW + 0x01000ul)
#define UNCACHED	(WINDOW + 0x10000ul)
#define SWAPPED		(WINDOW + 0x20000ul)
#define CHANGING	(WINDOW + 0x30000ul)

enum kind { KIND_CACHED, KIND_UNCACHED, KIND_NOTHING };

/* Map a page of the window, in the one or the other set of tables. */
void map(unsigned int set, unsigned long va, unsigned long pa, enum kind kind);
void mmu_on(void);
/* Change to that set. */
void mmu_switch(unsigned int set);

/* start-*.S: call @f in user mode */
void in_user_mode(void (*f)(void));
extern char vectors[];

/* Where the linker put it: the program, and the code that plays the device */
extern char _start[];
extern char __start_devicecode[];
extern char __stop_devicecode[];

#endif
