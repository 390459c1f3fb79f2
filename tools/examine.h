/* SPDX-License-Identifier: MIT */
/* The examinations of `portico doctor`: each reports what it found. */
#ifndef TOOL_EXAMINE_H
#define TOOL_EXAMINE_H

enum finding { GOOD, LIMITED, BAD };

/* remedy: what to do about it, or NULL. */
__attribute__((format(printf, 4, 5))) void report(enum finding finding, const char *subject,
						  const char *remedy, const char *format, ...);

void examine_instance(const char *directory); /* examine_instance.c */
void examine_machine(void);		      /* examine_machine.c */
void examine_preload(void);		      /* examine_programs.c */
void examine_fuse(const char *directory);

#endif
