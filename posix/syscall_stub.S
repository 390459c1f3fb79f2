/* SPDX-License-Identifier: MIT */
/*
 * libc's syscall(): System V's numbers go to pk_syscall_emulated(), and all
 * else is asked of the kernel just as libc would.  That isn't C's to say: what
 * is asked may be a clone whose child returns on a stack of its own, or a vfork
 * whose child returns first and writes over the frame.  So nothing lies on the
 * stack, and a vfork keeps even its return address in a register.
 */
#include <sys/syscall.h>

	.text
	.p2align 4
	.globl	syscall

#if defined(__x86_64__)

#if SYS_shmctl - SYS_shmget != 2 || SYS_msgctl - SYS_semget != 7
#error "the numbers of shm stand side by side, as do those of sem and msg"
#endif

	.type	syscall, @function
syscall:
	.cfi_startproc
	endbr64
	lea	-SYS_shmget(%rdi), %rax
	cmp	$2, %rax
	jbe	.Lemulated
	lea	-SYS_semget(%rdi), %rax
	cmp	$7, %rax
	jbe	.Lemulated
	cmp	$SYS_semtimedop, %rdi
	je	.Lemulated
	mov	%rdi, %rax
	cmp	$SYS_vfork, %rdi
	je	.Lvfork
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	mov	%r9, %r8
	mov	8(%rsp), %r9
	syscall
	cmp	$-4095, %rax
	jae	.Lfailed
	ret
.Lemulated:
	jmp	pk_syscall_emulated
.Lvfork:
	pop	%rdx			/* the kernel leaves it alone, in parent and child */
	.cfi_adjust_cfa_offset -8
	.cfi_register %rip, %rdx
	syscall
	push	%rdx
	.cfi_adjust_cfa_offset 8
	.cfi_offset %rip, -8
	cmp	$-4095, %rax
	jae	.Lfailed
	ret
.Lfailed:
	mov	%rax, %rdi
	jmp	pk_result
	.cfi_endproc

#elif defined(__aarch64__)

#if SYS_shmdt - SYS_msgget != 11
#error "the numbers of msg, sem and shm stand side by side"
#endif

	.type	syscall, %function
syscall:
	.cfi_startproc
	hint	#34			/* bti c */
	sub	x8, x0, #SYS_msgget
	cmp	x8, #11
	b.ls	.Lemulated
	mov	x8, x0
	mov	x0, x1
	mov	x1, x2
	mov	x2, x3
	mov	x3, x4
	mov	x4, x5
	mov	x5, x6
	svc	#0
	cmn	x0, #4095
	b.cs	.Lfailed
	ret
.Lemulated:
	b	pk_syscall_emulated
.Lfailed:
	b	pk_result
	.cfi_endproc

#endif

	.size	syscall, .-syscall
	.section .note.GNU-stack, "", %progbits
