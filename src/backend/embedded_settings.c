/*
 * embedded_settings: AUTH, HELLO, RESET, SELECT and CLIENT. Where nothing here
 * depends on a setting (there are no keys, so nothing is ever invalidated or
 * evicted), it is answered as a Redis would and forgotten.
 */
#include "backend/embedded_settings.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/crypto.h"

/* --- who is it --- */

/* There is one user, the default one, and one password, or any. */
static bool is_admitted(
    const struct call *c, struct slice user, struct slice password)
{
	const char *wanted = c->host->password;

	if (!slice_eq(user, slice_str("default")))
		return false;
	return !wanted || (password.len == strlen(wanted) &&
			      crypto_equal(password.ptr, wanted, password.len));
}

static bool authenticate(
    struct call *c, struct slice user, struct slice password)
{
	bool is_right = is_admitted(c, user, password);

	if (!is_right)
		(void)embedded_call_error(
		    c, "WRONGPASS wrong user name or password");
	if (c->host->password)
		c->session->is_authenticated = is_right;
	return is_right;
}

enum embedded_outcome embedded_settings_run_auth(struct call *c)
{
	struct slice user = slice_str("default");

	if (c->count == 3)
		user = embedded_call_word(c, 1);
	else if (!c->host->password)
		/* To the letter: there are clients that go on after it. */
		return embedded_call_error(c,
		    "ERR AUTH <password> called without any password "
		    "configured for the default user. Are you sure your "
		    "configuration is correct?");
	if (!authenticate(c, user, embedded_call_word(c, c->count - 1)))
		return EMBEDDED_GO_ON;
	return embedded_call_ok(c);
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
	resp_put_bulk(&c->w, slice_str(EMBEDDED_REDIS_VERSION));
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
		if (embedded_call_word_is(c, i, "AUTH") && i + 2 < c->count) {
			if (!authenticate(c, embedded_call_word(c, i + 1),
				embedded_call_word(c, i + 2)))
				return false;
			i += 3;
		} else if (embedded_call_word_is(c, i, "SETNAME") &&
			   i + 1 < c->count) {
			set_name(c->session, embedded_call_word(c, i + 1));
			i += 2;
		} else {
			(void)embedded_call_error(
			    c, "ERR syntax error in HELLO");
			return false;
		}
	}
	return true;
}

enum embedded_outcome embedded_settings_run_hello(struct call *c)
{
	bool is_resp3 = c->session->is_resp3;

	if (c->count > 1) {
		if (!embedded_call_word_is(c, 1, "2") &&
		    !embedded_call_word_is(c, 1, "3"))
			return embedded_call_error(
			    c, "NOPROTO only 2 and 3 are supported");
		is_resp3 = embedded_call_word_is(c, 1, "3");
	}
	if (!take_hello_options(c))
		return EMBEDDED_GO_ON;
	if (!c->session->is_authenticated)
		return embedded_call_error(c,
		    "NOAUTH authenticate by AUTH, or by HELLO N AUTH user "
		    "password");
	c->session->is_resp3 = is_resp3;
	c->w.is_resp3 = is_resp3;
	put_hello(c);
	return EMBEDDED_GO_ON;
}

enum embedded_outcome embedded_settings_run_reset(struct call *c)
{
	uint64_t id = c->session->id;

	embedded_session_fini(c->session);
	embedded_session_init(c->session, c->host, id);
	resp_put_text(&c->w, "+RESET\r\n");
	return EMBEDDED_GO_ON;
}

enum embedded_outcome embedded_settings_run_select(struct call *c)
{
	struct slice number = embedded_call_word(c, 1);

	for (size_t i = 0; i < number.len; i++)
		if (!ascii_is_digit(number.ptr[i]))
			return embedded_call_error(
			    c, "ERR the database is not a number");
	return embedded_call_ok(c); /* channels are in none of them */
}

/* --- CLIENT --- */

static enum embedded_outcome run_setname(struct call *c)
{
	set_name(c->session, embedded_call_word(c, 2));
	return embedded_call_ok(c);
}

static enum embedded_outcome run_getname(struct call *c)
{
	if (c->session->name[0])
		resp_put_bulk(&c->w, slice_str(c->session->name));
	else
		resp_put_nil(&c->w);
	return EMBEDDED_GO_ON;
}

static enum embedded_outcome run_id(struct call *c)
{
	resp_put_number(&c->w, ':', (long long)c->session->id);
	return EMBEDDED_GO_ON;
}

static enum embedded_outcome run_info(struct call *c)
{
	const struct embedded_session *s = c->session;
	char text[160];
	int len = snprintf(text, sizeof text,
	    "id=%llu name=%s db=0 sub=0 psub=0 ssub=0 multi=-1 user=default "
	    "resp=%d\n",
	    (unsigned long long)s->id, s->name, s->is_resp3 ? 3 : 2);

	resp_put_bulk(&c->w, slice_of(text, (size_t)len));
	return EMBEDDED_GO_ON;
}

static enum embedded_outcome run_reply(struct call *c)
{
	struct embedded_session *s = c->session;

	if (embedded_call_word_is(c, 2, "ON")) {
		s->is_silent = s->skips_this = false;
		return embedded_call_ok(c);
	}
	if (embedded_call_word_is(c, 2, "OFF"))
		s->is_silent = true;
	else if (embedded_call_word_is(c, 2, "SKIP"))
		s->skips_next = true;
	else
		return embedded_call_error(
		    c, "ERR syntax error in CLIENT REPLY");
	return EMBEDDED_GO_ON;
}

/* A switch of what there is nothing of here. */
static enum embedded_outcome run_switch(struct call *c)
{
	if (!embedded_call_word_is(c, 2, "ON") &&
	    !embedded_call_word_is(c, 2, "OFF"))
		return embedded_call_error(c, "ERR syntax error");
	return embedded_call_ok(c);
}

static const struct call_row subcommands[] = {
	{ "SETNAME", 3, 3, 0, run_setname, NULL },
	{ "SETINFO", 4, 4, 0, embedded_call_ok, NULL },
	{ "GETNAME", 2, 2, 0, run_getname, NULL },
	{ "ID", 2, 2, 0, run_id, NULL },
	{ "INFO", 2, 2, 0, run_info, NULL },
	{ "NO-EVICT", 3, 3, 0, run_switch, NULL },
	{ "NO-TOUCH", 3, 3, 0, run_switch, NULL },
	{ "TRACKING", 3, RESP_MAX_ITEMS, 0, run_switch, NULL },
	{ "REPLY", 3, 3, 0, run_reply, NULL },
};

static const struct call_row *find_subcommand(const struct call *c)
{
	return embedded_call_find(
	    c, 1, subcommands, sizeof subcommands / sizeof subcommands[0]);
}

bool embedded_settings_check_client(struct call *c)
{
	static const struct call_row parent = { .name = "CLIENT" };
	const struct call_row *sub = find_subcommand(c);

	if (sub)
		return embedded_call_has_words(c, &parent, sub);
	(void)embedded_call_error(c,
	    "ERR unknown subcommand of CLIENT: this is "
	    "roomcast's embedded backend, it only takes what "
	    "is published");
	return false;
}

enum embedded_outcome embedded_settings_run_client(struct call *c)
{
	return find_subcommand(c)->run(c);
}
