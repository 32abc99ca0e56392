/*
 * redis_node: the question to a node of a cluster where its slots are (CLUSTER
 * SLOTS), on a connection for each question. A node that is cut off from the
 * others is not believed. Main thread.
 */
#ifndef BACKEND_REDIS_NODE_H
#define BACKEND_REDIS_NODE_H

#include <stdbool.h>
#include <stddef.h>

struct address;
struct conf_tls;
struct event_base;
struct redis_failure;
struct redis_login;
struct redis_node;
struct redis_role_rule;
struct redis_slots;

/* Descriptors of one: the connection, what is dialled, look-ups. */
enum { REDIS_NODE_FILES_MAX = 5 };

/* As whom to come to any node; what is pointed at outlives it. */
struct redis_node_options {
	const struct redis_login *login;
	const struct conf_tls *tls;
	struct redis_role_rule *rule; /* of who is only asked */
};

/*
 * The answer: a table that is the callee's; or NULL, and why, borrowed for the
 * call. Once a question. The node may be asked again by then.
 */
typedef void (*redis_node_fn)(void *arg, struct redis_node *n,
    struct redis_slots *table, const struct redis_failure *why);

/* One that is asked nothing, and is nowhere yet. */
struct redis_node *redis_node_new(struct event_base *base,
    const struct redis_node_options *options, redis_node_fn fn, void *arg);

/* Not in a call of fn. NULL is fine. */
void redis_node_free(struct redis_node *n);

/*
 * Ask the node there. fn is not called before this returns. Nothing is asked.
 */
void redis_node_ask(struct redis_node *n, const struct address *where);

/* Wait for the answer no more; nothing when none is awaited. */
void redis_node_cease(struct redis_node *n);
bool redis_node_is_asked(const struct redis_node *n);

/* The one that was asked last. */
const struct address *redis_node_address(const struct redis_node *n);

#endif
