/* SPDX-License-Identifier: MIT */
/* What a call of the public headers is marked with. */
#ifndef PK_PUBLIC_H
#define PK_PUBLIC_H

#define PUBLIC __attribute__((visibility("default")))

#endif
