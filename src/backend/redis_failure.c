/*
 * redis_failure: one table from the server's error to what helps.
 */
#include "backend/redis_failure.h"

#include <stdbool.h>
#include <string.h>

/* How an error begins, and what to do about it; the first match counts. */
static const struct remedy {
	const char *prefix;
	const char *text;
} remedies[] = {
	{ "NOAUTH", "set redis.password_file, or a password in redis.url" },
	{ "WRONGPASS", "check redis.username and redis.password_file" },
	{ "ERR invalid password", "check redis.password_file" },
	{ "ERR invalid username", "check redis.username" },
	{ "ERR AUTH", "the server wants no password: remove it here or set "
		      "one there" },
	{ "ERR Client sent AUTH", "the server wants no password: remove it "
				  "here or set one there" },
	{ "ERR wrong number of arguments for 'auth'",
	    "a server before Redis 6 knows no users: remove redis.username" },
	{ "NOPERM", "permit this user +subscribe, +unsubscribe, +publish and "
		    "the channels in the server's ACL" },
	{ "WRONGTYPE", "history.stream names a key that holds something else: "
		       "name another, or delete that" },
	{ "ERR DB index", "name a database in redis.url that the server has" },
	{ "LOADING", "wait: the server is loading its data" },
	{ "MASTERDOWN", "wait: the replica has lost its master" },
	{ "ERR max number of clients", "raise maxclients of the server" },
	{ "DENIED", "the server is in protected mode: give it a password" },
	{ "MOVED", "point redis.url to a server outside of a cluster" },
	{ "ERR unknown command", "is it a Redis server?" },
	{ NULL, "see the log of the server" },
};

/* What helps with commands that begin so; before the others. */
static const struct {
	const char *command;
	struct remedy remedy;
} special[] = {
	{ "PSUBSCRIBE",
	    { "NOPERM", "permit this user +psubscribe, and the pattern to the "
			"letter among its channels, in the server's ACL" } },
	{ "SELECT",
	    { "NOPERM", "permit this user +select in the server's ACL" } },
	{ "X",
	    { "NOPERM", "permit this user +xinfo, +xread, +xrange, +xrevrange "
			"and the key of history.stream in the server's ACL" } },
};

/* Errors that say more than that a command failed. */
static const struct {
	const char *prefix;
	enum redis_failure_kind kind;
} kinds[] = {
	{ "NOAUTH", REDIS_FAILURE_DENIED },
	{ "NOPERM", REDIS_FAILURE_DENIED },
	{ "WRONGPASS", REDIS_FAILURE_DENIED },
	{ "ERR invalid password", REDIS_FAILURE_DENIED }, /* before Redis 6 */
	{ "ERR max number of clients", REDIS_FAILURE_FULL },
};

static bool is_like(struct slice text, const char *prefix)
{
	return slice_starts_with(text, slice_str(prefix));
}

static enum redis_failure_kind find_kind(struct slice reply)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (is_like(reply, kinds[i].prefix))
			return kinds[i].kind;
	return REDIS_FAILURE_OTHER;
}

/* The row of an error; its last one, without a prefix, is for the others. */
static const struct remedy *find_remedy(const char *command, struct slice reply)
{
	const struct remedy *r = remedies;

	for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
		if (is_like(slice_str(command), special[i].command) &&
		    is_like(reply, special[i].remedy.prefix))
			return &special[i].remedy;
	while (r->prefix && !is_like(reply, r->prefix))
		r++;
	return r;
}

static void copy_cut(char *out, size_t size, struct slice text)
{
	size_t len = text.len < size - 1 ? text.len : size - 1;

	if (len > 0)
		memcpy(out, text.ptr, len);
	out[len] = '\0';
}

struct redis_failure redis_failure_make(const char *reason)
{
	struct redis_failure f = { .command = NULL };

	copy_cut(f.reason, sizeof f.reason, slice_str(reason));
	return f;
}

struct redis_failure redis_failure_errno(int code)
{
	const char *text = strerrordesc_np(code);

	return redis_failure_make(text ? text : "unknown error");
}

/*
 * What of a reply may go into the log. A server may quote the arguments of a
 * command that it does not like, and AUTH's is the password: of its replies
 * only words that are known, or the first one, are shown.
 */
static struct slice showable(
    const char *command, struct slice reply, const struct remedy *remedy)
{
	size_t word = 0;

	if (strcmp(command, "AUTH") != 0)
		return reply;
	if (remedy->prefix)
		return slice_str(remedy->prefix);
	while (word < reply.len && reply.ptr[word] != ' ')
		word++;
	return slice_of(reply.ptr, word);
}

struct redis_failure redis_failure_refused(
    const char *command, struct slice channel, struct slice reply)
{
	const struct remedy *remedy = find_remedy(command, reply);
	struct redis_failure f = { .kind = find_kind(reply),
		.command = command,
		.remedy = remedy->text };

	copy_cut(f.reason, sizeof f.reason, showable(command, reply, remedy));
	copy_cut(f.channel, sizeof f.channel, channel);
	return f;
}
