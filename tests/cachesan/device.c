// SPDX-License-Identifier: GPL-2.0
/*
 * Address ranges of device code
 */
#include "device.h"

#define MOST 16

static struct {
	u64	va;
	u64	len;
} code[MOST];

static unsigned int count;

bool device_code_add(u64 va, u64 len)
{
	if (count == MOST || !len)
		return false;
	code[count].va = va;
	code[count++].len = len;
	return true;
}

bool device_code_remove(u64 va, u64 len)
{
	for (unsigned int i = 0; i < count; i++)
		if (code[i].va == va && code[i].len == len) {
			code[i] = code[--count];
			return true;
		}
	return false;
}

bool device_code_at(u64 pc)
{
	for (unsigned int i = 0; i < count; i++)
		if (pc - code[i].va < code[i].len)
			return true;
	return false;
}
