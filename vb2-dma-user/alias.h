/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Data caches in which one page can have lines of more than one address
 */
#ifndef VDU_ALIAS_H
#define VDU_ALIAS_H

#include <linux/string.h>
#include <linux/types.h>

#if defined(CONFIG_CPU_CACHE_V6) || defined(CONFIG_CPU_CACHE_VIVT)
#include <asm/cachetype.h>

/* VIVT, or VIPT with more than a page in each way: the kernel asked at boot. */
static inline bool vdu_caches_alias(void)
{
	return cache_is_vivt() || cache_is_vipt_aliasing();
}

void vdu_alias_flush(void);
void vdu_alias_copy(void *to, const void *from, size_t len);
#else
static inline bool vdu_caches_alias(void)
{
	return false;
}

static inline void vdu_alias_flush(void)
{
}

static inline void vdu_alias_copy(void *to, const void *from, size_t len)
{
}
#endif

/* Make memory what the program sees, and its next look a look at memory. */
static inline void vdu_alias_settle(void)
{
	if (vdu_caches_alias())
		vdu_alias_flush();
}

/* Copy from or to a program's page, at its kernel address. */
static inline void vdu_copy(void *to, const void *from, size_t len)
{
	if (vdu_caches_alias())
		vdu_alias_copy(to, from, len);
	else
		memcpy(to, from, len);
}

#endif /* VDU_ALIAS_H */
