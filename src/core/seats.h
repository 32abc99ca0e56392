/*
 * seats: how many connections there are in rooms, for presence. A seat is a
 * room, or a user in a room; its number is that of the connections here which
 * are in the room, or of those that the user has there. A worker has a table of
 * what its connections do, and the main thread one of all of them.
 *
 * Whoever tells others of it takes what has changed from the front: a change
 * costs the same whether it is the first since then or the hundredth. Each
 * table is one thread's.
 */
#ifndef CORE_SEATS_H
#define CORE_SEATS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "base/slice.h"
#include "proto/names.h"

/* The name of a seat: ROOM, or ROOM NUL USER. Neither holds a NUL. */
enum { SEAT_NAME_MAX = ROOM_NAME_MAX + 1 + USER_NAME_MAX };

/* In which of the lists it is. */
enum seat_state {
	SEAT_RESTS,
	SEAT_CHANGED,
	SEAT_KEPT,
	SEAT_SENT,
	SEAT_REFUSED,
};

struct seat {
	struct map_node node;
	struct list link;
	uint32_t count;
	uint32_t taken; /* its number as it was when it was last taken */
	uint32_t told;  /* as all know it */
	uint32_t since; /* KEPT: rounds that had begun */
	uint16_t name_len;
	uint8_t state;     /* enum seat_state */
	bool is_new_again; /* SENT: it has changed since */
	bool is_known;     /* it was taken once: others may know of it */
	bool was_refused;  /* the last time that it was told */
	bool may_go;       /* it was kept for long enough */
	char name[];
};

/*
 * A table may keep a seat that all have left, for some rounds (core/
 * seat_rounds): to all others one is there until these are over. Who comes
 * meanwhile, or has been there, begins that anew.
 */
struct seats {
	struct map map; /* of struct seat */
	struct list resting, changed, kept, sent, refused;
	uint32_t keeps;       /* rounds; 0: it keeps none */
	uint32_t begun, done; /* rounds */
};

/* Aborts when memory is out. NULL is fine for seats_free. */
struct seats *seats_new(void);
void seats_free(struct seats *s);
/* The same of one that is a part of something, and keeps for so many rounds. */
void seats_init(struct seats *s, uint32_t keeps);
/* Frees all seats. */
void seats_fini(struct seats *s);

/*
 * So many more at this seat, or fewer: never below 0. The name is one of at
 * most SEAT_NAME_MAX bytes, and hash always the same for it. It has changed
 * then, and is there until somebody has taken that; in a table that keeps, one
 * that nobody has taken yet is gone as soon as nobody is there. Aborts when
 * memory is out.
 */
void seats_add(struct seats *s, struct slice name, uint64_t hash, int32_t more);
/* Somebody has come there and gone since the last change; is there one? */
void seats_touch(struct seats *s, struct slice name, uint64_t hash);
/*
 * Others know of one at which, unless it is there, nobody is: they are to be
 * told. 0, or -ENOMEM: a peer says how many of these there are.
 */
int seats_learn(struct seats *s, struct slice name, uint64_t hash)
    __attribute__((warn_unused_result));

/* Whether some are kept, for which rounds are wanted. */
static inline bool seats_are_kept(const struct seats *s)
{
	return !list_is_empty(&s->kept);
}

/*
 * A round begins: after this every change that was made before it is added, and
 * then it ends. One at a time.
 */
void seats_begin_round(struct seats *s);
void seats_end_round(struct seats *s);
/* From now on it keeps none. */
void seats_keep_none(struct seats *s);

/* Whether there is one to take. */
bool seats_have_changed(const struct seats *s);

/*
 * Of those that have changed the first, or before that one that was kept for
 * long enough, taken: `taken` is its number. Or NULL.
 */
struct seat *seats_send(struct seats *s);
/* The one that was taken first, and not answered for; or NULL. */
struct seat *seats_sent(const struct seats *s);

/*
 * All know of that one, as it was when it was taken. One that has changed since
 * has changed; one at which nobody is is gone.
 */
void seats_arrive(struct seats *s, struct seat *seat);
/* It is to be told again. */
void seats_return(struct seats *s, struct seat *seat);

/*
 * Nobody takes that one, which was taken; it stands aside, whatever becomes of
 * it, until all of these are to be told again.
 */
void seats_refuse(struct seats *s, struct seat *seat);
void seats_return_refused(struct seats *s);

static inline bool seats_are_refused(const struct seats *s)
{
	return !list_is_empty(&s->refused);
}

/*
 * All that were taken are to be told again, before all others: who can never be
 * told asks for the same ones then. Or all that there are; at once.
 */
void seats_return_sent(struct seats *s);
void seats_return_all(struct seats *s);

static inline struct slice seat_name(const struct seat *s)
{
	return slice_of(s->name, s->name_len);
}

/* Its room, and its user, which is empty where the seat is the room. */
struct slice seat_room(struct slice name);
struct slice seat_user(struct slice name);

/*
 * Write the name of a user's seat to out; its length is returned. Both names
 * are valid.
 */
struct slice seat_of_user(
    struct slice room, struct slice user, char out[SEAT_NAME_MAX]);

#endif
