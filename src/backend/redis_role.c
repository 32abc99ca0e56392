#include "backend/redis_role.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"

void redis_role_begin(struct redis_role *r, struct redis_role_rule *rule)
{
	*r = (struct redis_role){
		.rule = rule,
		.way =
		    rule->is_any ? REDIS_ROLE_BY_NOTHING : REDIS_ROLE_BY_ROLE,
	};
}

size_t redis_role_ask(
    struct redis_role *r, struct slice question[REDIS_ROLE_WORDS])
{
	if (r->way == REDIS_ROLE_BY_NOTHING)
		return 0;
	r->is_asked = true;
	r->items = 0;
	r->word[0] = '\0';
	resp_whole_begin(&r->whole);
	if (r->way == REDIS_ROLE_BY_ROLE) {
		question[0] = slice_str("ROLE");
		return 1;
	}
	question[0] = slice_str("INFO");
	question[1] = slice_str("replication");
	return 2;
}

/* --- the answer --- */

/* A word that is too long is none that is known. */
static void keep_word(struct redis_role *r, struct slice word)
{
	if (word.len >= sizeof r->word)
		return;
	*slice_put(word, r->word) = '\0';
}

/* Of INFO: the line of the role. */
static void find_word(struct redis_role *r, struct slice text)
{
	static const char name[] = "\nrole:";
	const char *at = text.len > 0
			     ? memmem(text.ptr, text.len, name, sizeof name - 1)
			     : NULL;
	struct slice word;

	if (!at)
		return;
	at += sizeof name - 1;
	word = slice_of(at, (size_t)(text.ptr + text.len - at));
	for (size_t i = 0; i < word.len; i++)
		if (word.ptr[i] == '\r' || word.ptr[i] == '\n')
			word.len = i;
	keep_word(r, word);
}

/* Of ROLE it is the first string of the array; what INFO says is one. */
static void note(struct redis_role *r, const struct resp_part *part)
{
	if (part->type != RESP_STRING)
		return;
	if (r->way == REDIS_ROLE_BY_INFO && r->items == 1)
		find_word(r, part->text);
	else if (r->way == REDIS_ROLE_BY_ROLE && r->items == 2)
		keep_word(r, part->text);
}

static void warn_once(struct redis_role_rule *rule)
{
	if (rule->is_warned)
		return;
	rule->is_warned = true;
	log_warn("redis", "whether the server is a master is not known",
	    kv_str("reason", "it answers neither ROLE nor INFO replication"),
	    kv_str("remedy",
		"permit this user +role in the server's ACL; or, where a "
		"proxy knows neither, set redis.role: any"));
}

/* What is no answer is asked for by another way, and then no more. */
static void go_another_way(struct redis_role *r, bool *again)
{
	r->way++;
	*again = r->way != REDIS_ROLE_BY_NOTHING;
	if (!*again)
		warn_once(r->rule);
}

static int refuse(const char *reason, struct redis_failure *why)
{
	*why = redis_failure_make(reason);
	why->kind = REDIS_FAILURE_ROLE;
	why->remedy = "point redis.url to the master; to read from a replica "
		      "on purpose, set redis.role: any";
	return -EACCES;
}

static int judge(struct redis_role *r, bool *again, struct redis_failure *why)
{
	r->is_asked = false;
	if (strcmp(r->word, "slave") == 0)
		return refuse("the server is a replica", why);
	if (strcmp(r->word, "sentinel") == 0)
		return refuse("the server is a sentinel", why);
	if (strcmp(r->word, "master") != 0)
		go_another_way(r, again);
	return 1;
}

/* Errors that pass by: of a server that cannot say, and not of who asks. */
static bool is_passing(struct slice error)
{
	static const char *const words[] = { "BUSY", "LOADING", "NOAUTH",
		"MASTERDOWN" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (slice_starts_with(error, slice_str(words[i])))
			return true;
	return false;
}

int redis_role_take(struct redis_role *r, const struct resp_part *part,
    bool *again, struct redis_failure *why)
{
	*again = false;
	if (++r->items > REDIS_ROLE_MAX_ITEMS) {
		*why = redis_failure_make("protocol error: an endless role");
		return -EPROTO;
	}
	if (r->items == 1 && part->type == RESP_ERROR &&
	    is_passing(part->text)) {
		*why = redis_failure_refused(
		    r->way == REDIS_ROLE_BY_ROLE ? "ROLE" : "INFO",
		    slice_of(NULL, 0), part->text);
		return -EACCES;
	}
	note(r, part);
	return resp_whole_take(&r->whole, part) ? judge(r, again, why) : 0;
}
