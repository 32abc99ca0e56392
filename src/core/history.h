/*
 * history: the last payloads that the hub has heard, for who comes back.
 *
 * Each payload that counts has a position: they are counted from 1 on, also
 * those that are no message. To clients a position is an id, which all
 * instances agree on (core/place). A cursor is the id of the last position that
 * a client has.
 *
 * What is kept of a position is a message, nothing (a command, what was
 * malformed or is not to be kept), or a hole: something was lost there, and
 * whoever passes must be told. The oldest go first, by memory and by age. The
 * main thread's.
 *
 * Until history_mark has told what the head is called, and again after
 * history_void, there is no position.
 *
 * Whom a message is for stands in a flat array beside the entries, so that
 * looking for one connection's messages among some ten thousand does not touch
 * these.
 */
#ifndef CORE_HISTORY_H
#define CORE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "core/place.h"

struct aim_room;
struct history;
struct message;
struct metrics;

enum { HISTORY_ID_MAX = PLACE_MAX };

/*
 * An empty one without a position. A message is queued memory in metrics, which
 * are borrowed, from when the ring lets go of it. Never NULL.
 */
struct history *history_new(enum place_kind kind, size_t max_bytes,
    int64_t max_age_ms, struct metrics *metrics);
/* Gives all messages back. NULL is fine. */
void history_free(struct history *h);

/* Keep no more than this from now on. */
void history_set_bounds(
    struct history *h, size_t max_bytes, int64_t max_age_ms);

/* --- what comes --- */

/*
 * The head is called by this mark, or by this id of a stream, from now on; it
 * keeps the name that it has. Where there was no position there is one now,
 * behind which nothing is kept. False with nothing changed when it can be no
 * name of the head: it is ill-formed, a mark that has been heard before, or the
 * id of another entry than the last.
 */
bool history_mark(struct history *h, struct slice id)
    __attribute__((warn_unused_result));
/*
 * What comes has no known order with what came: there is no position any more,
 * and whoever is at one that there was has missed something.
 */
void history_void(struct history *h);
bool history_is_placed(const struct history *h);
/* Whether this position was before the last history_void. */
bool history_is_void(const struct history *h, uint64_t position);

/*
 * A payload has come: the head is its position from now on, and there is
 * nothing at it yet. There is a position.
 */
void history_advance(struct history *h, int64_t now_ms);
/*
 * The same with a stream; the entry came at came_ms, or when the one before
 * came if that was later. False when its place is not behind the head's.
 */
bool history_advance_to(struct history *h, const struct place *entry,
    int64_t came_ms) __attribute__((warn_unused_result));
/*
 * At the head is this message, of which a reference is taken over; or a hole,
 * as is a message that is larger than all there may be, or for which there is
 * no memory. Once at most after history_advance.
 */
void history_keep(struct history *h, struct message *m);
void history_lose(struct history *h);
/*
 * Behind the head something is missing: the head is a hole that has no name of
 * its own.
 */
void history_add_hole(struct history *h, int64_t now_ms);
/*
 * Messages that are nothing from now on: the one of this id, those that name
 * one of these rooms, which are sorted in place. All of the history is looked
 * through for rooms: a nanosecond or two for each name in it. Returns how many.
 */
size_t history_forget_id(struct history *h, struct slice id);
size_t history_forget_rooms(
    struct history *h, struct aim_room *rooms, size_t count);
/* Let go of what has become too old. */
void history_expire(struct history *h, int64_t now_ms);

/* --- positions and ids --- */

/* The last position, and the one before the oldest that is kept. */
uint64_t history_head(const struct history *h);
uint64_t history_floor(const struct history *h);
/* When what is at this position, above the floor, has come. */
int64_t history_came_ms(const struct history *h, uint64_t position);
/* Bytes that are kept, all counted; and bytes ever kept, to see them pass. */
size_t history_bytes(const struct history *h);
uint64_t history_passed(const struct history *h);

/* The id of a position, from the floor to the head, written to out. */
struct slice history_id(
    const struct history *h, uint64_t position, char out[HISTORY_ID_MAX + 1]);

/* The position of a cursor, to the letter, while there is one. */
enum history_found {
	HISTORY_AT,      /* from the floor to the head */
	HISTORY_OLD,     /* below the floor */
	HISTORY_LATER,   /* another instance may have heard of it already */
	HISTORY_UNKNOWN, /* none that was ever given out */
};
enum history_found history_find(
    const struct history *h, struct slice id, uint64_t *position);

#endif
