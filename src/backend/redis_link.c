/*
 * redis_link: a wire and a resp reader.
 *
 * The owner may close the link in every callback, so whatever calls one looks
 * again before it goes on.
 */
#include "backend/redis_link.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "backend/redis_dial.h"
#include "backend/redis_find.h"
#include "backend/redis_login.h"
#include "backend/wire.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "conf/secret.h"
#include "proto/resp_items.h"
#include "proto/resp_write.h"

enum { GREETING_TIMEOUT_S = 5 };

enum link_state { LINK_CLOSED, LINK_DIALLING, LINK_GREETING, LINK_READY };

/* The commands of the greeting, in the order of their replies. */
enum greeting {
	GREETING_AUTH,
	GREETING_SELECT,
	GREETING_SETNAME,
	GREETING_DONE,
};

struct redis_link {
	struct event_base *base;
	struct redis_link_options options;
	const struct redis_link_sink *sink;
	void *arg;
	enum link_state state;
	enum greeting awaited;   /* whose reply comes next; in LINK_GREETING */
	struct redis_dial *dial; /* owned; in LINK_DIALLING */
	struct wire wire;        /* open from LINK_GREETING on */
	struct resp_reader *reader; /* owned; as wire; or NULL for items */
	struct resp_items *items;   /* owned; as wire; or NULL for values */
	struct event *deadline;     /* owned; of the greeting */
	struct buf out;             /* a command being formatted */
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

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	lose_by(arg, "the server does not answer");
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

static void become_ready(struct redis_link *link)
{
	(void)event_del(link->deadline);
	link->state = LINK_READY;
	wire_set_reading(&link->wire, is_reading(link));
	link->sink->on_ready(link->arg);
}

/*
 * A name is a courtesy to whoever reads CLIENT LIST: a server that knows no
 * names or does not permit them will do.
 */
static bool is_excused(enum greeting greeting, struct slice reply)
{
	return greeting == GREETING_SETNAME &&
	       (slice_starts_with(reply, slice_str("NOPERM")) ||
		   slice_starts_with(reply, slice_str("ERR unknown")));
}

static void take_greeting(
    struct redis_link *link, enum resp_type type, struct slice text)
{
	static const char *const commands[] = { "AUTH", "SELECT",
		"CLIENT SETNAME" };

	if (type != RESP_STATUS && type != RESP_ERROR) {
		lose_by(link, "protocol error: an unexpected reply");
		return;
	}
	if (type == RESP_ERROR && !is_excused(link->awaited, text)) {
		const struct redis_failure why = redis_failure_refused(
		    commands[link->awaited], slice_of(NULL, 0), text);

		lose(link, &why);
		return;
	}
	link->awaited++;
	if (link->awaited == GREETING_SELECT && link->options.database == 0)
		link->awaited++;
	if (link->awaited == GREETING_DONE)
		become_ready(link);
}

static void fail_protocol(struct redis_link *link, const struct err *e)
{
	struct err why;

	(void)err_set(&why, -EPROTO, "protocol error: %s", e->text);
	lose_by(link, why.text);
}

/* Hand over the next value that is whole; as resp_next. */
static int take_value(struct redis_link *link, struct err *e)
{
	struct resp_value value;
	int rc = resp_next(link->reader, &value, e);

	if (rc != 1)
		return rc;
	if (link->state == LINK_READY)
		link->sink->on_value(link->arg, &value);
	else
		take_greeting(link,
		    value.is_array ? RESP_ARRAY : value.items->type,
		    value.is_array ? slice_of(NULL, 0) : value.items->text);
	return 1;
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
		take_greeting(link, part.type, part.text);
	return 1;
}

/* Hand over all that is whole. */
static void take_values(struct redis_link *link)
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

/* Read once, for the reader; false when the link is closed for it. */
static bool receive(struct redis_link *link)
{
	char input[RESP_FEED_MAX];
	ssize_t got = wire_read(&link->wire, input, sizeof input);

	if (got == -EAGAIN)
		return true;
	if (got > 0 && feed(link, slice_of(input, (size_t)got)) == 0)
		return true;
	if (got > 0) {
		lose_by(link, "out of memory");
	} else if (got == 0) {
		lose_by(link, "closed by the server");
	} else {
		const struct redis_failure why = redis_failure_errno((int)-got);

		lose(link, &why);
	}
	return false;
}

static void on_readable(void *arg)
{
	struct redis_link *link = arg;

	if (!receive(link))
		return;
	take_values(link);
	link->sink->on_read_end(link->arg);
}

/* --- from dialling to the greeting --- */

static int send_auth(
    struct redis_link *link, const char *username, const char *password)
{
	struct slice arguments[3] = { slice_str("AUTH") };
	size_t count = 1;

	if (username)
		arguments[count++] = slice_str(username);
	arguments[count++] = slice_str(password);
	return redis_link_send(link, arguments, count);
}

static int send_select(struct redis_link *link)
{
	char number[16];
	struct slice arguments[2] = { slice_str("SELECT") };

	(void)snprintf(
	    number, sizeof number, "%" PRIu32, link->options.database);
	arguments[1] = slice_str(number);
	return redis_link_send(link, arguments, 2);
}

/* Say who we are, in one write; then wait for the replies. */
static int greet(
    struct redis_link *link, const char *username, const char *password)
{
	const struct timeval timeout = { GREETING_TIMEOUT_S, 0 };
	const struct slice name[] = { slice_str("CLIENT"), slice_str("SETNAME"),
		slice_str("roomcast") };
	bool selects = link->options.database != 0;

	if (event_add(link->deadline, &timeout) < 0)
		return -ENOMEM;
	link->awaited = password  ? GREETING_AUTH
			: selects ? GREETING_SELECT
				  : GREETING_SETNAME;
	if ((password && send_auth(link, username, password) < 0) ||
	    (selects && send_select(link) < 0))
		return -ENOMEM;
	return redis_link_send(link, name, 3);
}

static void lose_by_file(struct redis_link *link, const struct err *e)
{
	struct redis_failure why = redis_failure_make(e->text);

	why.remedy = "mend the file: it is read at each attempt to connect";
	lose(link, &why);
}

static void log_in(struct redis_link *link)
{
	const struct redis_login *login = redis_find_login(link->options.find);
	char *password;
	struct err e;
	int rc;

	if (redis_login_password(login, &password, &e) < 0) {
		lose_by_file(link, &e);
		return;
	}
	rc = greet(link, login->username, password);
	secret_free(password);
	if (rc < 0)
		lose_by(link, "out of memory");
}

static const struct wire_sink wire_sink = { .on_readable = on_readable };

static void on_dialled(void *arg, int fd, const char *why)
{
	struct redis_link *link = arg;

	link->dial = NULL;
	if (fd < 0) {
		lose_by(link, why);
		return;
	}
	wire_open(&link->wire, link->base, fd, &wire_sink, link);
	if (link->sink->on_part)
		link->items = resp_items_new(link->options.max_string);
	else
		link->reader = resp_reader_new(link->options.max_string);
	link->state = LINK_GREETING;
	wire_set_reading(&link->wire, true);
	log_in(link);
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
