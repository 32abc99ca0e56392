/*
 * embedded_publish: an XADD is taken as far as the same program would do on a
 * Redis server what it does here; for the rest the error names the limit.
 */
#include "backend/embedded_publish.h"

#include "backend/channels.h"
#include "backend/embedded_stray.h"
#include "backend/embedded_stream.h"
#include "base/ascii.h"
#include "conf/conf.h"
#include "core/backend.h"

static enum embedded_outcome put_dropped(struct call *c, const char *why_not)
{
	resp_put_text(&c->w, "-ERR payload dropped: ");
	resp_put_text(&c->w, why_not);
	resp_put_text(&c->w, "\r\n");
	return EMBEDDED_GO_ON;
}

static bool check_payload(struct call *c, const struct backend_message *m)
{
	const struct embedded_host *host = c->host;
	struct backend_verdict verdict;

	if (!embedded_transaction_is_queuing(&c->session->transaction) ||
	    !channels_carry(host->conf, m->channel))
		return true;
	verdict = host->sink->check_message(host->arg, m);
	if (verdict.why_not)
		(void)put_dropped(c, verdict.why_not);
	return !verdict.why_not;
}

/* --- PUBLISH --- */

static struct backend_message published(const struct call *c)
{
	return (struct backend_message){
		.channel = embedded_call_word(c, 1),
		.payload = embedded_call_word(c, 2),
	};
}

bool embedded_publish_check(struct call *c)
{
	const struct backend_message m = published(c);

	return check_payload(c, &m);
}

enum embedded_outcome embedded_publish_run(struct call *c)
{
	const struct embedded_host *host = c->host;
	const struct backend_message m = published(c);
	struct backend_verdict verdict = { false, NULL };

	if (channels_carry(host->conf, m.channel))
		verdict = host->sink->on_message(host->arg, &m);
	else
		embedded_stray_log(host->conf, m.channel);
	if (verdict.why_not)
		return put_dropped(c, verdict.why_not);
	resp_put_number(&c->w, ':', verdict.is_for_somebody);
	return EMBEDDED_GO_ON;
}

/* --- XADD KEY [MAXLEN [=|~] N] * CHANNEL PAYLOAD --- */

/* What it says of MAXLEN trims nothing: history.memory and max_age do. */
static const char *skip_maxlen(const struct call *c, size_t *at)
{
	uint64_t ignored;

	++*at;
	*at += embedded_call_word_is(c, *at, "~") ||
	       embedded_call_word_is(c, *at, "=");
	if (*at >= c->count ||
	    !ascii_decimal(embedded_call_word(c, *at), INT64_MAX, &ignored))
		return "ERR MAXLEN is not a number";
	++*at;
	return NULL;
}

/* Why the options before the id, at word *at, are not taken, or NULL. */
static const char *skip_options(const struct call *c, size_t *at)
{
	const char *why_not = NULL;

	while (!why_not && *at < c->count) {
		if (embedded_call_word_is(c, *at, "MAXLEN"))
			why_not = skip_maxlen(c, at);
		else if (embedded_call_word_is(c, *at, "NOMKSTREAM") ||
			 embedded_call_word_is(c, *at, "MINID") ||
			 embedded_call_word_is(c, *at, "LIMIT"))
			why_not = "ERR XADD: this is roomcast's embedded "
				  "backend, of the options it takes MAXLEN "
				  "only";
		else
			break;
	}
	return why_not;
}

static const char *check_key(const struct call *c)
{
	const char *stream = c->host->conf->history.stream;

	if (!stream)
		return "ERR XADD needs history.stream in the configuration "
		       "of roomcast; without it what is PUBLISHed is kept";
	return slice_eq(embedded_call_word(c, 1), slice_str(stream))
		   ? NULL
		   : "ERR XADD: this is roomcast's embedded backend, it takes "
		     "the key of history.stream only";
}

/* Why this XADD is not taken, or NULL and what it brings. */
static const char *read_xadd(const struct call *c, struct backend_message *m)
{
	size_t at = 2;
	const char *why_not = check_key(c);

	if (!why_not)
		why_not = skip_options(c, &at);
	if (why_not)
		return why_not;
	if (at >= c->count || !embedded_call_word_is(c, at, "*"))
		return "ERR XADD: this is roomcast's embedded backend, it "
		       "takes * as the id only";
	if (c->count != at + 3)
		return "ERR XADD: roomcast takes exactly one field an entry, "
		       "the channel, with the payload as its value";
	*m = (struct backend_message){
		.channel = embedded_call_word(c, at + 1),
		.payload = embedded_call_word(c, at + 2),
	};
	if (channels_carry(c->host->conf, m->channel))
		return NULL;
	embedded_stray_log(c->host->conf, m->channel);
	return "ERR XADD: the field is no channel of the configuration of "
	       "roomcast: nobody would get it";
}

bool embedded_publish_check_xadd(struct call *c)
{
	struct backend_message m;
	const char *why_not = read_xadd(c, &m);

	if (why_not)
		(void)embedded_call_error(c, why_not);
	return !why_not && check_payload(c, &m);
}

enum embedded_outcome embedded_publish_run_xadd(struct call *c)
{
	const struct embedded_host *host = c->host;
	char id[PLACE_MAX + 1];
	struct backend_message m;
	struct backend_verdict verdict;

	(void)read_xadd(c, &m); /* as it was checked */
	m.id = embedded_stream_next(host->stream, id);
	verdict = host->sink->on_message(host->arg, &m);
	if (verdict.why_not)
		return put_dropped(c, verdict.why_not);
	resp_put_bulk(&c->w, m.id);
	return EMBEDDED_GO_ON;
}
