#include "backend/redis_greeting.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "backend/redis_login.h"
#include "backend/redis_role.h"
#include "conf/secret.h"
#include "proto/resp_items.h"
#include "proto/resp_write.h"

/* --- what is said --- */

static void say(struct redis_greeting *g, enum redis_greeting_word word,
    const struct slice *arguments, size_t count, struct resp_writer *w)
{
	g->is_said[word] = true;
	resp_put_command(w, arguments, count);
}

/* Where no password is asked for there is nobody to be. */
static void say_auth(struct redis_greeting *g, const char *username,
    const char *password, struct resp_writer *w)
{
	struct slice arguments[3] = { slice_str("AUTH") };
	size_t count = 1;

	if (!password)
		return;
	if (username)
		arguments[count++] = slice_str(username);
	arguments[count++] = slice_str(password);
	say(g, REDIS_GREETING_AUTH, arguments, count, w);
}

/* A connection begins in the first database. */
static void say_select(
    struct redis_greeting *g, uint32_t database, struct resp_writer *w)
{
	char number[16];
	struct slice arguments[2] = { slice_str("SELECT") };

	if (database == 0)
		return;
	(void)snprintf(number, sizeof number, "%" PRIu32, database);
	arguments[1] = slice_str(number);
	say(g, REDIS_GREETING_SELECT, arguments, 2, w);
}

static void say_name(struct redis_greeting *g, struct resp_writer *w)
{
	const struct slice arguments[] = { slice_str("CLIENT"),
		slice_str("SETNAME"), slice_str("roomcast") };

	say(g, REDIS_GREETING_SETNAME, arguments, 3, w);
}

/* Where the role does not matter, nothing is asked. */
static void say_role(struct redis_greeting *g, struct resp_writer *w)
{
	struct slice question[REDIS_ROLE_WORDS];
	size_t count = redis_role_ask(g->role, question);

	if (count > 0)
		say(g, REDIS_GREETING_ROLE, question, count, w);
}

/* The next one that was said, from this one on. */
static unsigned next_said(const struct redis_greeting *g, unsigned word)
{
	while (word < REDIS_GREETING_WORDS && !g->is_said[word])
		word++;
	return word;
}

bool redis_greeting_write(struct redis_greeting *g,
    const struct redis_login *login, uint32_t database, struct redis_role *role,
    struct buf *out, struct redis_failure *why)
{
	struct resp_writer w = { .out = out };
	char *password;
	struct err e;

	*g = (struct redis_greeting){ .role = role };
	if (redis_login_password(login, &password, &e) < 0) {
		*why = redis_failure_make(REDIS_FAILURE_LOCAL, e.text);
		why->remedy =
		    "mend the file: it is read at each attempt to connect";
		return false;
	}
	say_auth(g, login->username, password, &w);
	say_select(g, database, &w);
	say_name(g, &w);
	say_role(g, &w);
	secret_free(password);
	g->awaited = next_said(g, 0);
	if (w.is_out_of_memory)
		*why = redis_failure_memory();
	return !w.is_out_of_memory;
}

/* --- what is answered --- */

/*
 * A name is a courtesy to whoever reads CLIENT LIST: a server that knows no
 * names or does not permit them will do.
 */
static bool is_excused(unsigned word, struct slice reply)
{
	return word == REDIS_GREETING_SETNAME &&
	       (slice_starts_with(reply, slice_str("NOPERM")) ||
		   slice_starts_with(reply, slice_str("ERR unknown")));
}

/* It may take several items, and a second question. */
static int take_role(struct redis_greeting *g, const struct resp_part *part,
    struct buf *out, struct redis_failure *why)
{
	struct resp_writer w = { .out = out };
	bool again;
	int rc = redis_role_take(g->role, part, &again, why);

	if (!again)
		return rc;
	say_role(g, &w);
	if (!w.is_out_of_memory)
		return 0;
	*why = redis_failure_memory();
	return -ENOMEM;
}

/* The others are a word each. */
static int take_word(struct redis_greeting *g, const struct resp_part *part,
    struct redis_failure *why)
{
	static const char *const commands[] = { "AUTH", "SELECT",
		"CLIENT SETNAME" };

	if (part->type != RESP_STATUS && part->type != RESP_ERROR) {
		*why = redis_failure_make(REDIS_FAILURE_PROTOCOL,
		    "protocol error: an unexpected reply");
		return -EPROTO;
	}
	if (part->type == RESP_ERROR && !is_excused(g->awaited, part->text)) {
		*why = redis_failure_refused(
		    commands[g->awaited], slice_of(NULL, 0), part->text);
		return -EACCES;
	}
	g->awaited = next_said(g, g->awaited + 1);
	return g->awaited == REDIS_GREETING_WORDS;
}

int redis_greeting_take(struct redis_greeting *g, const struct resp_part *part,
    struct buf *out, struct redis_failure *why)
{
	return g->awaited == REDIS_GREETING_ROLE ? take_role(g, part, out, why)
						 : take_word(g, part, why);
}
