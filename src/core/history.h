/*
 * history: the last payloads that the hub has heard, for who comes back.
 *
 * Each payload has a position: they are counted from 1 on, also those that are
 * no message. A position has an id, MARK~POSITION, where the mark is random and
 * good for one life of this process: what another one has given out is unknown
 * here. A cursor is the id of the last position that a client has, so 0 is one
 * as well.
 *
 * What is kept of a position is a message, nothing (a command, what was
 * malformed or is not to be kept), or a hole: something was lost there, and
 * whoever passes must be told. The oldest go first, by memory and by age. The
 * main thread's.
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

struct history;
struct message;
struct metrics;

enum {
	HISTORY_MARK_MAX = 24,
	HISTORY_ID_MAX = HISTORY_MARK_MAX + 1 + 20, /* without NUL */
};

/*
 * An empty one. mark, of up to HISTORY_MARK_MAX characters of ids
 * ([A-Za-z0-9._-]), is copied. A message is queued memory in metrics, which
 * are borrowed, from when the ring lets go of it. Never NULL.
 */
struct history *history_new(const char *mark, size_t max_bytes,
    int64_t max_age_ms, struct metrics *metrics);
/* Gives all messages back. NULL is fine. */
void history_free(struct history *h);

/*
 * A payload has come: the head is its position from now on, and there is
 * nothing at it yet.
 */
void history_advance(struct history *h, int64_t now_ms);
/*
 * At the head is this message, of which a reference is taken over; or a hole.
 * After history_advance, once at most.
 */
void history_keep(struct history *h, struct message *m);
void history_lose(struct history *h);
/* Let go of what has become too old. */
void history_expire(struct history *h, int64_t now_ms);

/* The last position, and the one before the oldest that is kept. */
uint64_t history_head(const struct history *h);
uint64_t history_floor(const struct history *h);
/* When what is at this position, above the floor, has come. */
int64_t history_came_ms(const struct history *h, uint64_t position);
/* Bytes that are kept, all counted; and bytes ever kept, to see them pass. */
size_t history_bytes(const struct history *h);
uint64_t history_passed(const struct history *h);

/* The id of a position, written to out. */
struct slice history_id(
    const struct history *h, uint64_t position, char out[HISTORY_ID_MAX + 1]);

/*
 * The position of a cursor, to the letter: from the floor to the head; or that
 * it is ours and below the floor; or none that was ever given out.
 */
enum history_found { HISTORY_AT, HISTORY_OLD, HISTORY_UNKNOWN };
enum history_found history_find(
    const struct history *h, struct slice id, uint64_t *position);

#endif
