/* SPDX-License-Identifier: MIT */
#include "listing.h"
#include "node.h"

#include <errno.h>
#include <stdlib.h>

/*
 * A directory's listing, as far as it fits.  `offset` of an entry is where the
 * next begins: 1 "..", from 2 on places, and from THINGS_FROM on the cursor in
 * the collection.
 */
#define THINGS_FROM (2 + PLACES)

struct listing {
	fuse_req_t request;
	char *buffer;
	size_t size, used;
};

static bool list(struct listing *listing, const char *name, ino_t number, mode_t mode, off_t next)
{
	struct stat attr = { .st_ino = number, .st_mode = mode };
	size_t needed = fuse_add_direntry(listing->request, listing->buffer + listing->used,
					  listing->size - listing->used, name, &attr, next);
	if (needed > listing->size - listing->used)
		return false;
	listing->used += needed;
	return true;
}

/* False: there is no room for more. */
static bool list_places(struct listing *listing, const struct spot *parent, off_t offset)
{
	for (enum place place = (enum place)(offset > 2 ? offset - 2 : PLACE_ROOT + 1); place < PLACES;
	     place++)
		if (tree[place].parent == parent->place && tree[place].name && !tree[place].unlisted &&
		    !list(listing, tree[place].name, node_number(place, parent->id), tree[place].mode,
			  (off_t)place + 3))
			return false;
	return true;
}

static int list_things(struct listing *listing, const struct spot *parent, off_t offset)
{
	char name[PK_NAME_MAX + 1];
	struct found found = { 0 };
	bool any = true;
	uint64_t cursor = offset >= THINGS_FROM ? (uint64_t)(offset - THINGS_FROM) : 0;
	for (;;) {
		int error = spot_collection(parent)->next(parent->id, &cursor, name, &found, &any);
		if (error || !any)
			return error;
		enum place place = spot_place_of(parent, &found);
		if (!list(listing, name, node_number(place, found.id), tree[place].mode & S_IFMT,
			  THINGS_FROM + (off_t)cursor))
			return 0;
	}
}

static int list_all(struct listing *listing, const struct spot *spot, fuse_ino_t ino, off_t offset)
{
	if (offset < 1 && !list(listing, ".", ino, S_IFDIR, 1))
		return 0;
	if (offset < 2 && !list(listing, "..", tree[spot->place].parent, S_IFDIR, 2))
		return 0;
	if (offset < THINGS_FROM && !list_places(listing, spot, offset))
		return 0;
	return spot_collection(spot) ? list_things(listing, spot, offset) : 0;
}

void listing_read(fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *file)
{
	struct spot spot = spot_of(ino);
	struct listing listing = { .request = request, .buffer = malloc(size), .size = size };
	(void)file;
	int error = !listing.buffer	       ? -ENOMEM
		    : spot.place == PLACE_NONE ? -ESTALE
					       : list_all(&listing, &spot, ino, offset);
	if (error)
		fuse_reply_err(request, -error);
	else
		fuse_reply_buf(request, listing.buffer, listing.used);
	free(listing.buffer);
}
