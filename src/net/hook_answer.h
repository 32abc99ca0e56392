/*
 * hook_answer: what the app said about a client, from its JSON.
 */
#ifndef NET_HOOK_ANSWER_H
#define NET_HOOK_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "net/identity.h"

struct hook_answer {
	int status; /* 200 admitted; 401, 403 refused; 503 anything else */
	/* user_name_is_valid; json_tree_parse, without nulls. */
	struct identity identity;
};

/*
 * Read the body of an answer that admits, at now_s: a JSON object. Each of
 * user, rooms and expires_at may be absent or null, which is the same; rooms
 * are checked to be names. expires_at in the past turns into status 401.
 * Returns 0, or -EINVAL with *why (a literal; nothing of the body) and out
 * empty; then the client gets 503. out is to be given to hook_answer_fini.
 */
int hook_answer_parse(struct slice body, int64_t now_s, struct hook_answer *out,
    const char **why) __attribute__((warn_unused_result));

/* Free what an answer holds. */
void hook_answer_fini(struct hook_answer *a);

/* Who asked is told; the answer is borrowed for the call. */
typedef void (*hook_answer_fn)(void *arg, const struct hook_answer *answer);

#endif
