/*
 * redis_failure: one table, from a command and the server's error to what kind
 * of failure that is, and what helps.
 */
#include "backend/redis_failure.h"

#include <stdbool.h>
#include <string.h>

#define OTHER  REDIS_FAILURE_OTHER
#define DENIED REDIS_FAILURE_DENIED
#define FULL   REDIS_FAILURE_FULL

/* The first row that matches counts; the last one, without an error, any. */
static const struct row {
	const char *command; /* how it begins; NULL: any */
	const char *error;   /* the same */
	enum redis_failure_kind kind;
	const char *remedy;
} rows[] = {
	{ "PSUBSCRIBE", "NOPERM", DENIED,
	    "permit this user +psubscribe, and the pattern to the letter among "
	    "its channels, in the server's ACL" },
	{ "SELECT", "NOPERM", DENIED,
	    "permit this user +select in the server's ACL" },
	{ "X", "NOPERM", DENIED,
	    "permit this user +xinfo, +xread, +xrange, +xrevrange and the key "
	    "of history.stream in the server's ACL" },
	{ NULL, "NOPERM", DENIED,
	    "permit this user +subscribe, +unsubscribe, +publish and the "
	    "channels in the server's ACL" },
	{ NULL, "NOAUTH", DENIED,
	    "set redis.password_file, or a password in redis.url" },
	{ NULL, "WRONGPASS", DENIED,
	    "check redis.username and redis.password_file" },
	{ NULL, "ERR invalid password", DENIED, /* before Redis 6 */
	    "check redis.password_file" },
	{ NULL, "ERR invalid username", OTHER, "check redis.username" },
	{ NULL, "ERR AUTH", OTHER,
	    "the server wants no password: remove it here or set one there" },
	{ NULL, "ERR Client sent AUTH", OTHER,
	    "the server wants no password: remove it here or set one there" },
	{ NULL, "ERR wrong number of arguments for 'auth'", OTHER,
	    "a server before Redis 6 knows no users: remove redis.username" },
	{ NULL, "WRONGTYPE", OTHER,
	    "history.stream names a key that holds something else: name "
	    "another, or delete that" },
	{ NULL, "ERR DB index", OTHER,
	    "name a database in redis.url that the server has" },
	{ NULL, "LOADING", OTHER, "wait: the server is loading its data" },
	{ NULL, "MASTERDOWN", OTHER, "wait: the replica has lost its master" },
	{ NULL, "ERR max number of clients", FULL,
	    "raise maxclients of the server" },
	{ NULL, "DENIED", OTHER,
	    "the server is in protected mode: give it a password" },
	{ NULL, "MOVED", OTHER,
	    "point redis.url to a server outside of a cluster" },
	{ NULL, "ERR unknown command", OTHER, "is it a Redis server?" },
	{ NULL, NULL, OTHER, "see the log of the server" },
};

static bool is_like(struct slice text, const char *beginning)
{
	return !beginning || slice_starts_with(text, slice_str(beginning));
}

static const struct row *find_row(const char *command, struct slice reply)
{
	const struct row *r = rows;

	while (!is_like(slice_str(command), r->command) ||
	       !is_like(reply, r->error))
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
    const char *command, struct slice reply, const struct row *row)
{
	size_t word = 0;

	if (strcmp(command, "AUTH") != 0)
		return reply;
	if (row->error)
		return slice_str(row->error);
	while (word < reply.len && reply.ptr[word] != ' ')
		word++;
	return slice_of(reply.ptr, word);
}

struct redis_failure redis_failure_refused(
    const char *command, struct slice channel, struct slice reply)
{
	const struct row *row = find_row(command, reply);
	struct redis_failure f = {
		.kind = row->kind, .command = command, .remedy = row->remedy
	};

	copy_cut(f.reason, sizeof f.reason, showable(command, reply, row));
	copy_cut(f.channel, sizeof f.channel, channel);
	return f;
}
