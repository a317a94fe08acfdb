/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How code in the guest says what is to be counted
 *
 * The mark is an instruction that does nothing; the counting plugin (counter/)
 * sees it run and reads two registers. Kernel and programs may use it. Without
 * the plugin it costs a cycle; on other architectures it is nothing.
 *
 * The cache sanitizer has another such instruction (tests/cachesan/marker.h).
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

/* The upper half of the first register, so that chance says nothing. */
#define BENCH_MAGIC		0xbe7c0000ul

/* The instruction, as A64, A32 and T32 have it in memory, little endian */
#define BENCH_INSN_A64		0xaa0b016bu
#define BENCH_INSN_A32		0xe18bb00bu
#define BENCH_INSN_T32		0x0b0bea4bu

/**
 * enum bench_op - what a mark says
 * @BENCH_CASE: what is counted from now on belongs to the case of this number
 * @BENCH_BEGIN: a part of it begins
 * @BENCH_END: and ends: its counts become a line of the plugin's output
 */
enum bench_op {
	BENCH_CASE = 1,
	BENCH_BEGIN,
	BENCH_END,
};

/**
 * enum bench_part - parts of a case; each may be counted many times
 * @BENCH_QBUF: the system call QBUF
 * @BENCH_FINISH: vb2_buffer_done(), in the device's interrupt
 * @BENCH_DQBUF: the system call DQBUF
 * @BENCH_COPY: the program copies the frame
 * @BENCH_RELEASE: the queue gives its buffers back, REQBUFS(0)
 */
enum bench_part {
	BENCH_QBUF,
	BENCH_FINISH,
	BENCH_DQBUF,
	BENCH_COPY,
	BENCH_RELEASE,
	BENCH_PARTS,
};

#if defined(__aarch64__)
#define BENCH_REG(n)	"x" #n
#define BENCH_INSN	"orr x11, x11, x11"
#elif defined(__arm__)
#define BENCH_REG(n)	"r" #n
#define BENCH_INSN	"orr r11, r11, r11"
#endif

static inline void bench_mark(enum bench_op op, unsigned long arg)
{
#ifdef BENCH_INSN
	register unsigned long r0 asm(BENCH_REG(0)) = BENCH_MAGIC | op;
	register unsigned long r1 asm(BENCH_REG(1)) = arg;

	asm volatile(BENCH_INSN : : "r" (r0), "r" (r1) : "memory");
#else
	(void)op;
	(void)arg;
#endif
}

#endif
