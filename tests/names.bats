#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Names, directories of them, and name servers: tests/core_name*.c and tests/crash_names.c say what each asserts.
# limit_seconds: 300

load helper

# Run a case of a test program: case PROGRAM CASE...
case_of() {
	local said status=0
	said=$(timeout -k 1 100 "$BUILD/tests/$1" "${@:2}" 2>&1) || status=$?
	echo "$said"
	[ "$status" -ne 77 ] || skip "$said"
	return "$status"
}

# ---- names and directories

@test "names: a port may have several, each is one port's" { case_of core_names register; }
@test "names: one is taken away, the others and the port stay; with the port all end" { case_of core_names unregister; }
@test "names: what is none is refused" { case_of core_names well-formed; }
@test "names: directories hold what is in them, and a name is a port's or a directory's" { case_of core_names directories; }
@test "names: a directory is listed alone, or with all below" { case_of core_names list; }
@test "names: a list may be changed while it is shown" { case_of core_names list-and-change; }
@test "names: one goes with the task that registered it, unless it is persistent" { case_of core_names owner-ends; }
@test "names: nobody finds that of a task that was killed, from that instant on" { case_of core_names owner-is-killed; }
@test "names: nor that of a task that called exec" { case_of core_names owner-execs; }
@test "names: who finds a guarded port gets a right to it" { case_of core_names guarded; }
@test "names: modes and owners say who registers, looks up, lists and removes" { case_of core_names permission; }

# ---- renaming, and names as files have them

@test "rename: a mailbox gets another name, in another directory, and shows it" { case_of core_rename mailbox; }
@test "rename: the mailbox that is replaced ends as one removed, unless it has further names" { case_of core_rename replaced; }
@test "rename: two names change places, whatever lies below" { case_of core_rename exchange; }
@test "rename: a directory takes along all below it, and stays the same by its id" { case_of core_rename directory; }
@test "rename: nothing below gets a name that is too long" { case_of core_rename too-long; }
@test "rename: owners and modes of directories say who may" { case_of core_rename permission; }
@test "names: a directory says when what is in it changed, and changes hands" { case_of core_rename directory-time; }
@test "names: the last that is unlinked takes the mailbox along, and the dead's don't count" { case_of core_rename unlink; }

# ---- name servers

@test "name server: every call about names goes through it, and is served below its prefix" { case_of core_name_server server; }
@test "name server: what it denies isn't done" { case_of core_name_server server-denies; }
@test "name server: what a client registers is the client's, and goes with that" { case_of core_name_server server-and-owner; }
@test "name server: a client may do no more by it than by itself" { case_of core_name_server server-and-permission; }
@test "name server: a client names no port to which it has no right" { case_of core_name_server server-and-rights; }
@test "name server: without it calls fail, and nothing serves in its stead" { case_of core_name_server server-is-no-more; }
@test "name server: killed before it answers, it leaves nobody waiting" { case_of core_name_server server-is-killed; }
@test "name server: what is no request is refused" { case_of core_name_server server-refuses-nonsense; }
@test "name server: children have it by fork, by exec, and past those who are no tasks" { case_of core_name_server heirs; }
@test "name server: orphans have it, too" { case_of core_name_server orphan; }
@test "name server: one within another's tree asks that" { case_of core_name_server nested; }

# ---- kill -9

@test "names: kill -9 at each point of registering, and of its repair" { case_of crash_names register; }
@test "names: kill -9 at each point of a task's that has names, and of reaping it" { case_of crash_names owner-ends; }
@test "names: kill -9 at each point of unregistering, and of its repair" { case_of crash_names unregister; }
@test "names: kill -9 at each point of making a directory, and of its repair" { case_of crash_names make-directory; }
@test "names: kill -9 at each point of removing one, and of its repair" { case_of crash_names remove-directory; }
@test "name server: kill -9 at each point of serving, and of its repair" { case_of crash_names serve once; }
@test "name server: kill -9 at each point of a client's call" { case_of crash_names ask once; }
@test "rename: kill -9 at each point of renaming a mailbox, and of finishing it" { case_of crash_rename move; }
@test "rename: kill -9 at each point of replacing another, where somebody waits" { case_of crash_rename replace; }
@test "rename: kill -9 at each point of renaming a directory with what lies below" { case_of crash_rename move-tree; }
@test "rename: kill -9 at each point of an exchange" { case_of crash_rename exchange; }
