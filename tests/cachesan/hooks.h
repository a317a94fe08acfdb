/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything the sanitizer hooks into, each of which can be switched off
 *
 * That is for its own tests only: a hook that can go unnoticed is not tested.
 */
#ifndef CACHESAN_HOOKS_H
#define CACHESAN_HOOKS_H

#include "types.h"

/**
 * enum hook - what can be switched off with disable=NAME
 * @HOOK_LOAD: the CPU's loads
 * @HOOK_STORE: its stores
 * @HOOK_ZERO: DC ZVA
 * @HOOK_CLEAN: cleans of one line
 * @HOOK_INVALIDATE: invalidates of one line
 * @HOOK_FLUSH: cleans with invalidate of one line
 * @HOOK_BLOCK: v6 operations on a block
 * @HOOK_WHOLE: operations on the whole cache
 * @HOOK_CONDITION: conditions are evaluated; without, all are taken for true
 * @HOOK_IT: IT blocks are followed; without, T32 has no conditions
 * @HOOK_MEMTYPE: memory types; without, all memory is write-back
 * @HOOK_TLBI: translations are looked up anew after a TLBI
 * @HOOK_CONTEXT: and after another table or ASID was set
 * @HOOK_ALIAS: alias classes; without, all caches are PIPT
 * @HOOK_SPEC: lines that may have been fetched early
 * @HOOK_DEVICE_CODE: device code by its addresses
 * @HOOK_DEVICE_READ: reads told by a marker
 * @HOOK_DEVICE_WRITE: writes told by a marker
 * @HOOK_WATCH_DIRTY: what was written before it was watched
 * @HOOK_UNWATCH: buffers go
 * @HOOK_OWN: the device's ownership
 * @HOOK_EDGE: foreign bytes in a buffer's line
 * @HOOK_CROSSING: accesses that cross into another page
 */
enum hook {
	HOOK_LOAD,
	HOOK_STORE,
	HOOK_ZERO,
	HOOK_CLEAN,
	HOOK_INVALIDATE,
	HOOK_FLUSH,
	HOOK_BLOCK,
	HOOK_WHOLE,
	HOOK_CONDITION,
	HOOK_IT,
	HOOK_MEMTYPE,
	HOOK_TLBI,
	HOOK_CONTEXT,
	HOOK_ALIAS,
	HOOK_SPEC,
	HOOK_DEVICE_CODE,
	HOOK_DEVICE_READ,
	HOOK_DEVICE_WRITE,
	HOOK_WATCH_DIRTY,
	HOOK_UNWATCH,
	HOOK_OWN,
	HOOK_EDGE,
	HOOK_CROSSING,
	HOOK_COUNT,
};

bool hook_on(enum hook hook);
/* False if there is no such hook. */
bool hook_disable(const char *name);
void hook_enable_all(void);
const char *hook_name(enum hook hook);

#endif
