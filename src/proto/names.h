/*
 * names: what rooms, users, claims and parameters may be called, wherever the
 * name comes from: the configuration, a request, a token, the app, a publisher.
 */
#ifndef PROTO_NAMES_H
#define PROTO_NAMES_H

#include <stdbool.h>

#include "base/slice.h"

enum {
	ROOM_NAME_MAX = 255,
	USER_NAME_MAX = 255,
	CONNECTION_ID_MAX = 64,
	MESSAGE_ID_MAX = 64,
	MARK_ID_MAX = 24,
};

/*
 * Whether a room may be called so: 1 to ROOM_NAME_MAX bytes of UTF-8 without
 * control characters (U+0000..1F, 7F, 80..9F) and without a comma. Any thread.
 */
bool room_name_is_valid(struct slice name);

/*
 * Whether a user may be called so: 1 to USER_NAME_MAX bytes of UTF-8 without
 * control characters. Commas are fine: no list is joined with them.
 */
bool user_name_is_valid(struct slice name);

/*
 * Whether it may be the id of a connection, which other instances and versions
 * may make in another way, or what a page calls itself: 1 to CONNECTION_ID_MAX
 * bytes of printable ASCII. Whose it is, is for the hub to find out.
 */
bool connection_id_is_valid(struct slice id);

/*
 * Whether it may be the id of a message: 1 to MESSAGE_ID_MAX of A-Za-z0-9._~-
 */
bool message_id_is_valid(struct slice id);

/*
 * Whether it may be the id of a mark (proto/mark), with which those of messages
 * begin: 1 to MARK_ID_MAX of A-Za-z0-9._- but not "-", which says that there is
 * none.
 */
bool mark_id_is_valid(struct slice id);

/* Whether a claim may be called so: [A-Za-z0-9_.:/-], at least one of them. */
bool claim_name_is_valid(struct slice name);

/*
 * Whether the configuration may speak of a query parameter of this name:
 * [A-Za-z0-9_.-], at least one of them.
 */
bool query_name_is_valid(struct slice name);

#endif
