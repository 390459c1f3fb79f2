/* SPDX-License-Identifier: MIT */
/*
 * System calls without a libc: the preload object serves processes of glibc
 * and of musl, so what it is made of may call neither.  Each returns what the
 * kernel returned: a result, or a negative errno.
 */
#ifndef PK_SYSCALL_H
#define PK_SYSCALL_H

#include <sys/syscall.h>

static inline long pk_syscall6(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
#else
#error "Portico knows the system calls of x86-64 and aarch64"
#endif
}

#define pk_syscall5(n, a, b, c, d, e) pk_syscall6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define pk_syscall4(n, a, b, c, d) pk_syscall5(n, a, b, c, d, 0)
#define pk_syscall3(n, a, b, c) pk_syscall4(n, a, b, c, 0)
#define pk_syscall2(n, a, b) pk_syscall3(n, a, b, 0)
#define pk_syscall1(n, a) pk_syscall2(n, a, 0)
#define pk_syscall0(n) pk_syscall1(n, 0)

#endif
