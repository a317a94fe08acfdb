/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AArch32: start, end, and a way into user mode and back
 */
	.syntax unified
	.section .text.start, "ax"
	.arm
	.global _start
_start:
	ldr	sp, =stack + 8192
	ldr	r0, =main
	blx	r0
	@ semihosting: exit
	mov	r0, #0x18
	ldr	r1, =0x20026
	svc	#0x123456
	b	.
	.ltorg

#if __ARM_ARCH >= 7
	.global in_user_mode
	.type in_user_mode, %function
in_user_mode:
	push	{r4-r11, lr}
	cps	#31
	ldr	sp, =user_stack + 4096
	cps	#16
	blx	r0
	svc	#0
	.ltorg

on_svc:
	pop	{r4-r11, pc}

	.balign	32
	.global vectors
vectors:
	b	.
	b	.
	b	on_svc
	b	.
	b	.
	b	.
	b	.
	b	.
#endif

	.bss
	.balign	16
stack:
	.space	8192
user_stack:
	.space	4096
