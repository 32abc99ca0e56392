/*
 * redis_link: a wire and a reader. The owner may close the link in every
 * callback, so whatever calls one looks again before it goes on.
 */
#include "backend/redis_link.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "backend/redis_approach.h"
#include "backend/redis_find.h"
#include "backend/redis_role.h"
#include "backend/redis_tls.h"
#include "base/mem.h"
#include "proto/resp_items.h"
#include "proto/resp_values.h"
#include "proto/resp_write.h"
#include "sys/wire.h"

/*
 * A turn of the loop reads again when a read has filled its space, but not for
 * ever: there are others.
 */
enum { READS_MAX = 4 };

enum link_state { LINK_CLOSED, LINK_OPENING, LINK_READY };

struct redis_link {
	struct event_base *base;
	struct redis_link_options options;
	const struct redis_link_sink *sink;
	void *arg;
	enum link_state state;
	struct redis_approach *approach; /* owned; in LINK_OPENING: it has */
	struct redis_role role;          /* the role, */
	struct wire wire;                /* and the wire until it arrives */
	struct resp_items *items;   /* owned; where items are handed over */
	struct resp_values *values; /* owned; where values are */
	struct buf out;             /* commands that have not been sent */
	bool is_paused;
};

static void lose(struct redis_link *link, struct redis_failure why)
{
	redis_link_close(link);
	link->sink->on_lost(link->arg, &why);
}

/* --- life --- */

struct redis_link *redis_link_new(struct event_base *base,
    const struct redis_link_options *options,
    const struct redis_link_sink *sink, void *arg)
{
	struct redis_link *link = xcalloc(1, sizeof *link);

	link->base = base;
	link->options = *options;
	link->sink = sink;
	link->arg = arg;
	link->wire.fd = -1;
	return link;
}

void redis_link_free(struct redis_link *link)
{
	if (!link)
		return;
	redis_link_close(link);
	buf_fini(&link->out);
	free(link);
}

void redis_link_close(struct redis_link *link)
{
	redis_approach_abandon(link->approach);
	link->approach = NULL;
	wire_close(&link->wire);
	resp_values_free(link->values);
	link->values = NULL;
	resp_items_free(link->items);
	link->items = NULL;
	link->out.len = 0;
	link->state = LINK_CLOSED;
}

bool redis_link_is_ready(const struct redis_link *link)
{
	return link->state == LINK_READY;
}

bool redis_link_is_closed(const struct redis_link *link)
{
	return link->state == LINK_CLOSED;
}

/* --- what comes in --- */

static bool is_reading(const struct redis_link *link)
{
	return link->state == LINK_READY && !link->is_paused;
}

/* Values come from another reader, which begins where this one ends. */
static int change_reader(struct redis_link *link)
{
	struct slice rest = resp_items_rest(link->items);
	int rc;

	link->values = resp_values_new(link->options.max_string);
	rc = resp_values_feed(link->values, rest);
	resp_items_free(link->items);
	link->items = NULL;
	return rc;
}

static void fail_protocol(struct redis_link *link, const struct err *e)
{
	struct err why;

	(void)err_set(&why, -EPROTO, "protocol error: %s", e->text);
	lose(link, redis_failure_make(REDIS_FAILURE_PROTOCOL, why.text));
}

/* Hand over the next value that is whole; as resp_values_next. */
static int take_value(struct redis_link *link, struct err *e)
{
	struct resp_value value;
	int rc = resp_values_next(link->values, &value, e);

	if (rc == 1)
		link->sink->on_value(link->arg, &value);
	return rc;
}

/* The same for items. */
static int take_part(struct redis_link *link, struct err *e)
{
	struct resp_part part;
	int rc = resp_items_next(link->items, &part, e);

	if (rc == 1)
		link->sink->on_part(link->arg, &part);
	return rc;
}

/* Hand over all that is whole. */
static void take_all(struct redis_link *link)
{
	while (is_reading(link)) {
		struct err e;
		int rc =
		    link->items ? take_part(link, &e) : take_value(link, &e);

		if (rc == 0)
			return;
		if (rc < 0)
			fail_protocol(link, &e);
	}
}

/* --- reading; as wire_read, or -ENOMEM --- */

static ssize_t read_values(struct redis_link *link, bool *is_full)
{
	size_t size;
	char *to = resp_values_room(link->values, &size);
	ssize_t got = to ? wire_read(&link->wire, to, size) : -ENOMEM;

	if (got > 0)
		resp_values_add(link->values, (size_t)got);
	*is_full = got > 0 && (size_t)got == size;
	return got;
}

static ssize_t read_parts(struct redis_link *link, bool *is_full)
{
	char input[RESP_FEED_MAX];
	ssize_t got = wire_read(&link->wire, input, sizeof input);

	*is_full = got == sizeof input;
	if (got <= 0)
		return got;
	return resp_items_feed(link->items, slice_of(input, (size_t)got)) < 0
		   ? -ENOMEM
		   : got;
}

static void lose_by_end(struct redis_link *link, ssize_t got)
{
	struct redis_failure why =
	    got == 0 ? redis_failure_make(
			   REDIS_FAILURE_CLOSED, "closed by the server")
		     : redis_failure_errno((int)-got);

	if (got == -EPROTO)
		redis_tls_explain(redis_find_tls(link->options.find),
		    wire_tls(&link->wire), &why);
	lose(link, why);
}

static void end_read(struct redis_link *link)
{
	if (link->sink->on_read_end)
		link->sink->on_read_end(link->arg);
}

/*
 * Read once; whether there is more, and it may be read. What was left in the
 * reader when it was paused comes before the end of the connection, and the end
 * waits where it is paused again.
 */
static bool read_once(struct redis_link *link)
{
	bool is_full;
	ssize_t got = link->items ? read_parts(link, &is_full)
				  : read_values(link, &is_full);

	if (got == -ENOMEM) {
		lose(link, redis_failure_memory());
		return false;
	}
	take_all(link);
	end_read(link);
	if (got <= 0 && got != -EAGAIN && is_reading(link))
		lose_by_end(link, got);
	return is_full && is_reading(link);
}

static void on_readable(void *arg)
{
	for (int i = 0; i < READS_MAX && read_once(arg); i++)
		continue;
}

static const struct wire_sink wire_sink = { .on_readable = on_readable };

/* --- at its beginning --- */

static void become_ready(struct redis_link *link)
{
	link->state = LINK_READY;
	wire_set_sink(&link->wire, &wire_sink, link);
	wire_set_reading(&link->wire, is_reading(link));
	link->sink->on_ready(link->arg);
	take_all(link); /* what came behind the greeting */
	end_read(link);
}

static void on_arrived(
    void *arg, struct resp_items *items, const struct redis_failure *why)
{
	struct redis_link *link = arg;

	link->approach = NULL;
	link->items = items;
	redis_link_set_max(link, link->options.max_string);
	if (!items)
		lose(link, *why);
	else if (!link->sink->on_part && change_reader(link) < 0)
		lose(link, redis_failure_memory());
	else
		become_ready(link);
}

void redis_link_set_max(struct redis_link *link, size_t max_string)
{
	link->options.max_string = max_string;
	if (link->items)
		resp_items_set_max(link->items, max_string);
	if (link->values)
		resp_values_set_max(link->values, max_string);
}

void redis_link_open(struct redis_link *link)
{
	const struct redis_approach_options options = {
		.find = link->options.find,
		.rule = link->options.role,
		.role = &link->role,
		.database = link->options.database,
		.max_string = link->options.max_string,
		.wire = &link->wire,
	};

	assert(link->state == LINK_CLOSED);
	link->state = LINK_OPENING;
	link->approach =
	    redis_approach_start(link->base, &options, on_arrived, link);
}

/* --- in use --- */

int redis_link_put(
    struct redis_link *link, const struct slice *arguments, size_t count)
{
	struct resp_writer w = { .out = &link->out };

	resp_put_command(&w, arguments, count);
	return w.is_out_of_memory ? -ENOMEM : 0;
}

int redis_link_flush(struct redis_link *link)
{
	int rc = wire_send(&link->wire, buf_slice(&link->out));

	link->out.len = 0;
	return rc;
}

int redis_link_send(
    struct redis_link *link, const struct slice *arguments, size_t count)
{
	int rc = redis_link_put(link, arguments, count);

	return rc < 0 ? rc : redis_link_flush(link);
}

void redis_link_peer(
    const struct redis_link *link, struct resolve_address *peer)
{
	wire_peer(&link->wire, peer);
}

int redis_link_ask_role(struct redis_link *link)
{
	struct slice question[REDIS_ROLE_WORDS];
	size_t count = redis_role_ask(&link->role, question);

	return count > 0 ? redis_link_send(link, question, count) : 0;
}

bool redis_link_awaits_role(const struct redis_link *link)
{
	return redis_role_is_asked(&link->role);
}

bool redis_link_take_role(struct redis_link *link, const struct resp_part *part)
{
	struct redis_failure why;
	bool again;

	if (redis_role_take(&link->role, part, &again, &why) < 0) {
		lose(link, why);
		return false;
	}
	if (!again)
		return false;
	if (redis_link_ask_role(link) == 0)
		return true;
	lose(link, redis_failure_memory());
	return false;
}

bool redis_link_has_ended(const struct redis_link *link)
{
	return link->state == LINK_READY && wire_has_ended(&link->wire);
}

void redis_link_set_paused(struct redis_link *link, bool is_paused)
{
	if (link->is_paused == is_paused)
		return;
	link->is_paused = is_paused;
	if (link->state != LINK_READY)
		return;
	wire_set_reading(&link->wire, !is_paused);
	if (!is_paused)
		wire_wake(&link->wire); /* for what the reader has already */
}
