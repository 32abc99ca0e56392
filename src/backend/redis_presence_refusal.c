#include "backend/redis_presence_refusal.h"

#include <string.h>

#include "backend/redis_failure.h"

#define RIGHTS                                                              \
	"permit this user the commands of presence on roomcast:presence:* " \
	"and on the stream of events, in the server's ACL: "                \
	"docs/redis.md#users"

/*
 * Servers have changed their words with their versions, and a script's error
 * stands behind its command: so they are looked for anywhere.
 */
static const struct row {
	const char *words;
	enum redis_failure_kind kind;
	const char *remedy;
} rows[] = {
	{ "NOPERM", REDIS_FAILURE_DENIED, RIGHTS },
	{ "executing the script can't", REDIS_FAILURE_DENIED, RIGHTS },
	{ "WRONGTYPE", REDIS_FAILURE_REFUSED,
	    "that key holds something else: delete it, or for a stream name "
	    "another one in events.stream" },
	{ "OOM ", REDIS_FAILURE_REFUSED,
	    "the server has no memory left: raise its maxmemory" },
};

static bool has(struct slice error, const char *words)
{
	return error.len > 0 &&
	       memmem(error.ptr, error.len, words, strlen(words));
}

void redis_presence_explain(struct redis_failure *why, struct slice error)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!has(error, rows[i].words))
			continue;
		why->kind = rows[i].kind;
		why->remedy = rows[i].remedy;
		return;
	}
}

bool redis_presence_is_on_its_way(struct slice error)
{
	return slice_starts_with(error, slice_str("ASK ")) ||
	       slice_starts_with(error, slice_str("TRYAGAIN")) ||
	       has(error, "access a non local key");
}
