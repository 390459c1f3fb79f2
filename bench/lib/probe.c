/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

enum { ADDITIONS = 20000, BOUNCES = 1000 };

/* What both halves write lies alone on its line; odd: the ball is with the other half. */
static _Alignas(128) _Atomic uint32_t ball;
static _Alignas(128) sem_t serve;
static int has_other_half;

static cpu_set_t allowed;
int probe_here, probe_there;

int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

static void await(uint32_t value)
{
	while (atomic_load_explicit(&ball, memory_order_acquire) != value)
		relax();
}

/* The first allowed CPU from `from` on, or -1. */
static int cpu_after(int from)
{
	for (int cpu = from; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET((size_t)cpu, &allowed))
			return cpu;
	return -1;
}

static cpu_set_t only(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return set;
}

static void *other_half(void *unused)
{
	cpu_set_t its = only(probe_there);
	sched_setaffinity(0, sizeof its, &its);
	for (;;) {
		while (sem_wait(&serve) != 0)
			;
		for (uint32_t i = 0; i < 2 * (BOUNCES + 1); i += 2) {
			await(i + 1);
			atomic_store_explicit(&ball, i + 2, memory_order_release);
		}
	}
	return unused;
}

int probe_start(void)
{
	if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
		return -errno;
	probe_here = cpu_after(0);
	probe_there = cpu_after(probe_here + 1);
	cpu_set_t mine = only(probe_here);
	if (sched_setaffinity(0, sizeof mine, &mine) != 0)
		return -errno;
	if (probe_there < 0)
		return 0;
	pthread_t thread;
	sem_init(&serve, 0, 0);
	int error = pthread_create(&thread, NULL, other_half, NULL);
	has_other_half = !error;
	return -error;
}

void probe_leave(void)
{
	sched_setaffinity(0, sizeof allowed, &allowed);
}

static double time_additions(void)
{
	static _Atomic uint64_t sum;
	int64_t start = now_ns();
	for (int i = 0; i < ADDITIONS; i++)
		atomic_fetch_add(&sum, 1);
	return (double)(now_ns() - start) / ADDITIONS;
}

static double time_bounces(void)
{
	int64_t start = 0;
	atomic_store(&ball, 0);
	sem_post(&serve);
	for (uint32_t i = 0; i < 2 * (BOUNCES + 1); i += 2) {
		if (i == 2)
			start = now_ns(); /* the other half is awake */
		atomic_store_explicit(&ball, i + 1, memory_order_release);
		await(i + 2);
	}
	return (double)(now_ns() - start) / BOUNCES;
}

struct probe probe_now(void)
{
	struct probe probe = { .add_ns = time_additions() };
	if (has_other_half)
		probe.bounce_ns = time_bounces();
	return probe;
}
