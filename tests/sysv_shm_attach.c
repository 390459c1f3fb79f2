/* SPDX-License-Identifier: MIT */
/* shmat() and shmdt() as the kernel does them: where, how, and what else is mapped there. */
#define _GNU_SOURCE
#include "sysv_shm.h"

#include <pthread.h>
#include <sys/resource.h>

/* ---- where */

static void hints(void)
{
	int id = segment(2 * PAGE);
	char *there = free_place(8 * PAGE);
	CHECK(shmat(id, there + PAGE, 0) == there + PAGE);
	FAILS((long)shmat(id, there + PAGE, 0), EINVAL);     /* taken */
	FAILS((long)shmat(id, there, 0), EINVAL);	     /* its end is */
	FAILS((long)shmat(id, there + 2 * PAGE, 0), EINVAL); /* its beginning is */
	CHECK(shmat(id, there + 3 * PAGE, 0) == there + 3 * PAGE);
	FAILS((long)shmat(id, there + 5 * PAGE + 1, 0), EINVAL); /* misaligned */
	FAILS((long)shmat(id, there + 7 * PAGE, 0), EINVAL);	 /* it would reach what lies behind */
	CHECK_EQUAL(attached(id), 2);
	detach(there + PAGE);
	detach(there + 3 * PAGE);
	FAILS((long)shmat(id, (void *)(UINTPTR_MAX & ~(uintptr_t)(PAGE - 1)), 0), EINVAL); /* wraps round */
	FAILS((long)shmat(id, (void *)(UINTPTR_MAX / 2 + 1), 0), ENOMEM); /* not for programs */
	CHECK_EQUAL(attached(id), 0);
	remove_segment(id);
}

static void rounded(void)
{
	int id = segment(PAGE);
	char *there = free_place(2 * PAGE);
	CHECK(shmat(id, there + PAGE - 1, SHM_RND) == there);
	FAILS((long)shmat(id, there + 10, SHM_RND), EINVAL); /* taken */
	detach(there);
	FAILS(shmdt(there + PAGE - 1), EINVAL);
	FAILS((long)shmat(id, (void *)10, SHM_RND | SHM_REMAP), EINVAL); /* to nothing */
	remove_segment(id);
}

static void odd_sizes(void)
{
	int id = segment(PAGE + 1);
	char *there = free_place(4 * PAGE);
	CHECK(shmat(id, there, 0) == there);
	there[2 * PAGE - 1] = 1; /* to the end of the page */
	FAILS((long)shmat(id, there + PAGE, 0), EINVAL);
	CHECK(shmat(id, there + 2 * PAGE, 0) == there + 2 * PAGE);
	CHECK_EQUAL(there[4 * PAGE - 1], 1);
	detach(there);
	detach(there + 2 * PAGE);
	remove_segment(id);
}

/* ---- SHM_REMAP */

static void remap(void)
{
	int id = segment(2 * PAGE);
	char *plain = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(plain != MAP_FAILED);
	memset(plain, 'p', 4 * PAGE);
	FAILS((long)shmat(id, NULL, SHM_REMAP), EINVAL);
	CHECK(shmat(id, plain + PAGE, SHM_REMAP) == plain + PAGE);
	CHECK(plain[PAGE - 1] == 'p' && plain[PAGE] == 0 && plain[3 * PAGE - 1] == 0 &&
	      plain[3 * PAGE] == 'p');
	strcpy(plain + PAGE, "shared");
	char *again = attach(id, 0);
	CHECK(strcmp(again, "shared") == 0);
	detach(plain + PAGE);
	FAILS((long)shmat(id, plain, 0), EINVAL); /* what lay before and behind is still there */
	CHECK(shmat(id, plain + PAGE, 0) == plain + PAGE);
	detach(again);
	detach(plain + PAGE);
	remove_segment(id);
}

static void remap_attachment(void)
{
	int old = segment(2 * PAGE), new = segment(2 * PAGE);
	char *place = attach(old, 0);
	CHECK(shmat(new, place, SHM_REMAP) == place);
	CHECK_EQUAL(attached(old), 0);
	CHECK_EQUAL(attached(new), 1);
	CHECK(status_of(old).shm_dtime != 0 && status_of(old).shm_lpid == getpid());
	CHECK(shmat(new, place, SHM_REMAP) == place); /* over itself */
	CHECK_EQUAL(attached(new), 1);
	detach(place);
	FAILS(shmdt(place), EINVAL);
	CHECK_EQUAL(attached(new), 0);
	place = attach(old, 0);
	remove_segment(old);
	CHECK(shmat(new, place, SHM_REMAP) == place);
	check_gone(old); /* that was its last */
	detach(place);
	remove_segment(new);
}

/* The kernel counts each piece that is left. */
static void remap_part(void)
{
	int old = segment(3 * PAGE), new = segment(PAGE);
	char *place = attach(old, 0);
	place[0] = place[PAGE] = place[2 * PAGE] = 'o';
	CHECK(shmat(new, place, SHM_REMAP) == place);
	CHECK_EQUAL(attached(old), 1);
	CHECK(place[0] == 0 && place[PAGE] == 'o');
	detach(place); /* the one that begins there, and all pieces of the one that did: the first of both */
	CHECK_EQUAL(attached(new), 0);
	CHECK_EQUAL(attached(old), 1);
	detach(place);
	CHECK_EQUAL(attached(old), 0);
	place = attach(old, 0);
	CHECK(shmat(new, place + PAGE, SHM_REMAP) == place + PAGE);
	CHECK_EQUAL(attached(old), 2);
	CHECK(place[0] == 'o' && place[PAGE] == 0 && place[2 * PAGE] == 'o');
	detach(place); /* both pieces */
	CHECK_EQUAL(attached(old), 0);
	CHECK_EQUAL(attached(new), 1);
	FAILS(shmdt(place), EINVAL);
	detach(place + PAGE);
	remove_segment(old);
	remove_segment(new);
}

static void remap_several(void)
{
	int one = segment(PAGE), big = segment(4 * PAGE);
	char *place = free_place(4 * PAGE);
	for (int i = 0; i < 4; i++)
		CHECK(shmat(one, place + i * PAGE, 0) == place + i * PAGE);
	CHECK_EQUAL(attached(one), 4);
	CHECK(shmat(big, place, SHM_REMAP) == place);
	CHECK_EQUAL(attached(one), 0);
	CHECK_EQUAL(attached(big), 1);
	detach(place);
	remove_segment(one);
	remove_segment(big);
}

/* ---- how */

static void read_only(void)
{
	int id = segment(PAGE);
	volatile char *address = attach(id, SHM_RDONLY);
	CHECK_EQUAL(address[0], 0);
	join_killed(CHILD(address[0] = 1), SIGSEGV);
	FAILS(mprotect((char *)address, PAGE, PROT_READ | PROT_WRITE), EACCES);
	CHECK_EQUAL(mprotect((char *)address, PAGE, PROT_NONE), 0);
	CHECK_EQUAL(mprotect((char *)address, PAGE, PROT_READ), 0);
	char *writable = attach(id, 0);
	strcpy(writable, "news");
	CHECK_EQUAL(strcmp((char *)address, "news"), 0);
	detach((char *)address);
	for (int i = 0; i < 5; i++) { /* it stays like that */
		address = attach(id, SHM_RDONLY);
		FAILS(mprotect((char *)address, PAGE, PROT_READ | PROT_WRITE), EACCES);
		join_killed(CHILD(address[0] = 1), SIGSEGV);
		detach((char *)address);
		detach(writable);
		writable = attach(id, 0);
		writable[5] = 1;
	}
	detach(writable);
	remove_segment(id);
}

static void change_mode(int id, int mode)
{
	struct shmid_ds ds = status_of(id);
	ds.shm_perm.mode = (unsigned short)mode;
	CHECK_EQUAL(shmctl(id, IPC_SET, &ds), 0);
}

static void permissions(void)
{
	if (geteuid() != 0)
		SKIP("only root can become somebody else");
	int id = segment(PAGE);
	static const struct {
		int mode, flags, error;
	} each[] = {
		{ 0600, 0, EACCES },
		{ 0600, SHM_RDONLY, EACCES },
		{ 0604, 0, EACCES },
		{ 0604, SHM_RDONLY, 0 },
		{ 0602, 0, EACCES },
		{ 0606, 0, 0 },
		{ 0604, SHM_RDONLY | SHM_EXEC, EACCES },
		{ 0606, SHM_EXEC, EACCES },
		{ 0607, SHM_EXEC, 0 },
		{ 0605, SHM_RDONLY | SHM_EXEC, 0 },
		{ 0605, SHM_EXEC, EACCES },
		{ 0640, SHM_RDONLY, EACCES },
	};
	for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
		change_mode(id, each[i].mode);
		join_child(CHILD({
			for (int once = 0; once < 3; once++)
				detach(attach(id, each[i].flags)); /* as root; it doesn't stay so */
			become_nobody();
			errno = 0;
			char *address = shmat(id, NULL, each[i].flags);
			CHECK_EQUAL(errno, each[i].error);
			CHECK((address == (void *)-1) == (each[i].error != 0));
			if (each[i].error == 0)
				detach(address);
		}));
	}
	CHECK_EQUAL(attached(id), 0);
	remove_segment(id);
}

static void executable(void)
{
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 }; /* mov $42, %eax; ret */
	int id = shmget(IPC_PRIVATE, PAGE, 0700);
	unsigned char *writable = (unsigned char *)attach(id, 0);
	memcpy(writable, code, sizeof code);
#ifdef __x86_64__
	join_killed(CHILD(((int (*)(void))writable)()), SIGSEGV);
	void *runs = attach(id, SHM_EXEC | SHM_RDONLY);
	CHECK_EQUAL(((int (*)(void))runs)(), 42);
	detach(runs);
	runs = attach(id, SHM_EXEC);
	CHECK_EQUAL(((int (*)(void))runs)(), 42);
	detach(runs);
#endif
	detach(writable);
	remove_segment(id);
}

/* ---- what can't be had */

static void errors(void)
{
	int id = segment(PAGE), gone = segment(PAGE);
	remove_segment(gone);
	FAILS((long)shmat(-1, NULL, 0), EINVAL);
	FAILS((long)shmat(gone, NULL, 0), EINVAL);
	FAILS((long)shmat(0x7fffffff, NULL, 0), EINVAL);
	FAILS((long)shmat(gone, (char *)1, 0), EINVAL);
	char *address = attach(id, 0);
	FAILS(shmdt(NULL), EINVAL);
	FAILS(shmdt(address + 1), EINVAL);
	FAILS(shmdt(address + PAGE), EINVAL);
	FAILS(shmdt(&id), EINVAL);
	FAILS(shmdt((void *)((uintptr_t)&id & ~(uintptr_t)(PAGE - 1))), EINVAL);
	CHECK_EQUAL(attached(id), 1);
	detach(address);
	FAILS(shmdt(address), EINVAL);
	remove_segment(id);
}

static void no_addresses(void)
{
	int id = segment(64 << 20), small = segment(PAGE);
	detach(attach(small, 0));
	struct shmid_ds before = status_of(id);
	struct rlimit little = { 0, RLIM_INFINITY };
	CHECK_EQUAL(setrlimit(RLIMIT_AS, &little), 0);
	FAILS((long)shmat(id, NULL, 0), ENOMEM);
	struct shmid_ds after = status_of(id);
	CHECK(after.shm_nattch == 0 && after.shm_atime == 0 && after.shm_dtime == 0 && after.shm_lpid == 0);
	CHECK_EQUAL(memcmp(&before, &after, sizeof before), 0);
	remove_segment(id);
	remove_segment(small);
}

/* ---- many */

static void several(void)
{
	enum { COUNT = 300 };
	int one = segment(3 * PAGE), two = segment(PAGE);
	char *addresses[COUNT];
	for (int i = 0; i < COUNT; i++)
		addresses[i] = attach(i % 3 ? one : two, 0);
	CHECK_EQUAL(attached(one), 200);
	CHECK_EQUAL(attached(two), 100);
	for (int i = 0; i < COUNT; i++) {
		int which = i * 7 % COUNT; /* in no order */
		detach(addresses[which]);
		FAILS(shmdt(addresses[which]), EINVAL);
	}
	CHECK_EQUAL(attached(one) + attached(two), 0);
	remove_segment(one);
	remove_segment(two);
}

static int shared_id;

static void *attach_often(void *unused)
{
	for (int i = 0; i < 2000; i++) {
		char *address = attach(shared_id, i % 3 ? 0 : SHM_RDONLY);
		CHECK_EQUAL(address[5], 'x');
		detach(address);
	}
	return unused;
}

static void threads(void)
{
	pthread_t each[4];
	shared_id = segment(PAGE);
	char *address = attach(shared_id, 0);
	address[5] = 'x';
	for (int i = 0; i < 4; i++)
		CHECK_EQUAL(pthread_create(&each[i], NULL, attach_often, NULL), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQUAL(pthread_join(each[i], NULL), 0);
	CHECK_EQUAL(attached(shared_id), 1); /* a thread's end detaches nothing, and all were detached */
	detach(address);
	remove_segment(shared_id);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "hints", hints },
		{ "rounded", rounded },
		{ "odd_sizes", odd_sizes },
		{ "remap", remap },
		{ "remap_attachment", remap_attachment },
		{ "remap_part", remap_part },
		{ "remap_several", remap_several },
		{ "read_only", read_only },
		{ "permissions", permissions },
		{ "executable", executable },
		{ "errors", errors },
		{ "no_addresses", no_addresses },
		{ "several", several },
		{ "threads", threads },
		{ 0 },
	};
	return run_cases(cases, argc, argv);
}
