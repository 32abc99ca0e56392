/*
 * allowances: what the hub does at most for those who come back: how many of
 * them it has at a time, in all and of one address, and how many bytes a second
 * an address is handed of what it missed. Who asks for more waits, or is told
 * of a gap: `since` costs a client little. Part of the hub; main thread only.
 */
#ifndef CORE_ALLOWANCES_H
#define CORE_ALLOWANCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"

struct conf;
struct resume;

struct allowances {
	const struct conf *conf; /* borrowed; limits */
	struct hash_key hash_key;
	struct map addresses; /* of struct allowance, owned */
	struct list idle;     /* of those: who have nobody here */
	size_t count;         /* of resumes that are here */
};

void allowances_init(struct allowances *a, const struct conf *conf);
void allowances_fini(struct allowances *a);

/*
 * The hub has r from now on, until allowances_leave. False: it has come with
 * more than there may be, and is to be sent away; who has begun stays.
 */
bool allowances_enter(struct allowances *a, struct resume *r);
/*
 * Whether r, which is here, may have a page now. False: its address has had too
 * much. r is delayed from now on, and goes before those who come later.
 */
bool allowances_may_read(
    struct allowances *a, struct resume *r, int64_t now_ms);
/* r goes with its page, or goes; nothing where it is not here. */
void allowances_leave(struct allowances *a, struct resume *r, int64_t now_ms);

/* Now and then: forget addresses that have nobody here and owe nothing. */
void allowances_tick(struct allowances *a, int64_t now_ms);

#endif
