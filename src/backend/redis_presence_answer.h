/*
 * redis_presence_answer: what the server says to a command of presence, item by
 * item. No sockets.
 */
#ifndef BACKEND_REDIS_PRESENCE_ANSWER_H
#define BACKEND_REDIS_PRESENCE_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

struct resp_part;
struct seats;
struct hash_key;

/* How a beat has found the lease. */
enum redis_presence_lease { LEASE_HELD, LEASE_LATE, LEASE_GONE };

enum {
	PRESENCE_INSTANCE_MAX = 64, /* bytes of a name that is believed */
	PRESENCE_CURSOR_MAX = 24,
	/*
	 * Seats of one page of a scan. A server may send far more than it was
	 * asked for, the whole of a set that it keeps in one piece; but each of
	 * these that is none of ours takes memory until it is written.
	 */
	PRESENCE_SCANNED_MAX = 65536,
};

/* Zero-initialised before each answer. */
struct redis_presence_answer {
	unsigned at;    /* items that have come */
	uint32_t seats; /* of a page of a scan, */
	uint32_t left;  /* of which are to come */
	enum redis_presence_lease lease;
	char dead[PRESENCE_INSTANCE_MAX + 1]; /* an instance, or "" */
	char cursor[PRESENCE_CURSOR_MAX + 1];
};

/*
 * The next item of a beat's answer, or of a scan's: 1: that was the last one;
 * 0: more come; -EPROTO: it is no such answer; -ENOMEM: memory is out. Seats
 * that are written and are not among these become ones at which nobody is.
 */
int redis_presence_take_beat(struct redis_presence_answer *a,
    const struct resp_part *part) __attribute__((warn_unused_result));
int redis_presence_take_scan(struct redis_presence_answer *a,
    const struct resp_part *part, struct seats *seats,
    const struct hash_key *key) __attribute__((warn_unused_result));

/* Whether a scan has come to its end. */
bool redis_presence_has_scanned(const struct redis_presence_answer *a);

#endif
