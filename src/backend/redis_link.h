/*
 * redis_link: one connection to a Redis server, from dialling to the last
 * value: behind the greeting (backend/redis_greeting) it hands over each value
 * that comes, or each item of it. What is sent and when to connect again is its
 * owner's matter.
 */
#ifndef BACKEND_REDIS_LINK_H
#define BACKEND_REDIS_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/redis_failure.h"
#include "base/slice.h"
#include "proto/resp.h"

struct event_base;
struct redis_find;
struct redis_link;
struct redis_role;
struct redis_role_rule;
struct resolve_address;
struct resp_part;

/* What a link tells its owner; any of these may close the link. */
struct redis_link_sink {
	/* Let in: commands may be sent. */
	void (*on_ready)(void *arg);
	/* A reply or a push; borrowed for the call. */
	void (*on_value)(void *arg, const struct resp_value *value);
	/* Instead, where it is not NULL: an item (proto/resp_items). */
	void (*on_part)(void *arg, const struct resp_part *part);
	/* All that one read brought has been handed over; or NULL. */
	void (*on_read_end)(void *arg);
	/* No connection came about, or it was lost; the link is closed. */
	void (*on_lost)(void *arg, const struct redis_failure *why);
};

struct redis_link_options {
	struct redis_find *find;      /* borrowed until redis_link_free */
	struct redis_role_rule *role; /* the same */
	uint32_t database; /* 0: the one that a connection begins in */
	/* A longer string ends the connection, or passes by as an item. */
	size_t max_string;
};

/* A closed link. sink and what arg points at outlive it. */
struct redis_link *redis_link_new(struct event_base *base,
    const struct redis_link_options *options,
    const struct redis_link_sink *sink, void *arg);
void redis_link_free(struct redis_link *link);

/* Another max_string, in any state; it counts from the next string on. */
void redis_link_set_max(struct redis_link *link, size_t max_string);

/* Connect. The link is closed. Ends in on_ready or on_lost, not at once. */
void redis_link_open(struct redis_link *link);

/* Close at once, without on_lost; nothing when it is closed. */
void redis_link_close(struct redis_link *link);

/* Between on_ready and the close. */
bool redis_link_is_ready(const struct redis_link *link);
bool redis_link_is_closed(const struct redis_link *link);

/* To where it is connected; empty when it was reset. The link is ready. */
void redis_link_peer(
    const struct redis_link *link, struct resolve_address *peer);

/*
 * Send a command, its name and its arguments; the link is ready. Returns 0 or
 * -ENOMEM.
 */
int redis_link_send(struct redis_link *link, const struct slice *arguments,
    size_t count) __attribute__((warn_unused_result));

/* As redis_link_send, but it leaves with the next flush or send. */
int redis_link_put(struct redis_link *link, const struct slice *arguments,
    size_t count) __attribute__((warn_unused_result));
int redis_link_flush(struct redis_link *link)
    __attribute__((warn_unused_result));

/*
 * Ask again who the server is (backend/redis_role); the link is ready, and no
 * such answer under way: redis_link_awaits_role. As redis_link_send.
 */
int redis_link_ask_role(struct redis_link *link)
    __attribute__((warn_unused_result));
bool redis_link_awaits_role(const struct redis_link *link);

/*
 * An item of that answer, which the owner knows by its turn. A server that is
 * not what it must be is lost, by on_lost. True: a second question was sent,
 * behind all that is under way.
 */
bool redis_link_take_role(
    struct redis_link *link, const struct resp_part *part);

/* Whether the server has left, which a paused link does not tell. */
bool redis_link_has_ended(const struct redis_link *link);

/* Stop reading, or go on with what waits; holds for later connections too. */
void redis_link_set_paused(struct redis_link *link, bool is_paused);

#endif
