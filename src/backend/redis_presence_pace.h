/*
 * redis_presence_pace: how soon what an answer asks for is asked: the next page
 * of a scan, more of a sweep. No sockets, no timers.
 *
 * How often that goes on is the server's to say, and each time may be honest: a
 * set has no greatest size, pages of a scan may be empty, and only Redis itself
 * says that a cursor comes to its end. So no number of them is too many, but
 * behind each there is a rest: a server that lies costs some hundred commands a
 * second, and a million seats still take less than a minute.
 */
#ifndef BACKEND_REDIS_PRESENCE_PACE_H
#define BACKEND_REDIS_PRESENCE_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PRESENCE_REST_MS = 2,
	PRESENCE_SEATS_A_MS = 50, /* more: it rests for longer */
	PRESENCE_TELL_MS = 300000,
};

/* Zero-initialised: nothing is asked for. */
struct redis_presence_pace {
	int64_t until_ms; /* it rests */
	int64_t since_ms; /* it goes on; 0: it does not */
};

/* How long it rests yet; 0: the next one may be asked. */
int64_t redis_presence_pace_rest_ms(
    const struct redis_presence_pace *p, int64_t now_ms);

/*
 * An answer about so many seats has come. True: answers have asked for more for
 * so long that the log is to have a line of it, and a next one after as long.
 */
bool redis_presence_pace_take(struct redis_presence_pace *p, uint64_t seats,
    int64_t now_ms) __attribute__((warn_unused_result));

/* Nothing more is asked for. */
void redis_presence_pace_end(struct redis_presence_pace *p);

#endif
