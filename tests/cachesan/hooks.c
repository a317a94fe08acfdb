// SPDX-License-Identifier: GPL-2.0
/*
 * Hooks by name
 */
#include <string.h>

#include "hooks.h"

static const char *const names[HOOK_COUNT] = {
	[HOOK_LOAD] = "load",
	[HOOK_STORE] = "store",
	[HOOK_ZERO] = "zero",
	[HOOK_CLEAN] = "clean",
	[HOOK_INVALIDATE] = "invalidate",
	[HOOK_FLUSH] = "flush",
	[HOOK_BLOCK] = "block",
	[HOOK_WHOLE] = "whole",
	[HOOK_CONDITION] = "condition",
	[HOOK_IT] = "it",
	[HOOK_MEMTYPE] = "memtype",
	[HOOK_TLBI] = "tlbi",
	[HOOK_CONTEXT] = "context",
	[HOOK_ALIAS] = "alias",
	[HOOK_SPEC] = "spec",
	[HOOK_DEVICE_CODE] = "device-code",
	[HOOK_DEVICE_READ] = "device-read",
	[HOOK_DEVICE_WRITE] = "device-write",
	[HOOK_WATCH_DIRTY] = "watch-dirty",
	[HOOK_UNWATCH] = "unwatch",
	[HOOK_OWN] = "own",
	[HOOK_EDGE] = "edge",
	[HOOK_CROSSING] = "crossing",
};

static bool off[HOOK_COUNT];

bool hook_on(enum hook hook)
{
	return !off[hook];
}

bool hook_disable(const char *name)
{
	for (unsigned int i = 0; i < HOOK_COUNT; i++)
		if (!strcmp(names[i], name)) {
			off[i] = true;
			return true;
		}
	return false;
}

void hook_enable_all(void)
{
	memset(off, 0, sizeof(off));
}

const char *hook_name(enum hook hook)
{
	return names[hook];
}
