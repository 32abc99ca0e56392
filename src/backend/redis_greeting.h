/*
 * redis_greeting: the first words on a connection: who we are (AUTH, CLIENT
 * SETNAME), where what we ask about is (SELECT), and who the server is (ROLE);
 * and whether it lets us in. No sockets.
 */
#ifndef BACKEND_REDIS_GREETING_H
#define BACKEND_REDIS_GREETING_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/redis_failure.h"
#include "base/buf.h"

struct redis_login;
struct redis_role;
struct resp_part;

/* In the order in which they are said, and answered. */
enum redis_greeting_word {
	REDIS_GREETING_AUTH,
	REDIS_GREETING_SELECT,
	REDIS_GREETING_SETNAME,
	REDIS_GREETING_ROLE,
	REDIS_GREETING_WORDS,
};

struct redis_greeting {
	bool is_said[REDIS_GREETING_WORDS];
	unsigned awaited;        /* whose reply comes next */
	struct redis_role *role; /* borrowed */
};

/*
 * Begin: append to out what is said, all at once. False with *why when the
 * password cannot be read, or memory is out. Whoever has sent out wipes it.
 * role, as it has begun, lives as long as the greeting.
 */
bool redis_greeting_write(struct redis_greeting *g,
    const struct redis_login *login, uint32_t database, struct redis_role *role,
    struct buf *out, struct redis_failure *why)
    __attribute__((warn_unused_result));

/*
 * The next item of the replies. 1: that was the last one, we are in; 0: another
 * one comes, after what was appended to out, if anything, is sent; a negative
 * errno with *why: we are not.
 */
int redis_greeting_take(struct redis_greeting *g, const struct resp_part *part,
    struct buf *out, struct redis_failure *why)
    __attribute__((warn_unused_result));

#endif
