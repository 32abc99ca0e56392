/*
 * embedded_listen: SUBSCRIBE of events.channel, XREAD of events.stream. What is
 * asked is read twice: to judge it, and to do it.
 */
#include "backend/embedded_listen.h"

#include "backend/embedded_events.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "conf/conf_events.h"

static struct embedded_listener *listener(const struct call *c)
{
	return &c->session->listener;
}

static bool refuse(struct call *c, const char *why)
{
	(void)embedded_call_error(c, why);
	return false;
}

/* What is asked for must be known at once: EXEC answers for all. */
static bool check_transaction(struct call *c)
{
	if (!embedded_transaction_is_queuing(&c->session->transaction))
		return true;
	return refuse(c, "ERR not allowed in a transaction of roomcast's "
			 "embedded backend");
}

/* --- the channel --- */

bool embedded_listen_is_subscribed(const struct call *c)
{
	return listener(c)->state == EMBEDDED_SUBSCRIBED;
}

static bool is_name(struct slice word, const char *name)
{
	return name && slice_eq(word, slice_str(name));
}

bool embedded_listen_check_subscribe(struct call *c)
{
	const struct conf_events *conf = c->host->events->conf;

	if (!check_transaction(c))
		return false;
	for (size_t i = 1; i < c->count; i++)
		if (!is_name(embedded_call_word(c, i), conf->channel))
			return refuse(c,
			    "ERR SUBSCRIBE: this is roomcast's embedded "
			    "backend, there is events.channel to subscribe to, "
			    "where it is configured, and nothing else");
	return true;
}

bool embedded_listen_check_unsubscribe(struct call *c)
{
	return check_transaction(c);
}

static void put_confirmation(
    struct call *c, const char *kind, const struct slice *channel)
{
	resp_put_number(&c->w, c->w.is_resp3 ? '>' : '*', 3);
	resp_put_bulk(&c->w, slice_str(kind));
	if (channel)
		resp_put_bulk(&c->w, *channel);
	else
		resp_put_nil(&c->w);
	resp_put_number(&c->w, ':', embedded_listen_is_subscribed(c));
}

enum embedded_outcome embedded_listen_run_subscribe(struct call *c)
{
	embedded_events_add(c->host->events, listener(c), EMBEDDED_SUBSCRIBED);
	for (size_t i = 1; i < c->count; i++) {
		struct slice channel = embedded_call_word(c, i);

		put_confirmation(c, "subscribe", &channel);
	}
	return EMBEDDED_GO_ON;
}

/* Without a name from all, which is one. */
enum embedded_outcome embedded_listen_run_unsubscribe(struct call *c)
{
	const char *name = c->host->events->conf->channel;
	bool was_subscribed = embedded_listen_is_subscribed(c);
	struct slice all = slice_str(name ? name : "");

	for (size_t i = 1; i < c->count; i++)
		if (is_name(embedded_call_word(c, i), name))
			embedded_listener_fini(listener(c));
	if (c->count == 1 && was_subscribed)
		embedded_listener_fini(listener(c));
	if (c->count == 1)
		put_confirmation(
		    c, "unsubscribe", was_subscribed ? &all : NULL);
	for (size_t i = 1; i < c->count; i++) {
		struct slice channel = embedded_call_word(c, i);

		put_confirmation(c, "unsubscribe", &channel);
	}
	return EMBEDDED_GO_ON;
}

bool embedded_listen_check_pattern(struct call *c)
{
	return refuse(c, "ERR PSUBSCRIBE: this is roomcast's embedded backend, "
			 "use SUBSCRIBE with events.channel");
}

bool embedded_listen_check_group(struct call *c)
{
	return refuse(c,
	    "ERR this is roomcast's embedded backend, which has no groups of "
	    "consumers: use XREAD with events.stream");
}

/* --- the stream --- */

/* What XREAD asks for. */
struct xread {
	size_t most;
	int64_t wait_ms; /* -1: not at all; 0: for ever */
	struct slice key, id;
};

static bool read_number(const struct call *c, size_t i, uint64_t *number)
{
	return i < c->count &&
	       ascii_decimal(embedded_call_word(c, i), INT64_MAX / 2, number);
}

/* MS-SEQ, or MS alone; `$` is the last entry. */
static bool read_id(
    const struct embedded_events *e, struct slice text, struct place *id)
{
	struct slice rest = text, ms = slice_cut(&rest, '-');

	*id = (struct place){ 0 };
	if (slice_eq(text, slice_str("$"))) {
		*id = e->ids.last;
		return true;
	}
	return ascii_decimal(ms, UINT64_MAX, &id->high) &&
	       (ms.len == text.len ||
		   ascii_decimal(rest, UINT64_MAX, &id->low));
}

static const char *read_xread(const struct call *c, struct xread *x)
{
	size_t at = 1;
	uint64_t number;

	*x = (struct xread){ .most = SIZE_MAX, .wait_ms = -1 };
	for (; !embedded_call_word_is(c, at, "STREAMS"); at += 2) {
		if (!read_number(c, at + 1, &number))
			return "ERR XREAD: syntax error, or no number";
		if (embedded_call_word_is(c, at, "COUNT"))
			x->most = number > 0 ? (size_t)number : SIZE_MAX;
		else if (embedded_call_word_is(c, at, "BLOCK"))
			x->wait_ms = (int64_t)number;
		else
			return "ERR XREAD: syntax error";
	}
	if (c->count != at + 3)
		return "ERR XREAD: this is roomcast's embedded backend, it "
		       "takes one key and one id";
	x->key = embedded_call_word(c, at + 1);
	x->id = embedded_call_word(c, at + 2);
	return NULL;
}

bool embedded_listen_check_xread(struct call *c)
{
	const struct embedded_events *e = c->host->events;
	const char *why_not;
	struct place id;
	struct xread x;

	if (!check_transaction(c))
		return false;
	why_not = read_xread(c, &x);
	if (!why_not && !is_name(x.key, e->conf->stream))
		why_not = "ERR XREAD: this is roomcast's embedded backend, "
			  "there is events.stream to read, where it is "
			  "configured, and nothing else";
	if (!why_not && !read_id(e, x.id, &id))
		why_not = "ERR XREAD: the id must be MS-SEQ or $";
	return !why_not || refuse(c, why_not);
}

static int64_t end_of(const struct xread *x)
{
	return x->wait_ms == 0 ? INT64_MAX : clock_ms() + x->wait_ms;
}

enum embedded_outcome embedded_listen_run_xread(struct call *c)
{
	struct embedded_events *e = c->host->events;
	struct embedded_listener *l = listener(c);
	struct xread x;

	(void)read_xread(c, &x); /* as it was checked */
	(void)read_id(e, x.id, &l->last);
	l->most = x.most;
	if (x.wait_ms < 0 || embedded_events_has_news(e, l)) {
		embedded_events_add(e, l, EMBEDDED_READING);
		embedded_events_put(e, l, &c->w);
		return EMBEDDED_GO_ON;
	}
	l->until_ms = end_of(&x);
	embedded_events_add(e, l, EMBEDDED_WAITING);
	return EMBEDDED_GO_ON;
}
