/*
 * object_names: the arrays of names in an object (proto/object), each of which
 * becomes a target.
 */
#ifndef PROTO_OBJECT_NAMES_H
#define PROTO_OBJECT_NAMES_H

#include "base/slice.h"
#include "proto/object.h"
#include "proto/targets.h"

/* Texts for object_key.expected, by the read functions below. */
#define OBJECT_NAMES "an array of strings or whole numbers"
#define OBJECT_IDS   "an array of strings"

/* Add a target; only memory can be the matter. */
enum envelope_reason object_add_target(
    struct object *o, enum target_kind kind, struct slice name);

/*
 * For the key table: arrays of names, all of them valid; a whole number names a
 * room or a user as it is spelt. The array, unless it is except, must not be
 * empty: an app that computed it has a mistake.
 */
enum envelope_reason object_rooms(struct object *o);
enum envelope_reason object_users(struct object *o);
enum envelope_reason object_connections(struct object *o);
enum envelope_reason object_except(struct object *o);
enum envelope_reason object_messages(struct object *o);

#endif
