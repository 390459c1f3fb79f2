/* SPDX-License-Identifier: MIT */
/* The text of /proc/sysvipc/{msg,sem,shm}: column for column the kernel's. */
#define _GNU_SOURCE
#include "text.h"
#include "view.h"

#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

/* A file that is written a page at a time. */
struct sheet {
	int fd, error;
	uint64_t written;
	struct pk_text text;
	char page[PK_PAGE];
};

#define LONGEST_LINE 400

static void flush(struct sheet *sheet)
{
	if (!sheet->error)
		sheet->error = pk_file_write(sheet->fd, sheet->written, sheet->page, sheet->text.length);
	sheet->written += sheet->text.length;
	sheet->text = PK_TEXT(sheet->page);
}

static void end_line(struct sheet *sheet)
{
	pk_text_character(&sheet->text, '\n');
	if (sheet->text.length + LONGEST_LINE > sizeof sheet->page)
		flush(sheet);
}

/* A word at the right end of a column. */
static void put_word(struct sheet *sheet, unsigned width, const struct pk_text *word)
{
	for (size_t i = word->length; i < width; i++)
		pk_text_character(&sheet->text, ' ');
	pk_text_add(&sheet->text, word->buffer);
}

/* Each number has a blank before its column. */
static void put(struct sheet *sheet, unsigned width, uint64_t number)
{
	char digits[24];
	struct pk_text word = PK_TEXT(digits);
	pk_text_number(&word, number);
	pk_text_character(&sheet->text, ' ');
	put_word(sheet, width, &word);
}

static void put_key_id_mode(struct sheet *sheet, const struct ipc_perm *perm, int id, unsigned mode)
{
	char digits[24];
	struct pk_text word = PK_TEXT(digits);
	int32_t key;
	memcpy(&key, perm, sizeof key); /* whose name each libc spells in its own way */
	if (key < 0)
		pk_text_character(&word, '-');
	pk_text_number(&word, key < 0 ? -(uint64_t)key : (uint64_t)key);
	put_word(sheet, 10, &word);
	put(sheet, 10, (unsigned)id);
	word = PK_TEXT(digits);
	for (unsigned shift = 12; shift > 0; shift -= 3)
		if (mode >> (shift - 3) || shift == 3)
			pk_text_character(&word, (char)('0' + (mode >> (shift - 3) & 7)));
	pk_text_add(&sheet->text, "  ");
	put_word(sheet, 4, &word);
}

static void put_owners(struct sheet *sheet, const struct ipc_perm *perm)
{
	put(sheet, 5, perm->uid);
	put(sheet, 5, perm->gid);
	put(sheet, 5, perm->cuid);
	put(sheet, 5, perm->cgid);
}

/* ---- a line each */

static int highest_queue(void)
{
	struct msginfo info;
	return msgctl(0, MSG_INFO, (void *)&info);
}

static void put_queue(struct sheet *sheet, int index)
{
	struct msqid_ds ds;
	int id = msgctl(index, MSG_STAT_ANY, &ds);
	if (id < 0)
		return;
	put_key_id_mode(sheet, &ds.msg_perm, id, ds.msg_perm.mode);
	pk_text_character(&sheet->text, ' ');
	put(sheet, 10, ds.__msg_cbytes);
	put(sheet, 10, ds.msg_qnum);
	put(sheet, 5, (unsigned)ds.msg_lspid);
	put(sheet, 5, (unsigned)ds.msg_lrpid);
	put_owners(sheet, &ds.msg_perm);
	put(sheet, 10, (uint64_t)ds.msg_stime);
	put(sheet, 10, (uint64_t)ds.msg_rtime);
	put(sheet, 10, (uint64_t)ds.msg_ctime);
	end_line(sheet);
}

static int highest_set(void)
{
	struct seminfo info;
	return semctl(0, 0, SEM_INFO, &info);
}

static void put_set(struct sheet *sheet, int index)
{
	struct semid_ds ds;
	int id = semctl(index, 0, SEM_STAT_ANY, &ds);
	if (id < 0)
		return;
	put_key_id_mode(sheet, &ds.sem_perm, id, ds.sem_perm.mode);
	put(sheet, 10, ds.sem_nsems);
	put_owners(sheet, &ds.sem_perm);
	put(sheet, 10, (uint64_t)ds.sem_otime);
	put(sheet, 10, (uint64_t)ds.sem_ctime);
	end_line(sheet);
}

static int highest_segment(void)
{
	struct shm_info info;
	return shmctl(0, SHM_INFO, (void *)&info);
}

static void put_segment(struct sheet *sheet, int index)
{
	struct shmid_ds ds;
	int id = shmctl(index, SHM_STAT_ANY, &ds);
	if (id < 0)
		return;
	put_key_id_mode(sheet, &ds.shm_perm, id, ds.shm_perm.mode);
	put(sheet, 21, ds.shm_segsz);
	put(sheet, 5, (unsigned)ds.shm_cpid);
	put(sheet, 5, (unsigned)ds.shm_lpid);
	pk_text_character(&sheet->text, ' ');
	put(sheet, 5, ds.shm_nattch);
	put_owners(sheet, &ds.shm_perm);
	put(sheet, 10, (uint64_t)ds.shm_atime);
	put(sheet, 10, (uint64_t)ds.shm_dtime);
	put(sheet, 10, (uint64_t)ds.shm_ctime);
	put(sheet, 21, (ds.shm_segsz + PK_PAGE - 1) & -(uint64_t)PK_PAGE); /* all of it is in memory, */
	put(sheet, 21, 0);						   /* or nobody knows better */
	end_line(sheet);
}

static const struct {
	const char *heading;
	int (*highest)(void);
	void (*put)(struct sheet *sheet, int index);
} families[PK_SYSV_FAMILIES] = {
	{ "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime "
	  "     "
	  "rtime      ctime",
	  highest_queue, put_queue },
	{ "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime", highest_set,
	  put_set },
	{ "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      "
	  "atime      "
	  "dtime      ctime                   rss                  swap",
	  highest_segment, put_segment },
};

int pk_view_write_objects(int fd, int family, bool any)
{
	struct sheet sheet = { .fd = fd };
	sheet.text = PK_TEXT(sheet.page);
	pk_text_add(&sheet.text, families[family].heading);
	end_line(&sheet);
	int highest = any ? families[family].highest() : -1;
	for (int index = 0; index <= highest && !sheet.error; index++)
		families[family].put(&sheet, index);
	flush(&sheet);
	return sheet.error;
}
