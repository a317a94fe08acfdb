/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AArch64: start, end, and a way into user mode and back
 */
	.section .text.start, "ax"
	.global _start
_start:
	ldr	x0, =stack + 8192
	mov	sp, x0
	/* Floating point is not used, but the compiler may copy with it. */
	mov	x0, #3 << 20
	msr	cpacr_el1, x0
	isb
	bl	main
	/* semihosting: exit */
	mov	x0, #0x18
	adr	x1, reason
	hlt	#0xf000
	b	.
	.ltorg
	.balign	8
reason:
	.quad	0x20026, 0

	.global in_user_mode
in_user_mode:
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	ldr	x1, =user_stack + 4096
	msr	sp_el0, x1
	adr	x1, user
	msr	elr_el1, x1
	mov	x1, #0x3c0
	msr	spsr_el1, x1
	eret
user:
	blr	x0
	svc	#0
	.ltorg

on_svc:
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret

	.balign	2048
	.global vectors
vectors:
	.rept	8
	b	.
	.balign	128
	.endr
	b	on_svc
	.balign	128
	.rept	7
	b	.
	.balign	128
	.endr

	.bss
	.balign	16
stack:
	.space	8192
user_stack:
	.space	4096
