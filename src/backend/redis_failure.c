/*
 * redis_failure: one table, from a command and the server's error to what kind
 * of failure that is, and what helps.
 */
#include "backend/redis_failure.h"

#include <string.h>

#include "base/err.h"

#define REFUSED REDIS_FAILURE_REFUSED
#define DENIED  REDIS_FAILURE_DENIED
#define FULL    REDIS_FAILURE_FULL

#define SHARD_RIGHTS                                                           \
	"permit this user +ssubscribe, +sunsubscribe, +ping and the channels " \
	"of rooms in the servers' ACL"

#define EVENTS_RIGHTS                                                         \
	"permit this user +xadd on the key of events.stream, and +multi and " \
	"+exec, in the server's ACL: docs/redis.md#users"

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
	{ "SSUBSCRIBE", "NOPERM", DENIED, SHARD_RIGHTS },
	{ "SUNSUBSCRIBE", "NOPERM", DENIED, SHARD_RIGHTS },
	{ "PING", "NOPERM", DENIED,
	    "permit this user +ping in the servers' ACL" },
	{ "SSUBSCRIBE", "ERR unknown command", REFUSED,
	    "redis.cluster.sharded wants Redis 7 or Valkey" },
	{ "XADD", "NOPERM", DENIED, EVENTS_RIGHTS },
	{ "EXEC", "NOPERM", DENIED,
	    "permit this user +multi and +exec in the server's ACL: "
	    "docs/redis.md#users" },
	{ "SELECT", "NOPERM", DENIED,
	    "permit this user +select in the server's ACL" },
	{ "X", "NOPERM", DENIED,
	    "permit this user +xinfo, +xread, +xrange, +xrevrange and the key "
	    "of history.stream in the server's ACL" },
	{ "SENTINEL", "NOPERM", DENIED,
	    "permit this user +sentinel|get-master-addr-by-name in the "
	    "sentinels' ACL" },
	{ "ASKING", "NOPERM", DENIED,
	    "permit this user +asking in the servers' ACL" },
	{ "CLUSTER", "NOPERM", DENIED,
	    "permit this user +cluster|slots and +cluster|info in the servers' "
	    "ACL" },
	{ NULL, "NOPERM", DENIED,
	    "permit this user +subscribe, +unsubscribe, +publish and the "
	    "channels in the server's ACL" },
	{ NULL, "NOAUTH", DENIED,
	    "set redis.password_file, or a password in redis.url" },
	{ NULL, "WRONGPASS", DENIED,
	    "check redis.username and redis.password_file" },
	{ NULL, "ERR invalid password", DENIED, /* before Redis 6 */
	    "check redis.password_file" },
	{ NULL, "ERR invalid username", REFUSED, "check redis.username" },
	{ NULL, "ERR AUTH", REFUSED,
	    "the server wants no password: remove it here or set one there" },
	{ NULL, "ERR Client sent AUTH", REFUSED,
	    "the server wants no password: remove it here or set one there" },
	{ NULL, "ERR wrong number of arguments for 'auth'", REFUSED,
	    "a server before Redis 6 knows no users: remove redis.username" },
	{ "XADD", "WRONGTYPE", REFUSED,
	    "events.stream names a key that holds something else: name "
	    "another, or delete that" },
	{ NULL, "WRONGTYPE", REFUSED,
	    "history.stream names a key that holds something else: name "
	    "another, or delete that" },
	{ NULL, "ERR DB index", REFUSED,
	    "name a database in redis.url that the server has" },
	{ NULL, "OOM", REFUSED,
	    "the server has no memory left: raise its maxmemory" },
	{ NULL, "READONLY", REDIS_FAILURE_ROLE,
	    "wait: the server has become a replica; or name the master" },
	{ NULL, "NOREPLICAS", REFUSED,
	    "wait: the server has too few replicas for its "
	    "min-replicas-to-write" },
	{ NULL, "MISCONF", REFUSED,
	    "the server cannot save what it has: see its log, and its disk" },
	{ NULL, "LOADING", REFUSED, "wait: the server is loading its data" },
	{ NULL, "MASTERDOWN", REFUSED,
	    "wait: the replica has lost its master" },
	{ NULL, "CLUSTERDOWN", REFUSED,
	    "wait: the cluster does not serve the key's slot" },
	{ NULL, "TRYAGAIN", REFUSED, "wait: the key is on its way" },
	{ NULL, "UNBLOCKED", REDIS_FAILURE_MOVED,
	    "wait: the server has become a replica" },
	{ NULL, "ERR max number of clients", FULL,
	    "raise maxclients of the server" },
	{ NULL, "DENIED", REFUSED,
	    "the server is in protected mode: give it a password" },
	{ NULL, "MOVED", REDIS_FAILURE_MOVED,
	    "this is a node of a cluster: name it by redis.cluster, in place "
	    "of redis.url" },
	{ NULL, "ERR This instance has cluster", REFUSED,
	    "this is a server in no cluster: name it by redis.url, in place of "
	    "redis.cluster" },
	{ NULL, "ERR unknown command", REFUSED, "is it a Redis server?" },
	{ NULL, NULL, REFUSED, "see the log of the server" },
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

const char *redis_failure_label(enum redis_failure_kind kind)
{
	static const char *const labels[] = {
#define SOURCE_FAILURE(id, label) label,
#include "core/source_failure.def"
#undef SOURCE_FAILURE
	};

	return labels[kind];
}

struct redis_failure redis_failure_make(
    enum redis_failure_kind kind, const char *reason)
{
	struct redis_failure f = { .kind = kind };

	copy_cut(f.reason, sizeof f.reason, slice_str(reason));
	return f;
}

struct redis_failure redis_failure_errno(int code)
{
	const char *text = strerrordesc_np(code);

	return redis_failure_make(
	    REDIS_FAILURE_CLOSED, text ? text : "unknown error");
}

struct redis_failure redis_failure_memory(void)
{
	return redis_failure_make(REDIS_FAILURE_LOCAL, "out of memory");
}

struct redis_failure redis_failure_moved(void)
{
	return redis_failure_make(
	    REDIS_FAILURE_MOVED, "its name leads elsewhere by now");
}

struct redis_failure redis_failure_unasked(void)
{
	return redis_failure_make(REDIS_FAILURE_PROTOCOL,
	    "protocol error: not the answer that was asked for");
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

bool redis_failure_is_of(
    const struct redis_failure *f, enum redis_failure_kind kind)
{
	return f->kind == kind && !f->is_oracles;
}

bool redis_failure_is_final(const struct redis_failure *f)
{
	return redis_failure_is_of(f, REDIS_FAILURE_DENIED) ||
	       redis_failure_is_of(f, REDIS_FAILURE_ROLE);
}

bool redis_failure_is_said(const struct redis_failure *f)
{
	return f->kind != REDIS_FAILURE_CLOSED &&
	       f->kind != REDIS_FAILURE_RESOLVE &&
	       f->kind != REDIS_FAILURE_CONNECT &&
	       f->kind != REDIS_FAILURE_TIMEOUT;
}

struct redis_failure redis_failure_nowhere(
    const char *words, const struct redis_failure *why)
{
	struct redis_failure f = *why;
	struct err text;

	if (!redis_failure_is_said(why))
		f.kind = REDIS_FAILURE_RESOLVE;
	(void)err_set(&text, 0, "%s: %s", words, why->reason);
	copy_cut(f.reason, sizeof f.reason, slice_str(text.text));
	f.is_oracles = true;
	return f;
}
