/*
 * redis_link: a wire and a reader. The greeting is read item by item. The owner may close the link in every callback, so whatever calls one looks
 * again before it goes on.
 */
#include "backend/redis_link.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "backend/redis_dial.h"
#include "backend/redis_find.h"
#include "backend/redis_greeting.h"
#include "backend/redis_role.h"
#include "backend/redis_tls.h"
#include "backend/wire.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "proto/resp_items.h"
#include "proto/resp_write.h"
#include "sys/timer.h"

enum { GREETING_TIMEOUT_MS = 5000 };

enum link_state { LINK_CLOSED, LINK_DIALLING, LINK_GREETING, LINK_READY };

struct redis_link {
	struct event_base *base;
	struct redis_link_options options;
	const struct redis_link_sink *sink;
	void *arg;
	enum link_state state;
	struct redis_dial *dial;        /* owned; in LINK_DIALLING */
	struct redis_greeting greeting; /* in LINK_GREETING */
	struct redis_role role;         /* from LINK_GREETING on */
	struct wire wire;               /* open from LINK_GREETING on */
	struct resp_items *items;       /* owned; of the greeting, and items */
	struct resp_reader *reader;     /* owned; of values, when ready */
	struct event *deadline;         /* owned; of the greeting */
	struct buf out;                 /* a command being formatted */
	bool is_paused;
};

static void lose(struct redis_link *link, const struct redis_failure *why)
{
	redis_link_close(link);
	link->sink->on_lost(link->arg, why);
}

static void lose_by(struct redis_link *link, const char *reason)
{
	const struct redis_failure why = redis_failure_make(reason);

	lose(link, &why);
}

/* TLS has failed, or there may be too much or too little of it. */
static void lose_by_tls(struct redis_link *link, struct redis_failure why)
{
	redis_tls_explain(
	    redis_find_tls(link->options.find), wire_tls(&link->wire), &why);
	lose(link, &why);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	lose_by_tls(arg, redis_failure_make("the server does not answer"));
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
	link->deadline = evtimer_new(base, on_deadline, link);
	if (!link->deadline)
		fatal("redis", "cannot add an event: out of memory");
	return link;
}

void redis_link_free(struct redis_link *link)
{
	if (!link)
		return;
	redis_link_close(link);
	event_free(link->deadline);
	buf_fini(&link->out);
	free(link);
}

void redis_link_close(struct redis_link *link)
{
	redis_dial_abandon(link->dial);
	link->dial = NULL;
	wire_close(&link->wire);
	resp_reader_free(link->reader);
	link->reader = NULL;
	resp_items_free(link->items);
	link->items = NULL;
	(void)event_del(link->deadline);
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

/* Being paused concerns payloads: the greeting is always read. */
static bool is_reading(const struct redis_link *link)
{
	return link->state == LINK_GREETING ||
	       (link->state == LINK_READY && !link->is_paused);
}

/* Values come from another reader, which begins where this one ends. */
static int change_reader(struct redis_link *link)
{
	struct slice rest = resp_items_rest(link->items);
	int rc;

	link->reader = resp_reader_new(link->options.max_string);
	rc = resp_feed(link->reader, rest.ptr, rest.len);
	resp_items_free(link->items);
	link->items = NULL;
	return rc;
}

static void become_ready(struct redis_link *link)
{
	if (!link->sink->on_part && change_reader(link) < 0) {
		lose_by(link, "out of memory");
		return;
	}
	(void)event_del(link->deadline);
	link->state = LINK_READY;
	wire_set_reading(&link->wire, is_reading(link));
	link->sink->on_ready(link->arg);
}

static void take_greeting(struct redis_link *link, const struct resp_part *part)
{
	struct redis_failure why;
	int rc;

	link->out.len = 0;
	rc = redis_greeting_take(&link->greeting, part, &link->out, &why);
	if (rc < 0)
		lose(link, &why);
	else if (rc == 1)
		become_ready(link);
	else if (link->out.len > 0 &&
		 wire_send(&link->wire, buf_slice(&link->out)) < 0)
		lose_by(link, "out of memory");
}

static void fail_protocol(struct redis_link *link, const struct err *e)
{
	struct err why;

	(void)err_set(&why, -EPROTO, "protocol error: %s", e->text);
	if (link->state == LINK_GREETING)
		lose_by_tls(link, redis_failure_make(why.text));
	else
		lose_by(link, why.text);
}

/* Hand over the next value that is whole; as resp_next. */
static int take_value(struct redis_link *link, struct err *e)
{
	struct resp_value value;
	int rc = resp_next(link->reader, &value, e);

	if (rc == 1)
		link->sink->on_value(link->arg, &value);
	return rc;
}

/* The same for items. */
static int take_part(struct redis_link *link, struct err *e)
{
	struct resp_part part;
	int rc = resp_items_next(link->items, &part, e);

	if (rc != 1)
		return rc;
	if (link->state == LINK_READY)
		link->sink->on_part(link->arg, &part);
	else
		take_greeting(link, &part);
	return 1;
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

static int feed(struct redis_link *link, struct slice bytes)
{
	return link->items ? resp_items_feed(link->items, bytes)
			   : resp_feed(link->reader, bytes.ptr, bytes.len);
}

static void lose_by_end(struct redis_link *link, ssize_t got)
{
	const struct redis_failure why =
	    got == 0 ? redis_failure_make("closed by the server")
		     : redis_failure_errno((int)-got);

	if (link->state == LINK_GREETING || got == -EPROTO)
		lose_by_tls(link, why);
	else
		lose(link, &why);
}

/*
 * Read once. What was left in the reader when it was paused comes before the
 * end of the connection, and the end waits where it is paused again.
 */
static void on_readable(void *arg)
{
	struct redis_link *link = arg;
	char input[RESP_FEED_MAX];
	ssize_t got = wire_read(&link->wire, input, sizeof input);

	if (got > 0 && feed(link, slice_of(input, (size_t)got)) < 0) {
		lose_by(link, "out of memory");
		return;
	}
	take_all(link);
	link->sink->on_read_end(link->arg);
	if (got <= 0 && got != -EAGAIN && is_reading(link))
		lose_by_end(link, got);
}

static const struct wire_sink wire_sink = { .on_readable = on_readable };

/* --- from dialling to the greeting --- */

/* Then wait for the replies. */
static void greet(struct redis_link *link)
{
	struct redis_failure why;
	int rc;

	link->out.len = 0;
	redis_role_begin(&link->role, link->options.role);
	if (!redis_greeting_write(&link->greeting,
		redis_find_login(link->options.find), link->options.database,
		&link->role, &link->out, &why)) {
		lose(link, &why);
		return;
	}
	rc = wire_send(&link->wire, buf_slice(&link->out));
	buf_wipe(&link->out);
	if (rc < 0)
		lose_by(link, "out of memory");
	else
		timer_arm(link->deadline, GREETING_TIMEOUT_MS, "redis");
}

/* False: the link is lost, for what TLS needs. */
static bool open_wire(struct redis_link *link, int fd)
{
	const struct redis_tls *way = redis_find_tls(link->options.find);
	struct redis_failure why;
	struct tls *tls;

	if (!way) {
		wire_open(&link->wire, link->base, fd, &wire_sink, link);
		return true;
	}
	if (redis_tls_connect(way, fd, &tls, &why) < 0) {
		(void)close(fd);
		lose(link, &why);
		return false;
	}
	wire_open_tls(&link->wire, link->base, fd, &tls, &wire_sink, link);
	return true;
}

static void on_dialled(void *arg, int fd, const char *why)
{
	struct redis_link *link = arg;

	link->dial = NULL;
	if (fd < 0) {
		lose_by(link, why);
		return;
	}
	if (!open_wire(link, fd))
		return;
	link->items = resp_items_new(link->options.max_string);
	link->state = LINK_GREETING;
	wire_set_reading(&link->wire, true);
	greet(link);
}

void redis_link_open(struct redis_link *link)
{
	assert(link->state == LINK_CLOSED);
	link->state = LINK_DIALLING;
	link->dial =
	    redis_dial_start(link->base, link->options.find, on_dialled, link);
}

/* --- in use --- */

int redis_link_send(
    struct redis_link *link, const struct slice *arguments, size_t count)
{
	struct resp_writer w = { .out = &link->out };

	link->out.len = 0;
	resp_put_command(&w, arguments, count);
	if (w.is_out_of_memory)
		return -ENOMEM;
	return wire_send(&link->wire, buf_slice(&link->out));
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

	if (redis_role_take(&link->role, part, &again, &why) < 0)
		lose(link, &why);
	else if (again && redis_link_ask_role(link) < 0)
		lose_by(link, "out of memory");
	return again;
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
