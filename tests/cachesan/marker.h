/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How code in the guest speaks to the cache sanitizer
 *
 * The marker is an instruction that does nothing and that no compiler emits.
 * The plugin sees it run and reads four registers: what is said, an address, a
 * length, a tag. Without the plugin it costs one cycle. It is heeded only from
 * privileged code and does nothing on other architectures.
 *
 * For kernel code, bare metal and the plugin itself: this file needs no other.
 * Addresses are physical where it says PA. They must fit an unsigned long,
 * which on a 32-bit kernel with LPAE is for the caller to check.
 */
#ifndef CACHESAN_MARKER_H
#define CACHESAN_MARKER_H

/* The upper half of the first register, so that chance says nothing. */
#define CACHESAN_MAGIC		0xca5e0000ul

/**
 * enum cachesan_op - what a marker says
 * @CACHESAN_ARM: start to check; holds from the next branch on. What the CPU
 *	did before is not known: lines are taken for clean.
 * @CACHESAN_DISARM: stop; everything watched is forgotten
 * @CACHESAN_DEVICE_CODE: the code at (virtual address, length) is the device's:
 *	its loads and stores go past the CPU's cache
 * @CACHESAN_FORGET_CODE: the opposite, before that code is unloaded
 * @CACHESAN_WATCH: (PA, length) belongs to buffer tag. Ranges of one tag follow
 *	each other in the buffer in the order in which they are watched.
 * @CACHESAN_WATCH_DIRTY: the same, and the CPU may just have written it: lines
 *	count as dirty. Only cores without aliases honour it; elsewhere nobody
 *	could say in which alias the dirt is.
 * @CACHESAN_UNWATCH: (PA, length) of buffer tag, exactly as it was watched
 * @CACHESAN_DEVICE_READ: the device has read (PA, length) now
 * @CACHESAN_DEVICE_WRITE: the device has written (PA, length) now
 * @CACHESAN_OWN: the device will write (PA, length) at any time from now on
 * @CACHESAN_DISOWN: it is done; (PA, length) need not equal what was owned
 * @CACHESAN_CANARY_BEGIN: what is found in (PA, length) until the end of the
 *	canary was planted: it is counted apart, and must be found
 * @CACHESAN_CANARY_END: (PA, length) as at the beginning. The tag says how many
 *	findings there must have been, 0 for at least one in each line.
 */
enum cachesan_op {
	CACHESAN_ARM = 1,
	CACHESAN_DISARM,
	CACHESAN_DEVICE_CODE,
	CACHESAN_FORGET_CODE,
	CACHESAN_WATCH,
	CACHESAN_WATCH_DIRTY,
	CACHESAN_UNWATCH,
	CACHESAN_DEVICE_READ,
	CACHESAN_DEVICE_WRITE,
	CACHESAN_OWN,
	CACHESAN_DISOWN,
	CACHESAN_CANARY_BEGIN,
	CACHESAN_CANARY_END,
};

#if defined(__aarch64__)
#define CACHESAN_REG(n)	"x" #n
#define CACHESAN_INSN	"orr x12, x12, x12"
#elif defined(__arm__)
#define CACHESAN_REG(n)	"r" #n
#define CACHESAN_INSN	"orr r12, r12, r12"
#endif

static inline void cachesan_mark(enum cachesan_op op, unsigned long addr,
				 unsigned long len, unsigned long tag)
{
#ifdef CACHESAN_INSN
	register unsigned long r0 asm(CACHESAN_REG(0)) = CACHESAN_MAGIC | op;
	register unsigned long r1 asm(CACHESAN_REG(1)) = addr;
	register unsigned long r2 asm(CACHESAN_REG(2)) = len;
	register unsigned long r3 asm(CACHESAN_REG(3)) = tag;

	asm volatile(CACHESAN_INSN : : "r" (r0), "r" (r1), "r" (r2), "r" (r3)
		     : "memory");
#else
	(void)op;
	(void)addr;
	(void)len;
	(void)tag;
#endif
}

#endif
