/* SPDX-License-Identifier: MIT */
/* The subcommands.  Each lies in cmd_NAME.c, gets the words after its own name, and returns an exit status.
 */
#ifndef TOOL_COMMANDS_H
#define TOOL_COMMANDS_H

/* What `portico` exits with; `portico run` has the program's own statuses besides (cmd_run.c). */
enum { DONE = 0, FAILED = 1, USAGE = 2, NOTHING = 3 /* in time: recv, send */ };

int cmd_create(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_drop(int argc, char **argv);
int cmd_end(int argc, char **argv);
int cmd_help(int argc, char **argv);
int cmd_inject(int argc, char **argv);
int cmd_limits(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_mount(int argc, char **argv);
int cmd_name(int argc, char **argv);
int cmd_pause(int argc, char **argv);
int cmd_peek(int argc, char **argv);
int cmd_ps(int argc, char **argv);
int cmd_recv(int argc, char **argv);
int cmd_resume(int argc, char **argv);
int cmd_rights(int argc, char **argv);
int cmd_rm(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_send(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_suspend(int argc, char **argv);
int cmd_tap(int argc, char **argv);
int cmd_umount(int argc, char **argv);
int cmd_unpause(int argc, char **argv);
int cmd_why(int argc, char **argv);

#endif
