/* SPDX-License-Identifier: MIT */
#ifndef PORTICO_FUSE_NOTIFY_H
#define PORTICO_FUSE_NOTIFY_H

/* Tell the service manager that started this process, if one did and asked for it: sd_notify(3)'s "READY=1".
 */
void notify_ready(void);

#endif
