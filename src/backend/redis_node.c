/* redis_node: a link that is open while a question is. */
#include "backend/redis_node.h"

#include <stdlib.h>

#include "backend/redis_find.h"
#include "backend/redis_link.h"
#include "backend/redis_role.h"
#include "backend/redis_slots.h"
#include "base/mem.h"
#include "proto/resp_items.h"

enum { STRING_MAX = 16 << 10 }; /* CLUSTER INFO counts all kinds of messages */

struct redis_node {
	redis_node_fn fn;
	void *arg;
	struct redis_find *find; /* owned */
	struct redis_link *link; /* owned; closed while nothing is asked */
	struct redis_slots_reader *reader; /* owned; of the answer */
};

static void end(struct redis_node *n)
{
	redis_link_close(n->link);
	redis_slots_reader_free(n->reader);
	n->reader = NULL;
}

static void fail(struct redis_node *n, const struct redis_failure *why)
{
	end(n);
	n->fn(n->arg, n, NULL, why);
}

static void fail_by(struct redis_node *n, struct redis_failure why)
{
	fail(n, &why);
}

static void on_lost(void *arg, const struct redis_failure *why)
{
	fail(arg, why);
}

static void on_ready(void *arg)
{
	const struct slice command[] = { slice_str("CLUSTER"),
		slice_str("SLOTS") };
	struct redis_node *n = arg;

	n->reader = redis_slots_reader_new(redis_find_address(n->find));
	if (redis_link_send(n->link, command, 2) < 0)
		fail_by(n, redis_failure_memory());
}

static void take(struct redis_node *n, const struct resp_part *part)
{
	struct redis_slots *table;
	struct err e;
	int rc = redis_slots_take(n->reader, part, &table, &e);

	if (rc == 0)
		return;
	if (rc < 0) {
		fail_by(n, redis_failure_make(REDIS_FAILURE_PROTOCOL, e.text));
		return;
	}
	end(n);
	n->fn(n->arg, n, table, NULL);
}

static void on_part(void *arg, const struct resp_part *part)
{
	struct redis_node *n = arg;

	if (part->type == RESP_ERROR)
		fail_by(n, redis_failure_refused(
			       "CLUSTER SLOTS", slice_of(NULL, 0), part->text));
	else
		take(n, part);
}

static const struct redis_link_sink sink = {
	.on_ready = on_ready,
	.on_part = on_part,
	.on_lost = on_lost,
};

void redis_node_ask(struct redis_node *n, const struct address *where)
{
	redis_find_follow(n->find, where);
	redis_link_open(n->link);
}

void redis_node_cease(struct redis_node *n)
{
	end(n);
}

bool redis_node_is_asked(const struct redis_node *n)
{
	return !redis_link_is_closed(n->link);
}

const struct address *redis_node_address(const struct redis_node *n)
{
	return redis_find_address(n->find);
}

struct redis_node *redis_node_new(struct event_base *base,
    const struct redis_node_options *options, redis_node_fn fn, void *arg)
{
	const struct address nowhere = { .port = 0 };
	struct redis_node *n = xcalloc(1, sizeof *n);
	struct redis_link_options link = { .max_string = STRING_MAX };

	n->fn = fn;
	n->arg = arg;
	n->find = redis_find_new_at(base, options->rule->source, &nowhere,
	    options->login, options->tls);
	link.find = n->find;
	link.role = options->rule;
	n->link = redis_link_new(base, &link, &sink, n);
	return n;
}

void redis_node_free(struct redis_node *n)
{
	if (!n)
		return;
	end(n);
	redis_link_free(n->link);
	redis_find_free(n->find);
	free(n);
}
