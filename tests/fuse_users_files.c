/* SPDX-License-Identifier: MIT */
/*
 * Every step is played twice, on the same things in two directories: one is the
 * mount's, and the other the kernel's own, which says what is right.  Who may
 * what must be the same, and so must be what is there afterwards.
 *
 * What is tried on is made by the creator, and then given to its owner; so that
 * to have made a file means nothing is tried, too.
 */
#define _GNU_SOURCE
#include "fuse_users.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/xattr.h>

enum { OURS, PLAIN, WORLDS };
static const char *worlds[WORLDS];
static bool of_pipes;
static int played;

/* ---- what is there before */

static void clear_entry(const char *directory, const char *name)
{
	const char *path = path_of("%s/%s", directory, name);
	if (unlink(path) == 0)
		return;
	clear(path);
	path = path_of("%s/%s", directory, name);
	CHECK_EQUAL(rmdir(path), 0);
}

void clear(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, NULL, alphasort);
	CHECK(count >= 0);
	for (int i = 0; i < count; i++) {
		if (entries[i]->d_name[0] != '.')
			clear_entry(directory, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

static void give(const char *path, enum who owner, mode_t mode)
{
	CHECK_EQUAL(chown(path, users[owner].uid, users[owner].gid), 0);
	CHECK_EQUAL(chmod(path, mode), 0);
}

void make_thing(const char *world, const char *name, bool pipe, enum who owner, mode_t mode)
{
	const char *made = path_of("%s/made", world), *path = path_of("%s/%s", world, name);
	become(CREATOR);
	CHECK_EQUAL(mknod(made, (pipe ? S_IFIFO : S_IFREG) | 0600, 0), 0);
	become(ROOT);
	give(made, owner, mode);
	CHECK_EQUAL(rename(made, path), 0);
}

static void make_file(const char *world, const char *name, enum who owner, mode_t mode)
{
	const char *path = path_of("%s/%s", world, name);
	make_thing(world, name, of_pipes, owner, mode);
	/* a mailbox has it; what the kernel's file system can't keep isn't compared */
	if (!of_pipes && world == worlds[PLAIN])
		setxattr(path, "user.portico.slots", "1024", 4, 0);
}

static void make_directory(const char *world, const char *name, enum who owner, mode_t mode)
{
	const char *path = path_of("%s/%s", world, name);
	CHECK_EQUAL(mkdir(path, 0700), 0);
	give(path, owner, mode);
}

/* ---- what is there afterwards */

struct picture {
	char text[4096];
	size_t used;
};

static void paint(struct picture *picture, const char *path, const char *shown)
{
	struct dirent **entries;
	struct stat attr;
	CHECK_EQUAL(lstat(path, &attr), 0);
	int added = snprintf(picture->text + picture->used, sizeof picture->text - picture->used,
			     "%s %s%o %u:%u\n", shown, S_ISDIR(attr.st_mode) ? "d" : "", attr.st_mode & 07777,
			     attr.st_uid, attr.st_gid);
	picture->used += (size_t)added;
	CHECK(picture->used < sizeof picture->text);
	int count = S_ISDIR(attr.st_mode) ? scandir(path, &entries, NULL, alphasort) : 0;
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		if (name[0] != '.')
			paint(picture, path_of("%s/%s", path, name), path_of("%s/%s", shown, name));
		free(entries[i]);
	}
	if (count > 0)
		free(entries);
}

static void compare_pictures(const char *step)
{
	struct picture pictures[WORLDS] = { 0 };
	for (int i = 0; i < WORLDS; i++)
		paint(&pictures[i], worlds[i], "");
	char *ours = strchr(pictures[OURS].text, '\n'), *plain = strchr(pictures[PLAIN].text, '\n');
	if (strcmp(ours, plain) != 0) /* but for the directory itself, which stands elsewhere */
		differs("%s: there is%snot%s", step, ours, plain);
}

/* ---- a step */

/* To change what a mailbox holds takes its owner, as chmod does; to change a file's attribute doesn't. */
static int known_difference(const struct step *step, enum who who, int plain)
{
	bool owns = who == OWNER || who == ROOT;
	return strcmp(step->operation, "setxattr") == 0 && plain == 0 && !owns ? EPERM : plain;
}

static void play_step(const struct step *step, enum who who, const char *scene)
{
	int errors[WORLDS];
	const char *told = path_of("%s: %s %s %s by %s", scene, step->operation, step->on,
				   step->to ? step->to : "", users[who].name);
	for (int i = 0; i < WORLDS; i++)
		errors[i] = attempt(who, operation_of(step->operation), path_of("%s/%s", worlds[i], step->on),
				    step->to ? path_of("%s/%s", worlds[i], step->to) : NULL);
	played++;
	if (errors[PLAIN] == EOPNOTSUPP)
		return;
	errors[PLAIN] = known_difference(step, who, errors[PLAIN]);
	if (errors[OURS] != errors[PLAIN])
		differs("%s: %s, not %s", told, outcome(errors[OURS]), outcome(errors[PLAIN]));
	else
		compare_pictures(told);
}

/* ---- a file, by its mode */

static const mode_t modes[] = MODES;

static const struct step to_files[] = {
	{ "stat", "file", NULL },     { "open", "file", NULL },		 { "write", "file", NULL },
	{ "both", "file", NULL },     { "empty", "file", NULL },	 { "create", "file", NULL },
	{ "truncate", "file", NULL }, { "chmod", "file", NULL },	 { "chown", "file", NULL },
	{ "chgrp", "file", NULL },    { "chgrp-foreign", "file", NULL }, { "touch", "file", NULL },
	{ "date", "file", NULL },     { "getxattr", "file", NULL },	 { "setxattr", "file", NULL },
	{ "ln", "file", "other" },
};

/* What the kernel says of its FIFOs it says because they are none of its files. */
static bool is_of_files_only(const char *operation)
{
	static const char *const names[] = { "truncate", "empty", "create", "getxattr", "setxattr", "ln" };
	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(operation, names[i]) == 0)
			return true;
	return false;
}

static void play_modes(void)
{
	for (size_t mode = 0; mode < COUNT(modes); mode++)
		for (size_t step = 0; step < COUNT(to_files); step++)
			for (enum who who = 0; who < USERS; who++) {
				if (of_pipes && is_of_files_only(to_files[step].operation))
					continue;
				for (int i = 0; i < WORLDS; i++) {
					clear(worlds[i]);
					make_file(worlds[i], "file", OWNER, modes[mode]);
				}
				play_step(&to_files[step], who, path_of("%04o", modes[mode]));
			}
}

/* ---- names, by the modes of their directories */

static const struct {
	enum who owner;
	mode_t mode;
} grounds[] = {
	{ OWNER, 0755 },  { OWNER, 0700 },  { OWNER, 0711 },  { OWNER, 0744 },
	{ OWNER, 01775 }, { OWNER, 01777 }, { OTHER, 01777 }, { OTHER, 0750 },
	{ OTHER, 01733 }, { ROOT, 01777 },  { ROOT, 0555 },   { OWNER, 0000 },
};

static const struct step to_names[] = {
	{ "list", "d", NULL },
	{ "chmod", "d", NULL },
	{ "chown", "d", NULL },
	{ "chgrp", "d", NULL },
	{ "chgrp-foreign", "d", NULL },
	{ "touch", "d", NULL },
	{ "list", "d/full", NULL },
	{ "stat", "d/mine", NULL },
	{ "stat", "d/none", NULL },
	{ "stat", "d/full/box", NULL },
	{ "open", "d/mine", NULL },
	{ "make", "d/new", NULL },
	{ "create", "d/new", NULL },
	{ "create", "d/theirs", NULL },
	{ "make", "d/mine", NULL },
	{ "mkdir", "d/new", NULL },
	{ "mkdir", "d/mine", NULL },
	{ "rmdir", "d/sub", NULL },
	{ "rmdir", "d/full", NULL },
	{ "rmdir", "d/mine", NULL },
	{ "rmdir", "d", NULL },
	{ "rm", "d/mine", NULL },
	{ "rm", "d/theirs", NULL },
	{ "rm", "d/none", NULL },
	{ "rm", "d/sub", NULL },
	{ "mv", "d/mine", "d/new" },
	{ "mv", "d/mine", "d/theirs" },
	{ "mv", "d/theirs", "d/mine" },
	{ "mv", "d/theirs", "d/new" },
	{ "mv", "d/mine", "e/new" },
	{ "mv", "d/mine", "e/there" },
	{ "mv", "d/theirs", "e/new" },
	{ "mv", "e/there", "d/new" },
	{ "mv", "e/there", "d/theirs" },
	{ "mv", "e/there", "d/mine" },
	{ "mv-new", "d/mine", "d/new" },
	{ "mv-new", "d/mine", "d/theirs" },
	{ "exchange", "d/mine", "d/theirs" },
	{ "exchange", "d/mine", "e/there" },
	{ "mv", "d/sub", "d/new" },
	{ "mv", "d/sub", "d/full" },
	{ "mv", "d/full", "d/sub" },
	{ "mv", "d/sub", "e/new" },
	{ "mv", "d/full", "e/new" },
	{ "mv", "d/sub", "d/mine" },
	{ "mv", "d/mine", "d/sub" },
	{ "mv", "d", "d/sub/new" },
	{ "mv", "d", "new" },
	{ "ln", "d/mine", "d/new" },
	{ "ln", "d/theirs", "d/new" },
	{ "ln", "d/mine", "d/theirs" },
	{ "ln", "d/mine", "e/new" },
	{ "ln", "e/there", "d/new" },
};

static void lay_ground(const char *world, size_t ground)
{
	clear(world);
	make_directory(world, "e", ROOT, 01777);
	make_directory(world, "d", OWNER, 0755);
	make_directory(world, "d/sub", OWNER, 0755);
	make_directory(world, "d/full", OWNER, 0755);
	make_file(world, "d/full/box", OWNER, 0644);
	make_file(world, "d/mine", OWNER, 0640);
	make_file(world, "d/theirs", OTHER, 0666);
	make_file(world, "e/there", OWNER, 0640);
	give(path_of("%s/d", world), grounds[ground].owner, grounds[ground].mode);
}

static void play_names(void)
{
	for (size_t ground = 0; ground < COUNT(grounds); ground++)
		for (size_t step = 0; step < COUNT(to_names); step++)
			for (enum who who = 0; who < USERS; who++) {
				for (int i = 0; i < WORLDS; i++)
					lay_ground(worlds[i], ground);
				play_step(&to_names[step], who,
					  path_of("d is %s's, %04o", users[grounds[ground].owner].name,
						  grounds[ground].mode));
			}
}

/* ---- names in the one directory that everybody may write in */

static const struct step to_top[] = {
	{ "list", "", NULL },	     { "stat", "mine", NULL },	     { "make", "new", NULL },
	{ "make", "mine", NULL },    { "rm", "mine", NULL },	     { "rm", "theirs", NULL },
	{ "mv", "mine", "new" },     { "mv", "mine", "theirs" },     { "mv", "theirs", "mine" },
	{ "mv-new", "mine", "new" }, { "mv-new", "mine", "theirs" }, { "exchange", "mine", "theirs" },
};

static void play_top(void)
{
	for (size_t step = 0; step < COUNT(to_top); step++)
		for (enum who who = 0; who < USERS; who++) {
			for (int i = 0; i < WORLDS; i++) {
				clear(worlds[i]);
				make_file(worlds[i], "mine", OWNER, 0640);
				make_file(worlds[i], "theirs", OTHER, 0666);
			}
			play_step(&to_top[step], who, "there");
		}
}

static void play_in(const char *ours, const char *plain, bool pipes)
{
	worlds[OURS] = ours;
	worlds[PLAIN] = plain;
	of_pipes = pipes;
	play_modes();
	play_top();
	if (!pipes)
		play_names();
	for (int i = 0; i < WORLDS; i++)
		clear(worlds[i]);
}

int play_files(const char *ours, const char *plain)
{
	play_in(ours, plain, false);
	return played;
}

int play_top_files(const char *ours, const char *plain)
{
	worlds[OURS] = ours;
	worlds[PLAIN] = plain;
	play_top();
	return played;
}

int play_pipes(const char *ours, const char *plain)
{
	play_in(ours, plain, true);
	return played;
}
