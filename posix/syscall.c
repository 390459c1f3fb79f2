/* SPDX-License-Identifier: MIT */
/*
 * libc's syscall(): System V's numbers are emulated, and all else is asked of
 * the kernel just as libc would.  That isn't C's to say: what is asked may be
 * a clone whose child returns on a stack of its own, or a vfork whose child
 * returns first and writes over the frame.  So nothing lies on the stack, and
 * a vfork keeps even its return address in a register.
 */
#include "posix.h"

#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

struct timespec;
int semtimedop(int set, struct sembuf *parts, size_t count, const struct timespec *timeout);

/* The stub below jumps here with its own arguments, but for the last. */
long pk_syscall_emulated(long number, long a, long b, long c, long d, long e);

long pk_syscall_emulated(long number, long a, long b, long c, long d, long e)
{
	switch (number) {
	case SYS_msgget:
		return msgget((key_t)a, (int)b);
	case SYS_msgsnd:
		return msgsnd((int)a, (const void *)b, (size_t)c, (int)d);
	case SYS_msgrcv:
		return msgrcv((int)a, (void *)b, (size_t)c, d, (int)e);
	case SYS_msgctl:
		return msgctl((int)a, (int)b, (struct msqid_ds *)c);
	case SYS_semget:
		return semget((key_t)a, (int)b, (int)c);
	case SYS_semop:
		return semop((int)a, (struct sembuf *)b, (size_t)c);
	case SYS_semtimedop:
		return semtimedop((int)a, (struct sembuf *)b, (size_t)c, (const struct timespec *)d);
	case SYS_semctl:
		return semctl((int)a, (int)b, (int)c, d);
	case SYS_shmget:
		return shmget((key_t)a, (size_t)b, (int)c);
	case SYS_shmat:
		return (long)shmat((int)a, (const void *)b, (int)c);
	case SYS_shmdt:
		return shmdt((const void *)a);
	case SYS_shmctl:
		return shmctl((int)a, (int)b, (struct shmid_ds *)c);
	default:
		return pk_result(-ENOSYS);
	}
}

#define AS_IS(number) #number
#define TEXT(number) AS_IS(number)

#if defined(__x86_64__)
_Static_assert(SYS_shmctl - SYS_shmget == 2 && SYS_msgctl - SYS_semget == 7, "they stand side by side");

__asm__(".text\n"
	".p2align 4\n"
	".globl syscall\n"
	".type syscall, @function\n"
	"syscall:\n"
	"	.cfi_startproc\n"
	"	endbr64\n"
	"	lea	-" TEXT(
		SYS_shmget) "(%rdi), %rax\n"
			    "	cmp	$2, %rax\n"
			    "	jbe	1f\n"
			    "	lea	-" TEXT(
				    SYS_semget) "(%rdi), %rax\n"
						"	cmp	$7, %rax\n"
						"	jbe	1f\n"
						"	cmp	$" TEXT(
							SYS_semtimedop) ", %rdi\n"
									"	je	1f\n"
									"	mov	%rdi, %rax\n"
									"	cmp	$" TEXT(
										SYS_vfork) ", %rdi\n"
											   "	je	2f\n"
											   "	mov	"
											   "%rsi, %rdi\n"
											   "	mov	"
											   "%rdx, %rsi\n"
											   "	mov	"
											   "%rcx, %rdx\n"
											   "	mov	%r8, "
											   "%r10\n"
											   "	mov	%r9, "
											   "%r8\n"
											   "	mov	"
											   "8(%rsp), %r9\n"
											   "	syscall\n"
											   "	cmp	"
											   "$-4095, %rax\n"
											   "	jae	3f\n"
											   "	ret\n"
											   "1:	jmp	"
											   "pk_syscall_"
											   "emulated\n"
											   "2:	pop	"
											   "%rdx\n"
											   "	.cfi_adjust_"
											   "cfa_offset -8\n"
											   "	.cfi_"
											   "register %rip, "
											   "%rdx\n"
											   "	syscall\n"
											   "	push	"
											   "%rdx\n"
											   "	.cfi_adjust_"
											   "cfa_offset 8\n"
											   "	.cfi_offset "
											   "%rip, -8\n"
											   "	cmp	"
											   "$-4095, %rax\n"
											   "	jae	3f\n"
											   "	ret\n"
											   "3:	mov	"
											   "%rax, %rdi\n"
											   "	jmp	"
											   "pk_result\n"
											   "	.cfi_"
											   "endproc\n"
											   ".size syscall, "
											   ".-syscall\n");
#elif defined(__aarch64__)
_Static_assert(SYS_shmdt - SYS_msgget == 11, "they stand side by side");

__asm__(".text\n"
	".p2align 4\n"
	".globl syscall\n"
	".type syscall, %function\n"
	"syscall:\n"
	"	.cfi_startproc\n"
	"	hint	#34\n"
	"	sub	x8, x0, #" TEXT(SYS_msgget) "\n"
						    "	cmp	x8, #11\n"
						    "	b.ls	1f\n"
						    "	mov	x8, x0\n"
						    "	mov	x0, x1\n"
						    "	mov	x1, x2\n"
						    "	mov	x2, x3\n"
						    "	mov	x3, x4\n"
						    "	mov	x4, x5\n"
						    "	mov	x5, x6\n"
						    "	svc	#0\n"
						    "	cmn	x0, #4095\n"
						    "	b.cs	2f\n"
						    "	ret\n"
						    "1:	b	pk_syscall_emulated\n"
						    "2:	b	pk_result\n"
						    "	.cfi_endproc\n"
						    ".size syscall, .-syscall\n");
#endif
