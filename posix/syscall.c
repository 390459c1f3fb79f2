/* SPDX-License-Identifier: MIT */
/*
 * libc's syscall(): System V's numbers are emulated.  syscall_stub.S is what
 * programs call; it asks the kernel for all else.
 */
#include "posix.h"

#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

struct timespec;
int semtimedop(int set, struct sembuf *parts, size_t count, const struct timespec *timeout);

/* syscall_stub.S jumps here with its own arguments, but for the last. */
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
