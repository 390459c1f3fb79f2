/* SPDX-License-Identifier: MIT */
#include "set_bell.h"
#include "bell_file.h"
#include "operation.h"
#include "text.h"

#include <errno.h>
#include <string.h>

struct name {
	char text[PK_BELL_NAME_MAX];
};

static struct name name_of(const struct pk_set_view *view, uint32_t semaphore)
{
	struct name name;
	struct pk_text text = PK_TEXT(name.text);
	pk_text_number(&text, view->id);
	pk_text_add(&text, ".");
	pk_text_number(&text, semaphore);
	return name;
}

static bool rings(const struct pk_set_view *view, uint32_t semaphore)
{
	return pk_semaphore_value(view, semaphore) > 0;
}

static void fill(const struct pk_set_view *view, uint32_t semaphore, int fd, bool ring)
{
	pk_bell_file_fill(fd, ring);
	view->bells[semaphore] = ring ? PK_SET_BELL_RINGING : PK_SET_BELL_SILENT;
}

/* ---- ringing */

/* The first semaphore from there on that has a bell; count: none. */
static uint32_t next_bell(const struct pk_set_view *view, uint32_t from)
{
	while (from < view->count && view->bells[from] == PK_NO_BELL)
		from++;
	return from;
}

/* E3 */
static void take_away(struct portico *k, const struct pk_set_view *view, uint32_t semaphore)
{
	view->bells[semaphore] = PK_NO_BELL;
	PK_POINT("bell: nobody's, not removed");
	pk_bell_file_remove(k, name_of(view, semaphore).text);
}

static void show(struct portico *k, const struct pk_set_view *view, uint32_t semaphore, bool ring)
{
	if (view->bells[semaphore] == (ring ? PK_SET_BELL_RINGING : PK_SET_BELL_SILENT))
		return;
	int fd = pk_bell_file_ring(k, name_of(view, semaphore).text);
	if (fd == -ENXIO) {
		take_away(k, view, semaphore);
		return;
	}
	view->bells[semaphore] = PK_SET_BELL_OWED;
	PK_POINT("bell: owed");
	if (fd < 0) {
		pk_store(&pk_header(k)->bells_owed, 1);
		return;
	}
	fill(view, semaphore, fd, ring);
	pk_close(fd);
}

void pk_set_bells_settle(struct portico *k, const struct pk_set_view *view)
{
	for (uint32_t at = next_bell(view, 0); at < view->count; at = next_bell(view, at + 1))
		show(k, view, at, rings(view, at));
	if (next_bell(view, 0) == view->count)
		view->set->special &= ~PK_SPECIAL_BELL;
}

void pk_set_bells_repair(struct portico *k, const struct pk_set_view *view)
{
	if (!(view->set->special & PK_SPECIAL_BELL))
		return;
	for (uint32_t at = next_bell(view, 0); at < view->count; at = next_bell(view, at + 1))
		view->bells[at] = PK_SET_BELL_OWED;
	pk_set_bells_settle(k, view);
}

void pk_set_bells_end(struct portico *k, const struct pk_set_view *view)
{
	if (!(view->set->special & PK_SPECIAL_BELL))
		return;
	for (uint32_t at = next_bell(view, 0); at < view->count; at = next_bell(view, at + 1)) {
		show(k, view, at, true);
		PK_POINT("bell: rung for the end, not removed");
		take_away(k, view, at);
	}
}

void pk_set_bells_look_round(struct portico *k)
{
	uint32_t committed = pk_committed(k, PK_SETS);
	for (uint32_t slot = 1; slot < committed; slot++) {
		struct pk_set *set = pk_slot(k, PK_SETS, slot);
		struct pk_set_view view;
		if (set && set->special & PK_SPECIAL_BELL &&
		    pk_set_lock(k, pk_slot_id(&set->head, slot), &view) == 0)
			pk_set_unlock(k, &view);
	}
}

/* ---- listening */

/* The flags first: a file without them is nobody's, and may be removed by who finds it. */
static int listen_to(struct portico *k, const struct pk_set_view *view, uint32_t semaphore)
{
	bool had = view->bells[semaphore] != PK_NO_BELL;
	view->set->special |= PK_SPECIAL_BELL;
	if (!had)
		view->bells[semaphore] = PK_SET_BELL_OWED;
	PK_POINT("bell: known, not made");
	int fd = pk_bell_file_listen(k, name_of(view, semaphore).text);
	if (fd >= 0)
		fill(view, semaphore, fd, rings(view, semaphore));
	else if (!had)
		view->bells[semaphore] = PK_NO_BELL;
	return fd;
}

int pk_set_bell_open(struct portico *k, pk_id id, uint32_t semaphore)
{
	struct pk_set_view view;
	pk_set_reap(k, id, false);
	int result = pk_set_lock(k, id, &view);
	if (result)
		return result;
	result = pk_permission_check(k, &view.set->permission, 0444);
	if (!result)
		result = semaphore < view.count ? listen_to(k, &view, semaphore) : -EINVAL;
	pk_set_unlock(k, &view);
	return result;
}

bool pk_set_bell_exists(struct portico *k, pk_id id, uint64_t semaphore)
{
	int error;
	struct pk_set *set = pk_object(k, PK_SETS, id, &error);
	struct pk_set_view view;
	return set && set->special & PK_SPECIAL_BELL && pk_set_look(k, set, pk_id_slot(id), &view) &&
	       semaphore < view.count && view.bells[semaphore] != PK_NO_BELL;
}
