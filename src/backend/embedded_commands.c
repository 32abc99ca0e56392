/*
 * embedded_commands: what client libraries send when they connect, PUBLISH,
 * and -ERR for the rest. Errors begin with Redis' own codes, which libraries
 * look at; the words behind them are ours.
 */
#include "backend/embedded_commands.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/crypto.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "proto/resp_write.h"

/* Libraries choose what they send by this version. */
#define REDIS_VERSION "7.0.0"

/* One command on its way; the functions below get nothing else. */
struct call {
	const struct embedded_host *host;
	struct embedded_session *session;
	const struct resp_item *words; /* the command's name is the first */
	size_t count;
	struct resp_writer w;
};

typedef enum embedded_outcome (*command_fn)(struct call *c);

struct command {
	const char *name;
	size_t min_words; /* with the name; a subcommand's with both */
	size_t max_words;
	bool is_open; /* before AUTH too */
	command_fn run;
};

/* --- replies --- */

static enum embedded_outcome ok(struct call *c)
{
	resp_put_text(&c->w, "+OK\r\n");
	return EMBEDDED_GO_ON;
}

static enum embedded_outcome error(struct call *c, const char *text)
{
	resp_put_error(&c->w, text);
	return EMBEDDED_GO_ON;
}

/* Bytes of the publisher within an error: cut, and no line ends. */
static void put_shown(struct call *c, struct slice text)
{
	char shown[64];
	size_t len = text.len < sizeof shown ? text.len : sizeof shown;

	for (size_t i = 0; i < len; i++) {
		char byte = text.ptr[i];

		shown[i] = '?';
		if (byte >= ' ' && byte <= '~')
			shown[i] = byte;
	}
	resp_put(&c->w, shown, len);
}

static void put_lower(struct call *c, const char *name)
{
	for (; *name; name++) {
		char lower = (char)tolower((unsigned char)*name);

		resp_put(&c->w, &lower, 1);
	}
}

static enum embedded_outcome wrong_arity(
    struct call *c, const struct command *parent, const struct command *command)
{
	resp_put_text(&c->w, "-ERR wrong number of arguments for '");
	if (parent) {
		put_lower(c, parent->name);
		resp_put_text(&c->w, "|");
	}
	put_lower(c, command->name);
	resp_put_text(&c->w, "' command\r\n");
	return EMBEDDED_GO_ON;
}

/* --- arguments --- */

static struct slice word(const struct call *c, size_t i)
{
	return c->words[i].text;
}

static bool word_is(const struct call *c, size_t i, const char *text)
{
	struct slice w = word(c, i);

	return w.len == strlen(text) && strncasecmp(w.ptr, text, w.len) == 0;
}

/* A row of a table by a word of the command, or NULL. */
static const struct command *find(
    const struct call *c, size_t i, const struct command *table, size_t count)
{
	for (size_t row = 0; row < count; row++)
		if (word_is(c, i, table[row].name))
			return &table[row];
	return NULL;
}

/* --- who is it --- */

/* There is one user, the default one, and one password. */
static bool is_admitted(
    const struct call *c, struct slice user, struct slice password)
{
	const char *wanted = c->host->conf->embedded.password;

	return slice_eq(user, slice_str("default")) && wanted &&
	       password.len == strlen(wanted) &&
	       crypto_equal(password.ptr, wanted, password.len);
}

static bool authenticate(
    struct call *c, struct slice user, struct slice password)
{
	if (!c->host->conf->embedded.password) {
		(void)error(c, "ERR AUTH is not needed: embedded.password_file "
			       "is not configured");
		return false;
	}
	c->session->is_authenticated = is_admitted(c, user, password);
	if (!c->session->is_authenticated)
		(void)error(c, "WRONGPASS wrong user name or password");
	return c->session->is_authenticated;
}

static enum embedded_outcome run_auth(struct call *c)
{
	struct slice user = c->count == 3 ? word(c, 1) : slice_str("default");

	if (!authenticate(c, user, word(c, c->count - 1)))
		return EMBEDDED_GO_ON;
	return ok(c);
}

static void set_name(struct embedded_session *s, struct slice name)
{
	size_t len = name.len < sizeof s->name ? name.len : sizeof s->name - 1;

	if (len > 0)
		memcpy(s->name, name.ptr, len);
	s->name[len] = '\0';
}

static void put_hello(struct call *c)
{
	resp_put_map(&c->w, 7);
	resp_put_bulk(&c->w, slice_str("server"));
	resp_put_bulk(&c->w, slice_str("redis"));
	resp_put_bulk(&c->w, slice_str("version"));
	resp_put_bulk(&c->w, slice_str(REDIS_VERSION));
	resp_put_bulk(&c->w, slice_str("proto"));
	resp_put_number(&c->w, ':', c->session->is_resp3 ? 3 : 2);
	resp_put_bulk(&c->w, slice_str("id"));
	resp_put_number(&c->w, ':', (long long)c->session->id);
	resp_put_bulk(&c->w, slice_str("mode"));
	resp_put_bulk(&c->w, slice_str("standalone"));
	resp_put_bulk(&c->w, slice_str("role"));
	resp_put_bulk(&c->w, slice_str("master"));
	resp_put_bulk(&c->w, slice_str("modules"));
	resp_put_number(&c->w, '*', 0);
}

/* The words behind HELLO N; false when the reply is given already. */
static bool take_hello_options(struct call *c)
{
	for (size_t i = 2; i < c->count;) {
		if (word_is(c, i, "AUTH") && i + 2 < c->count) {
			if (!authenticate(c, word(c, i + 1), word(c, i + 2)))
				return false;
			i += 3;
		} else if (word_is(c, i, "SETNAME") && i + 1 < c->count) {
			set_name(c->session, word(c, i + 1));
			i += 2;
		} else {
			(void)error(c, "ERR syntax error in HELLO");
			return false;
		}
	}
	return true;
}

static enum embedded_outcome run_hello(struct call *c)
{
	bool is_resp3 = c->session->is_resp3;

	if (c->count > 1) {
		if (!word_is(c, 1, "2") && !word_is(c, 1, "3"))
			return error(c, "NOPROTO only 2 and 3 are supported");
		is_resp3 = word_is(c, 1, "3");
	}
	if (!take_hello_options(c))
		return EMBEDDED_GO_ON;
	if (!c->session->is_authenticated)
		return error(c, "NOAUTH authenticate by AUTH, or by HELLO N "
				"AUTH user password");
	c->session->is_resp3 = is_resp3;
	c->w.is_resp3 = is_resp3;
	put_hello(c);
	return EMBEDDED_GO_ON;
}

static enum embedded_outcome run_reset(struct call *c)
{
	embedded_session_init(c->session, c->host, c->session->id);
	resp_put_text(&c->w, "+RESET\r\n");
	return EMBEDDED_GO_ON;
}

static enum embedded_outcome run_quit(struct call *c)
{
	(void)ok(c);
	return EMBEDDED_QUIT;
}

/* --- CLIENT --- */

static enum embedded_outcome run_client_setname(struct call *c)
{
	set_name(c->session, word(c, 2));
	return ok(c);
}

static enum embedded_outcome run_client_getname(struct call *c)
{
	if (c->session->name[0])
		resp_put_bulk(&c->w, slice_str(c->session->name));
	else
		resp_put_nil(&c->w);
	return EMBEDDED_GO_ON;
}

static enum embedded_outcome run_client_id(struct call *c)
{
	resp_put_number(&c->w, ':', (long long)c->session->id);
	return EMBEDDED_GO_ON;
}

static enum embedded_outcome run_client_reply(struct call *c)
{
	if (word_is(c, 2, "ON")) {
		c->session->reply = REPLY_ON;
		return ok(c);
	}
	if (word_is(c, 2, "OFF"))
		c->session->reply = REPLY_OFF;
	else if (word_is(c, 2, "SKIP"))
		c->session->reply = REPLY_SKIP;
	else
		return error(c, "ERR syntax error in CLIENT REPLY");
	return EMBEDDED_GO_ON;
}

static const struct command client_commands[] = {
	{ "SETNAME", 3, 3, false, run_client_setname },
	{ "SETINFO", 4, 4, false, ok },
	{ "GETNAME", 2, 2, false, run_client_getname },
	{ "ID", 2, 2, false, run_client_id },
	{ "NO-EVICT", 3, 3, false, ok },
	{ "NO-TOUCH", 3, 3, false, ok },
	{ "REPLY", 3, 3, false, run_client_reply },
};

static enum embedded_outcome run_client(struct call *c)
{
	static const struct command parent = { .name = "CLIENT" };
	const struct command *sub = find(c, 1, client_commands,
	    sizeof client_commands / sizeof client_commands[0]);

	if (!sub)
		return error(c, "ERR unknown subcommand of CLIENT: this is "
				"roomcast's embedded backend, it only takes "
				"what is published");
	if (c->count < sub->min_words || c->count > sub->max_words)
		return wrong_arity(c, &parent, sub);
	return sub->run(c);
}

/* --- the rest of what libraries ask --- */

static enum embedded_outcome run_select(struct call *c)
{
	struct slice number = word(c, 1);

	for (size_t i = 0; i < number.len; i++)
		if (number.ptr[i] < '0' || number.ptr[i] > '9')
			return error(c, "ERR the database is not a number");
	return ok(c); /* channels are in none of them */
}

static enum embedded_outcome run_ping(struct call *c)
{
	if (c->count == 2)
		resp_put_bulk(&c->w, word(c, 1));
	else
		resp_put_text(&c->w, "+PONG\r\n");
	return EMBEDDED_GO_ON;
}

static enum embedded_outcome run_echo(struct call *c)
{
	resp_put_bulk(&c->w, word(c, 1));
	return EMBEDDED_GO_ON;
}

static enum embedded_outcome run_info(struct call *c)
{
	resp_put_bulk(
	    &c->w, slice_str("# Server\r\n"
			     "redis_version:" REDIS_VERSION "\r\n"
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
	if (c->count > 1 && word_is(c, 1, "COUNT"))
		resp_put_number(&c->w, ':', 0);
	else if (c->count > 1 && word_is(c, 1, "DOCS"))
		resp_put_map(&c->w, 0);
	else
		resp_put_number(&c->w, '*', 0);
	return EMBEDDED_GO_ON;
}

/* --- PUBLISH --- */

/* Whether the gateway carries the channel; "" in the configuration is off. */
static bool is_carried(const struct conf *conf, struct slice channel)
{
	struct slice send = slice_str(conf->channels.send);
	struct slice broadcast = slice_str(conf->channels.broadcast);
	struct slice control = slice_str(conf->channels.control);
	struct slice prefix = slice_str(conf->channels.room_prefix);

	return (send.len > 0 && slice_eq(channel, send)) ||
	       (broadcast.len > 0 && slice_eq(channel, broadcast)) ||
	       (control.len > 0 && slice_eq(channel, control)) ||
	       (prefix.len > 0 && channel.len > prefix.len &&
		   slice_starts_with(channel, prefix));
}

/* The reply says how many took it: this gateway, or nobody. */
static enum embedded_outcome run_publish(struct call *c)
{
	const struct embedded_host *host = c->host;
	struct slice channel = word(c, 1), payload = word(c, 2);
	size_t max = host->conf->limits.payload;
	bool is_taken = is_carried(host->conf, channel);

	if (payload.len > max) {
		char text[96];

		(void)snprintf(text, sizeof text,
		    "ERR payload is larger than limits.payload (%zu bytes)",
		    max);
		return error(c, text);
	}
	if (is_taken)
		host->sink->on_message(host->arg, channel, payload);
	resp_put_text(&c->w, is_taken ? ":1\r\n" : ":0\r\n");
	return EMBEDDED_GO_ON;
}

/* --- the table --- */

/* A browser that is made to POST here sends one of these lines first. */
static enum embedded_outcome run_attack(struct call *c)
{
	(void)c;
	return EMBEDDED_ATTACK;
}

static const struct command commands[] = {
	{ "PUBLISH", 3, 3, false, run_publish },
	{ "SPUBLISH", 3, 3, false, run_publish },
	{ "PING", 1, 2, false, run_ping },
	{ "HELLO", 1, RESP_MAX_ITEMS, true, run_hello },
	{ "AUTH", 2, 3, true, run_auth },
	{ "CLIENT", 2, RESP_MAX_ITEMS, false, run_client },
	{ "SELECT", 2, 2, false, run_select },
	{ "INFO", 1, RESP_MAX_ITEMS, false, run_info },
	{ "COMMAND", 1, RESP_MAX_ITEMS, false, run_command },
	{ "ECHO", 2, 2, false, run_echo },
	{ "RESET", 1, 1, true, run_reset },
	{ "QUIT", 1, RESP_MAX_ITEMS, true, run_quit },
	{ "POST", 1, RESP_MAX_ITEMS, true, run_attack },
	{ "HOST:", 1, RESP_MAX_ITEMS, true, run_attack },
};

static enum embedded_outcome unknown(struct call *c)
{
	resp_put_text(&c->w, "-ERR unknown command '");
	put_shown(c, word(c, 0));
	resp_put_text(&c->w,
	    "': this is roomcast's embedded backend, it only takes "
	    "what is published\r\n");
	return EMBEDDED_GO_ON;
}

static enum embedded_outcome run(struct call *c)
{
	const struct command *command =
	    find(c, 0, commands, sizeof commands / sizeof commands[0]);

	if (!c->session->is_authenticated && (!command || !command->is_open))
		return error(c, "NOAUTH authentication is required");
	if (!command)
		return unknown(c);
	if (c->count < command->min_words || c->count > command->max_words)
		return wrong_arity(c, NULL, command);
	return command->run(c);
}

void embedded_session_init(
    struct embedded_session *s, const struct embedded_host *host, uint64_t id)
{
	*s = (struct embedded_session){
		.id = id,
		.is_authenticated = !host->conf->embedded.password,
	};
}

/* CLIENT REPLY SKIP swallows its own reply, if any, and the next one. */
static bool is_silent(struct embedded_session *s, enum embedded_reply before)
{
	if (before == REPLY_SKIP && s->reply == REPLY_SKIP)
		s->reply = REPLY_ON;
	return before == REPLY_SKIP || s->reply == REPLY_OFF;
}

enum embedded_outcome embedded_execute(const struct embedded_host *host,
    struct embedded_session *session, const struct resp_value *command,
    struct buf *out)
{
	struct call c = { .host = host,
		.session = session,
		.words = command->items,
		.count = command->count,
		.w = { .out = out, .is_resp3 = session->is_resp3 } };
	enum embedded_reply before = session->reply;
	size_t len = out->len;
	enum embedded_outcome outcome = run(&c);

	if (is_silent(session, before))
		out->len = len;
	return c.w.is_out_of_memory ? EMBEDDED_NO_MEMORY : outcome;
}
