/*
 * embedded_commands: the table of what may be asked, transactions, and -ERR for
 * the rest. What brings payloads is in embedded_publish, what a publisher says
 * about itself in embedded_settings.
 */
#include "backend/embedded_commands.h"

#include <errno.h>
#include <stdio.h>

#include "backend/embedded_call.h"
#include "backend/embedded_listen.h"
#include "backend/embedded_publish.h"
#include "backend/embedded_settings.h"

/* --- the small talk of libraries --- */

static enum embedded_outcome run_quit(struct call *c)
{
	(void)embedded_call_ok(c);
	return EMBEDDED_QUIT;
}

/* To whom all comes as a message but in RESP3, its answer does too. */
static void put_pong_message(struct call *c)
{
	resp_put_number(&c->w, '*', 2);
	resp_put_bulk(&c->w, slice_str("pong"));
	resp_put_bulk(
	    &c->w, c->count == 2 ? embedded_call_word(c, 1) : slice_str(""));
}

static enum embedded_outcome run_ping(struct call *c)
{
	if (embedded_listen_is_subscribed(c) && !c->session->is_resp3)
		put_pong_message(c);
	else if (c->count == 2)
		resp_put_bulk(&c->w, embedded_call_word(c, 1));
	else
		resp_put_text(&c->w, "+PONG\r\n");
	return EMBEDDED_GO_ON;
}

static enum embedded_outcome run_echo(struct call *c)
{
	resp_put_bulk(&c->w, embedded_call_word(c, 1));
	return EMBEDDED_GO_ON;
}

static enum embedded_outcome run_info(struct call *c)
{
	resp_put_bulk(
	    &c->w, slice_str("# Server\r\n"
			     "redis_version:" EMBEDDED_REDIS_VERSION "\r\n"
			     "roomcast_version:" ROOMCAST_VERSION "\r\n"
			     "redis_mode:standalone\r\n"
			     "# Persistence\r\n"
			     "loading:0\r\n"
			     "# Replication\r\n"
			     "role:master\r\n"));
	return EMBEDDED_GO_ON;
}

/* COMMAND, COMMAND COUNT, COMMAND DOCS: nothing a library should rely on. */
static enum embedded_outcome run_command(struct call *c)
{
	if (c->count > 1 && embedded_call_word_is(c, 1, "COUNT"))
		resp_put_number(&c->w, ':', 0);
	else if (c->count > 1 && embedded_call_word_is(c, 1, "DOCS"))
		resp_put_map(&c->w, 0);
	else
		resp_put_number(&c->w, '*', 0);
	return EMBEDDED_GO_ON;
}

/* --- transactions --- */

static bool is_in_transaction(const struct call *c)
{
	return embedded_transaction_is_queuing(&c->session->transaction);
}

/* A command that can never run takes the whole transaction with it. */
static enum embedded_outcome refuse(struct call *c)
{
	if (is_in_transaction(c))
		embedded_transaction_void(&c->session->transaction);
	return EMBEDDED_GO_ON;
}

static enum embedded_outcome refuse_to_queue(struct call *c, int code)
{
	char text[128];

	if (code == -E2BIG)
		(void)snprintf(text, sizeof text,
		    "ERR transaction is too large: at most %d commands and "
		    "%zu bytes",
		    TRANSACTION_COMMANDS_MAX, c->host->budget->one);
	else
		(void)snprintf(text, sizeof text,
		    "ERR too much is queued in transactions of all "
		    "publishers");
	(void)embedded_call_error(c, text);
	return refuse(c);
}

static enum embedded_outcome queue(struct call *c)
{
	struct transaction *t = &c->session->transaction;
	int code = 0;

	if (t->state == TRANSACTION_OPEN)
		code = embedded_transaction_add(t, c->command);
	if (code < 0)
		return refuse_to_queue(c, code);
	resp_put_text(&c->w, "+QUEUED\r\n");
	return EMBEDDED_GO_ON;
}

static enum embedded_outcome run_multi(struct call *c)
{
	if (is_in_transaction(c))
		return embedded_call_error(
		    c, "ERR MULTI calls can not be nested");
	embedded_transaction_begin(&c->session->transaction, c->host->budget);
	return embedded_call_ok(c);
}

/* The array's elements follow, when the caller takes what is queued. */
static enum embedded_outcome run_exec(struct call *c)
{
	struct transaction *t = &c->session->transaction;

	if (t->state == TRANSACTION_NONE)
		return embedded_call_error(c, "ERR EXEC without MULTI");
	if (t->state == TRANSACTION_VOID) {
		embedded_transaction_end(t);
		return embedded_call_error(c,
		    "EXECABORT Transaction discarded because "
		    "of previous errors.");
	}
	resp_put_number(&c->w, '*', (long long)t->count);
	embedded_transaction_run(t);
	return EMBEDDED_GO_ON;
}

static enum embedded_outcome run_discard(struct call *c)
{
	if (!is_in_transaction(c))
		return embedded_call_error(c, "ERR DISCARD without MULTI");
	embedded_transaction_end(&c->session->transaction);
	return embedded_call_ok(c);
}

/* There are no keys, so none will change. */
static enum embedded_outcome run_watch(struct call *c)
{
	if (is_in_transaction(c))
		return embedded_call_error(
		    c, "ERR WATCH inside MULTI is not allowed");
	return embedded_call_ok(c);
}

/* --- the table --- */

/*
 * A cluster carries sharded channels (redis.cluster.sharded); this port does
 * not.
 */
static bool check_spublish(struct call *c)
{
	(void)embedded_call_error(c,
	    "ERR SPUBLISH reaches nobody: this port carries no "
	    "sharded channels, use PUBLISH");
	return false;
}

/* A browser that is made to POST here sends one of these lines first. */
static enum embedded_outcome run_attack(struct call *c)
{
	(void)c;
	return EMBEDDED_ATTACK;
}

#define ANY     RESP_MAX_ITEMS
#define OPEN    COMMAND_OPEN
#define AT_ONCE COMMAND_AT_ONCE
#define LISTENS COMMAND_LISTENS

static const struct call_row commands[] = {
	{ "PUBLISH", 3, 3, 0, embedded_publish_run, embedded_publish_check },
	{ "XADD", 5, ANY, 0, embedded_publish_run_xadd,
	    embedded_publish_check_xadd },
	{ "SPUBLISH", 3, 3, 0, NULL, check_spublish },
	{ "MULTI", 1, 1, AT_ONCE, run_multi, NULL },
	{ "EXEC", 1, 1, AT_ONCE, run_exec, NULL },
	{ "DISCARD", 1, 1, AT_ONCE, run_discard, NULL },
	{ "WATCH", 2, ANY, AT_ONCE, run_watch, NULL },
	{ "UNWATCH", 1, 1, 0, embedded_call_ok, NULL },
	{ "SUBSCRIBE", 2, ANY, LISTENS, embedded_listen_run_subscribe,
	    embedded_listen_check_subscribe },
	{ "UNSUBSCRIBE", 1, ANY, LISTENS, embedded_listen_run_unsubscribe,
	    embedded_listen_check_unsubscribe },
	{ "PSUBSCRIBE", 2, ANY, LISTENS, NULL, embedded_listen_check_pattern },
	{ "XREAD", 4, ANY, 0, embedded_listen_run_xread,
	    embedded_listen_check_xread },
	{ "XGROUP", 2, ANY, 0, NULL, embedded_listen_check_group },
	{ "XREADGROUP", 4, ANY, 0, NULL, embedded_listen_check_group },
	{ "PING", 1, 2, LISTENS, run_ping, NULL },
	{ "HELLO", 1, ANY, OPEN, embedded_settings_run_hello, NULL },
	{ "AUTH", 2, 3, OPEN, embedded_settings_run_auth, NULL },
	{ "CLIENT", 2, ANY, 0, embedded_settings_run_client,
	    embedded_settings_check_client },
	{ "SELECT", 2, 2, 0, embedded_settings_run_select, NULL },
	{ "INFO", 1, ANY, 0, run_info, NULL },
	{ "COMMAND", 1, ANY, 0, run_command, NULL },
	{ "ECHO", 2, 2, 0, run_echo, NULL },
	{ "RESET", 1, 1, OPEN | AT_ONCE | LISTENS, embedded_settings_run_reset,
	    NULL },
	{ "QUIT", 1, ANY, OPEN | AT_ONCE | LISTENS, run_quit, NULL },
	{ "POST", 1, ANY, OPEN | AT_ONCE, run_attack, NULL },
	{ "HOST:", 1, ANY, OPEN | AT_ONCE, run_attack, NULL },
};

static enum embedded_outcome refuse_unknown(struct call *c)
{
	resp_put_text(&c->w, "-ERR unknown command '");
	embedded_call_put_shown(c, embedded_call_word(c, 0));
	resp_put_text(&c->w,
	    "': this is roomcast's embedded backend, it only takes "
	    "what is published\r\n");
	return refuse(c);
}

static enum embedded_outcome run(struct call *c)
{
	const struct call_row *command = embedded_call_find(
	    c, 0, commands, sizeof commands / sizeof commands[0]);

	if (!c->session->is_authenticated &&
	    (!command || !(command->flags & OPEN)))
		return embedded_call_error(
		    c, "NOAUTH authentication is required");
	if (!command)
		return refuse_unknown(c);
	if (embedded_listen_is_subscribed(c) && !(command->flags & LISTENS))
		return embedded_call_error(c,
		    "ERR only SUBSCRIBE, UNSUBSCRIBE, PING, RESET and QUIT are "
		    "allowed while subscribed");
	if (!embedded_call_has_words(c, NULL, command) ||
	    (command->check && !command->check(c)))
		return refuse(c);
	if (is_in_transaction(c) && !(command->flags & AT_ONCE))
		return queue(c);
	return command->run(c);
}

/* --- one command after another --- */

/* Once the last of a transaction is through, or what stands alone is. */
static void finish(struct embedded_session *s)
{
	struct transaction *t = &s->transaction;

	if (t->state == TRANSACTION_RUNNING && t->count > 0)
		return;
	if (t->state == TRANSACTION_RUNNING)
		embedded_transaction_end(t);
	s->skips_this = s->skips_next;
	s->skips_next = false;
}

bool embedded_commands_next_queued(struct embedded_session *s,
    struct resp_item items[RESP_MAX_ITEMS], struct resp_value *command)
{
	return embedded_transaction_next(&s->transaction, items, command);
}

enum embedded_outcome embedded_commands_execute(
    const struct embedded_host *host, struct embedded_session *session,
    const struct resp_value *command, struct buf *out)
{
	struct call c = { .host = host,
		.session = session,
		.command = command,
		.words = command->items,
		.count = command->count,
		.w = { .out = out, .is_resp3 = session->is_resp3 } };
	size_t len = out->len;
	enum embedded_outcome outcome = run(&c);

	if (session->is_silent || session->skips_this)
		out->len = len;
	finish(session);
	return c.w.is_out_of_memory ? EMBEDDED_NO_MEMORY : outcome;
}
