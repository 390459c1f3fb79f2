/* SPDX-License-Identifier: MIT */
/*
 * Shared memory under torture.  Segments with keys come and go, and tasks attach
 * them, by key or by an id that may be removed already; each is stamped by
 * who comes first, so that no other's memory passes for it.  Segments without a
 * key are one task's: there shm_nattch is known exactly, over fork and the end
 * of the child.  At the end nothing is attached, and what was removed is gone.
 */
#include "sysv_torture.h"

#include <sys/shm.h>

enum { ATTACHED = 6, PAGE = 4096 };

/* What this image has attached; exec drops it. */
static struct attachment {
	int id;
	char *at;
	size_t bytes;
} attached[ATTACHED];

static size_t bytes_of(int key)
{
	return PAGE * (size_t)(1 + 5 * key) - 16 * (size_t)key;
}

/* ---- what is in it */

static void check_stamp(_Atomic uint64_t *word, uint64_t stamp)
{
	uint64_t before = 0;
	if (!atomic_compare_exchange_strong(word, &before, stamp) && before != stamp)
		broken("the memory of segment %llu is that of %llu", (unsigned long long)stamp,
		       (unsigned long long)before);
}

static void look_into(const struct attachment *a)
{
	uint64_t stamp = (uint64_t)a->id + 1;
	check_stamp((_Atomic uint64_t *)(void *)a->at, stamp);
	check_stamp((_Atomic uint64_t *)(void *)(a->at + a->bytes - 8), stamp);
}

/* Of what we have attached: it can't be gone. */
static void look_at_status(const struct attachment *a)
{
	struct shmid_ds status;
	shmatt_t ours = 0;
	for (int i = 0; i < ATTACHED; i++)
		ours += attached[i].at && attached[i].id == a->id;
	if (shmctl(a->id, IPC_STAT, &status) != 0)
		broken("segment %d, which is attached, is gone: %s", a->id, strerror(errno));
	if (status.shm_nattch < ours || status.shm_segsz != a->bytes)
		broken("segment %d: %lu attachments of %lu here, %lu bytes of %lu", a->id,
		       (unsigned long)status.shm_nattch, (unsigned long)ours, (unsigned long)status.shm_segsz,
		       (unsigned long)a->bytes);
}

/* ---- operations */

static struct attachment *some_place(void)
{
	return &attached[below(&dice, ATTACHED)];
}

static void detach(struct attachment *a)
{
	look_into(a);
	if (shmdt(a->at) != 0)
		broken("shmdt: %s", strerror(errno));
	a->at = NULL;
}

static void attach_at(struct attachment *a, int id, size_t bytes)
{
	void *at = shmat(id, NULL, 0);
	if (at == (void *)-1) {
		EXPECT_ERROR(EINVAL, EIDRM); /* it is gone */
		return;
	}
	*a = (struct attachment){ id, at, bytes };
	look_into(a);
	look_at_status(a);
}

static void attach_by_key(void)
{
	struct attachment *a = some_place();
	int key = (int)below(&dice, SEGMENTS);
	if (a->at)
		return;
	int id = shmget(ledger->keys + KEY_SEGMENT + key, bytes_of(key), IPC_CREAT | 0600);
	if (id < 0)
		broken("shmget: %s", strerror(errno));
	attach_at(a, id, bytes_of(key));
}

/* Also what was removed meanwhile: it lives while it is attached. */
static void attach_again(void)
{
	struct attachment *a = some_place(), *other = some_place();
	if (a->at || !other->at)
		return;
	attach_at(a, other->id, other->bytes);
	if (!a->at)
		broken("segment %d, which is attached, can't be attached again", other->id);
}

static void detach_one(void)
{
	struct attachment *a = some_place();
	if (a->at)
		detach(a);
}

static void remove_some(void)
{
	int id = shmget(ledger->keys + KEY_SEGMENT + (int)below(&dice, SEGMENTS), 0, 0);
	if (id >= 0 && shmctl(id, IPC_RMID, NULL) != 0)
		EXPECT_ERROR(EIDRM, EINVAL);
}

static void remove_attached(void)
{
	struct attachment *a = some_place();
	if (!a->at)
		return;
	if (shmctl(a->id, IPC_RMID, NULL) != 0)
		broken("IPC_RMID of what is attached: %s", strerror(errno));
	look_at_status(a);
}

/* ---- a segment of one task's */

/* We are the child of one who was killed: its attachments go before us. */
static bool is_orphan(void)
{
	return life->doomed >= incarnation;
}

static void expect_attached(int id, shmatt_t should, bool may_go, const char *when)
{
	struct shmid_ds status;
	if (shmctl(id, IPC_STAT, &status) != 0) {
		if (may_go && is_orphan())
			return; /* the child's own shmdt() was the last then */
		broken("IPC_STAT: %s", strerror(errno));
	}
	if (status.shm_nattch != should && !is_orphan())
		broken("%s: attached %lu times, not %lu", when, (unsigned long)status.shm_nattch,
		       (unsigned long)should);
}

static _Noreturn void inherit(int id, void *at, shmatt_t times, uint32_t end)
{
	expect_attached(id, 2 * times, false, "in the child");
	if (end == 0)
		kill(getpid(), SIGKILL);
	if (end == 1 && shmdt(at) != 0)
		broken("shmdt in the child: %s", strerror(errno));
	if (end == 1)
		expect_attached(id, 2 * times - 1, true, "after the child's shmdt");
	_exit(0);
}

static void fork_with(int id, void *at, shmatt_t times)
{
	uint32_t end = below(&dice, 3);
	pid_t child = fork_child();
	if (child == 0)
		inherit(id, at, times, end);
	join_own_child(child);
	expect_attached(id, times, false, "after the child's end");
}

static void count_exactly(void)
{
	void *at[3];
	shmatt_t times = 1 + below(&dice, 3);
	int id = shmget(IPC_PRIVATE, ledger->private_bytes, 0600);
	if (id < 0)
		broken("shmget: %s", strerror(errno));
	for (shmatt_t i = 0; i < times; i++)
		if ((at[i] = shmat(id, NULL, 0)) == (void *)-1)
			broken("shmat: %s", strerror(errno));
	bool removed = below(&dice, 2) == 0;
	if (removed && shmctl(id, IPC_RMID, NULL) != 0)
		broken("IPC_RMID: %s", strerror(errno));
	expect_attached(id, times, false, "after shmat");
	fork_with(id, at[0], times);
	for (shmatt_t i = 0; i < times; i++)
		if (shmdt(at[i]) != 0)
			broken("shmdt: %s", strerror(errno));
	if (!removed)
		expect_attached(id, 0, false, "after shmdt");
	if (!removed && shmctl(id, IPC_RMID, NULL) != 0)
		broken("IPC_RMID: %s", strerror(errno));
	if (shmctl(id, IPC_STAT, &(struct shmid_ds){ 0 }) == 0)
		broken("a removed segment that nobody has attached is there still");
}

static const struct operation operations[] = {
	{ "attach by key", attach_by_key, 60 },
	{ "attach again", attach_again, 30 },
	{ "detach", detach_one, 60 },
	{ "remove by key", remove_some, 15 },
	{ "remove what is attached", remove_attached, 10 },
	{ "count attachments over fork", count_exactly, 8 },
	{ 0 },
};

/* It has inherited what its parent attached. */
static void child(void)
{
	for (int i = 0; i < ATTACHED; i++)
		if (attached[i].at) {
			look_into(&attached[i]);
			look_at_status(&attached[i]);
		}
	detach_one();
	attach_by_key();
}

/* ---- the master */

static bool is_ours(const struct shmid_ds *status)
{
	key_t key = status->shm_perm.__key;
	return (key >= ledger->keys + KEY_SEGMENT && key < ledger->keys + KEY_SEGMENT + SEGMENTS) ||
	       (key == IPC_PRIVATE && status->shm_segsz == ledger->private_bytes);
}

/* Those without a key are of one who was killed between making and removing it. */
static void audit(void)
{
	struct shm_info info;
	struct shmid_ds status;
	int highest = shmctl(0, SHM_INFO, (void *)&info);
	for (int i = 0; i <= highest; i++) {
		int id = shmctl(i, SHM_STAT, &status);
		if (id < 0 || !is_ours(&status))
			continue;
		if (status.shm_nattch != 0)
			broken("segment %d is attached %lu times, and all are gone", id,
			       (unsigned long)status.shm_nattch);
		if (status.shm_perm.mode & SHM_DEST)
			broken("segment %d was removed, and is there still", id);
		CHECK_EQUAL(shmctl(id, IPC_RMID, NULL), 0);
		if (shmctl(id, IPC_STAT, &status) == 0)
			broken("segment %d is there after IPC_RMID", id);
	}
}

static void remove_all(void)
{
	struct shm_info info;
	struct shmid_ds status;
	int highest = shmctl(0, SHM_INFO, (void *)&info);
	for (int i = 0; i <= highest; i++) {
		int id = shmctl(i, SHM_STAT, &status);
		if (id >= 0 && is_ours(&status))
			shmctl(id, IPC_RMID, NULL);
	}
}

static void nothing(void)
{
}

static void note_nothing(uint32_t task)
{
	(void)task;
}

const struct family segments = {
	.operations = operations,
	.prepare = nothing,
	.note_death = note_nothing,
	.end_blocking = nothing,
	.audit = audit,
	.remove = remove_all,
	.child = child,
};
