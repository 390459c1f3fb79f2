/* SPDX-License-Identifier: MIT */
/*
 * Who may read a thing may look at it, and nobody else; its owner and root
 * command it, whatever its mode; nobody changes what only tells.
 */
#include "fuse_users.h"

static int played;

static const struct step to_views[] = {
	{ "list", "", NULL },	      { "read", "/status", NULL },  { "read", "/peek", NULL },
	{ "read", "/holders", NULL }, { "read", "/waiters", NULL }, { "open", "/tap", NULL },
};

static const struct step changes[] = {
	{ "write", "/status", NULL }, { "truncate", "/status", NULL }, { "chmod", "/status", NULL },
	{ "chown", "", NULL },	      { "chmod", "", NULL },	       { "rmdir", "", NULL },
	{ "rm", "/peek", NULL },      { "make", "/new", NULL },	       { "mkdir", "/new", NULL },
	{ "write", "/tap", NULL },    { "both", "/tap", NULL },
};

static void expect(const struct step *step, enum who who, const char *view, const char *to, int expected)
{
	int error = attempt(who, operation_of(step->operation), path_of("%s%s", view, step->on), to);
	played++;
	if (error != expected)
		differs("%s %s%s by %s: %s, not %s", step->operation, view, step->on, users[who].name,
			outcome(error), outcome(expected));
}

/* Of a pipe there is no peek and no tap, and nothing to be commanded. */
static bool is_there(const struct step *step, bool pipe)
{
	return !pipe || (strcmp(step->on, "/peek") != 0 && strcmp(step->on, "/tap") != 0);
}

static void play_view(const char *thing, const char *view, bool pipe, enum who who)
{
	const struct step command = { "say", "/ctl", NULL }, commands = { "read", "/ctl", NULL };
	bool commander = who == OWNER || who == ROOT;
	int readable = attempt(who, operation_of("open"), thing, NULL);
	for (size_t step = 0; step < COUNT(to_views); step++)
		if (is_there(&to_views[step], pipe))
			expect(&to_views[step], who, view, NULL, readable);
	if (!pipe)
		expect(&command, who, view, "limit_slots=9", commander ? 0 : EACCES);
	if (!pipe)
		expect(&commands, who, view, NULL, commander ? 0 : EACCES);
	for (size_t step = 0; step < COUNT(changes); step++)
		if (attempt(who, operation_of(changes[step].operation),
			    path_of("%s%s", view, changes[step].on), NULL) == 0)
			differs("%s %s%s by %s succeeded", changes[step].operation, view, changes[step].on,
				users[who].name);
}

static const mode_t modes[] = MODES;

static void play_views_of(const char *mount, const char *kind, bool pipe)
{
	char world[PATH_MAX], view[PATH_MAX];
	snprintf(world, sizeof world, "%s/%s", mount, kind);
	snprintf(view, sizeof view, "%s/view/%s/box", mount, kind);
	for (size_t mode = 0; mode < COUNT(modes); mode++) {
		clear(world);
		make_thing(world, "box", pipe, OWNER, modes[mode]);
		for (enum who who = 0; who < USERS; who++)
			play_view(path_of("%s/box", world), view, pipe, who);
	}
	clear(world);
}

int play_views(const char *mount)
{
	play_views_of(mount, "mbox", false);
	play_views_of(mount, "fifo", true);
	return played;
}
