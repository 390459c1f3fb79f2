/* SPDX-License-Identifier: MIT */
/* Renaming through <portico/names.h>, and what goes with it in core: counts of names, owners of directories.
 */
#include "directory.h"
#include "port.h"

#include "names.h"

static int rename_it(const char *from, const char *to)
{
	return portico_name_rename(k, from, to, 0);
}

static portico_port box(const char *name)
{
	portico_port port;
	CHECK_EQUAL(portico_mailbox_create(k, name, NULL, 0600, &port), 0);
	return port;
}

static uint32_t names_of(portico_port port)
{
	struct pk_port_status status;
	CHECK_EQUAL(pk_port_inspect(k, port.id, &status), 0);
	return status.names;
}

/* The name that it shows. */
static void check_shows(portico_port port, const char *name)
{
	struct pk_port_status status;
	CHECK_EQUAL(pk_port_inspect(k, port.id, &status), 0);
	CHECK_EQUAL(strcmp(status.name, name), 0);
}

/* ---- names of ports */

static void case_mailbox(void)
{
	portico_port port = box("old");
	CHECK_EQUAL(make_directory("d"), 0);
	CHECK_EQUAL(rename_it("old", "new"), 0);
	CHECK_EQUAL(look_up("old"), -ENOENT);
	check_names("new", port);
	check_shows(port, "new");
	CHECK_EQUAL(rename_it("new", "d/inside"), 0);
	check_names("d/inside", port);
	check_lists("", 0, (const char *[]){ "d/", NULL });
	CHECK_EQUAL(rename_it("d/inside", "d/inside"), 0);
	CHECK_EQUAL(rename_it("old", "x"), -ENOENT);
	CHECK_EQUAL(rename_it("d/inside", "none/x"), -ENOENT);
	CHECK_EQUAL(rename_it("d/inside", "d/inside/x"), -ENOTDIR);
	CHECK_EQUAL(rename_it("d/inside", "d"), -EISDIR);
	CHECK_EQUAL(rename_it("d", "d/inside"), -EINVAL);
	CHECK_EQUAL(rename_it("d/inside", "/x"), -EINVAL);
	CHECK_EQUAL(rename_it("d/inside", ".."), -EINVAL);
	CHECK_EQUAL(portico_name_rename(k, "d/inside", "x", PORTICO_DEEP), -EINVAL);
	CHECK_EQUAL(portico_name_rename(k, "d/inside", "x", PORTICO_NOREPLACE | PORTICO_EXCHANGE), -EINVAL);
	check_names("d/inside", port);
}

static void case_replaced(void)
{
	portico_port one = box("one"), two = box("two"), three = box("three");
	struct pk_port_status status;
	char text[8];
	pid_t child = CHILD(
		CHECK_EQUAL(portico_receive(k, two, text, sizeof text, NULL, NULL, PORTICO_FOREVER), -EIDRM));
	for (int i = 0; i < 1000 && (pk_port_inspect(k, two.id, &status), status.receivers == 0); i++)
		sleep_ms(5);
	CHECK_EQUAL(portico_name_rename(k, "one", "two", PORTICO_NOREPLACE), -EEXIST);
	CHECK_EQUAL(rename_it("one", "two"), 0);
	join_child(child); /* who waited there learns it */
	check_names("two", one);
	CHECK_EQUAL(look_up("one"), -ENOENT);
	CHECK_EQUAL(portico_send(k, two, "x", 1, 1, PORTICO_NOW), -EIDRM);
	/* one with another name stays */
	CHECK_EQUAL(register_it("too", three), 0);
	CHECK_EQUAL(rename_it("two", "three"), 0);
	check_names("three", one);
	check_names("too", three);
	check_shows(three, "too");
	CHECK_EQUAL(names_of(three), 1);
	/* two names of one stay, as two links to one file do */
	CHECK_EQUAL(register_it("again", one), 0);
	CHECK_EQUAL(rename_it("again", "three"), 0);
	check_names("again", one);
	check_names("three", one);
}

static void case_exchange(void)
{
	portico_port one = box("one"), two, deep;
	CHECK_EQUAL(make_directory("d"), 0);
	CHECK_EQUAL(make_directory("d/e"), 0);
	two = box("d/two");
	deep = box("d/e/deep");
	CHECK_EQUAL(portico_name_rename(k, "one", "none", PORTICO_EXCHANGE), -ENOENT);
	CHECK_EQUAL(portico_name_rename(k, "one", "d/two", PORTICO_EXCHANGE), 0);
	check_names("d/two", one);
	check_names("one", two);
	CHECK_EQUAL(portico_name_rename(k, "one", "d", PORTICO_EXCHANGE), 0);
	check_names("d", two);
	check_names("one/two", one);
	check_names("one/e/deep", deep);
	CHECK_EQUAL(portico_name_rename(k, "one/e", "one", PORTICO_EXCHANGE), -EINVAL);
	CHECK_EQUAL(portico_name_rename(k, "one", "one/e", PORTICO_EXCHANGE), -EINVAL);
	check_lists("", PORTICO_DEEP,
		    (const char *[]){ "d", "one/", "one/two", "one/e/", "one/e/deep", NULL });
}

/* ---- directories */

static void case_directory(void)
{
	portico_port x, y, beside;
	bool directory;
	pk_id before, after;
	CHECK_EQUAL(make_directory("a"), 0);
	CHECK_EQUAL(make_directory("a/b"), 0);
	x = box("a/x");
	y = box("a/b/y");
	beside = box("ax");
	CHECK_EQUAL(pk_directory_find(k, "a/b", 3, &directory, &before), 0);
	CHECK_EQUAL(rename_it("a", "longer"), 0);
	check_names("longer/x", x);
	check_names("longer/b/y", y);
	check_names("ax", beside);
	check_shows(y, "longer/b/y");
	CHECK_EQUAL(pk_directory_find(k, "longer/b", 8, &directory, &after), 0);
	CHECK(directory && before == after); /* the same directory by another name */
	check_lists("", PORTICO_DEEP,
		    (const char *[]){ "longer/", "longer/b/", "longer/x", "longer/b/y", "ax", NULL });
	CHECK_EQUAL(rename_it("longer", "longer/b/c"), -EINVAL);
	CHECK_EQUAL(rename_it("longer/b", "longer"), -ENOTEMPTY);
	CHECK_EQUAL(rename_it("longer/b", "ax"), -ENOTDIR);
	CHECK_EQUAL(make_directory("empty"), 0);
	CHECK_EQUAL(rename_it("longer/b", "empty"), 0);
	check_names("empty/y", y);
	CHECK_EQUAL(look_up("longer/b/y"), -ENOENT);
}

/* What lies below must have a name, too. */
static void case_too_long(void)
{
	char longest[PK_NAME_MAX + 1], longer[PK_NAME_MAX + 1];
	portico_port port;
	CHECK_EQUAL(make_directory("dir"), 0);
	memset(longest, 'n', sizeof longest);
	memcpy(longest, "dir/", 4);
	longest[PK_NAME_MAX] = '\0';
	port = box(longest);
	CHECK_EQUAL(rename_it("dir", "dirs"), -ENAMETOOLONG);
	check_names(longest, port);
	memset(longer, 'm', sizeof longer);
	longer[PK_NAME_MAX] = '\0';
	box("x");
	CHECK_EQUAL(portico_name_rename(k, "dir", "x", PORTICO_EXCHANGE), 0);
	CHECK_EQUAL(make_directory("abcd"), 0);
	CHECK_EQUAL(portico_name_rename(k, "abcd", "x", PORTICO_EXCHANGE), -ENAMETOOLONG);
	CHECK_EQUAL(rename_it("dir", longer), 0);
	longer[PK_NAME_MAX - 1] = '\0';
	CHECK_EQUAL(rename_it("x", longer), -ENAMETOOLONG);
}

/* Its time is that of the last change of what lies in it. */
static void case_directory_time(void)
{
	struct pk_directory_status status;
	bool root = geteuid() == 0; /* who alone gives things away */
	struct pk_permission other = { .uid = root ? 7 : geteuid(),
				       .gid = root ? 8 : getegid(),
				       .mode = 0711 };
	struct pk_client self = pk_client_self(k), stranger = { .uid = 7, .gid = 7 };
	bool directory;
	pk_id id;
	int64_t now = pk_realtime_seconds();
	CHECK_EQUAL(make_directory("d"), 0);
	CHECK_EQUAL(pk_directory_find(k, "d", 1, &directory, &id), 0);
	CHECK_EQUAL(pk_directory_inspect(k, id, &status), 0);
	CHECK(status.change_time >= now && status.change_time < now + 100);
	CHECK_EQUAL(pk_directory_adjust(k, &stranger, id, &other), -EPERM);
	CHECK_EQUAL(pk_directory_adjust(k, &self, id, &other), 0);
	CHECK_EQUAL(pk_directory_inspect(k, id, &status), 0);
	CHECK_EQUAL(status.permission.uid, other.uid);
	CHECK_EQUAL(status.permission.gid, other.gid);
	CHECK_EQUAL(status.permission.mode, 0711);
	CHECK_EQUAL(pk_directory_adjust(k, &stranger, id, &other), root ? 0 : -EPERM);
	CHECK_EQUAL(strcmp(status.text, "d"), 0);
	CHECK_EQUAL(pk_directory_adjust(k, &self, id + 1, &other), -ENOENT);
}

/* ---- names as files have them */

static int unlink_it(const char *name)
{
	struct pk_client self = pk_client_self(k);
	return pk_directory_unlink(k, &self, name, (uint32_t)strlen(name));
}

static void case_unlink(void)
{
	portico_port port = box("one"), going = box("going");
	CHECK_EQUAL(names_of(port), 1);
	CHECK_EQUAL(register_it("two", port), 0);
	CHECK_EQUAL(portico_name_register(k, "own", port, 0600, 0), 0);
	CHECK_EQUAL(names_of(port), 3);
	CHECK_EQUAL(unlink_it("one"), 0);
	CHECK_EQUAL(unlink_it("own"), 0);
	check_names("two", port);
	CHECK_EQUAL(names_of(port), 1);
	CHECK_EQUAL(unlink_it("two"), 0);
	CHECK_EQUAL(portico_send(k, port, "x", 1, 1, PORTICO_NOW), -EIDRM);
	CHECK_EQUAL(unlink_it("two"), -ENOENT);
	/* the name of a task that died keeps no mailbox */
	join_child(CHILD(CHECK_EQUAL(portico_name_register(k, "dead's", going, 0600, 0), 0)));
	CHECK_EQUAL(unlink_it("going"), 0);
	CHECK_EQUAL(portico_send(k, going, "x", 1, 1, PORTICO_NOW), -EIDRM);
	CHECK_EQUAL(make_directory("d"), 0);
	CHECK_EQUAL(unlink_it("d"), -EISDIR);
}

/* ---- permission: as another user */

static void be_refused(void)
{
	become_other();
	box("public/mine");
	CHECK_EQUAL(rename_it("public/mine", "mine"), -EACCES);
	CHECK_EQUAL(rename_it("public/mine", "private/mine"), -EACCES);
	CHECK_EQUAL(rename_it("public/root's", "public/stolen"), -EPERM);
	CHECK_EQUAL(rename_it("public/mine", "public/root's"), -EPERM);
	CHECK_EQUAL(portico_name_rename(k, "public/mine", "public/root's", PORTICO_EXCHANGE), -EPERM);
	CHECK_EQUAL(rename_it("public/mine", "public/his"), 0);
}

static void case_permission(void)
{
	if (geteuid() != 0)
		SKIP("not root: there is no other user to be");
	CHECK_EQUAL(portico_name_make_directory(k, "private", 0700), 0);
	CHECK_EQUAL(portico_name_make_directory(k, "public", 0777), 0);
	box("public/root's");
	join_child(CHILD(be_refused()));
	CHECK_EQUAL(rename_it("public/his", "private/caught"), 0);
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "mailbox", case_mailbox },
		{ "replaced", case_replaced },
		{ "exchange", case_exchange },
		{ "directory", case_directory },
		{ "too-long", case_too_long },
		{ "directory-time", case_directory_time },
		{ "unlink", case_unlink },
		{ "permission", case_permission },
		{ 0 },
	};
	return run_name_cases(cases, argc, argv);
}
