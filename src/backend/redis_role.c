#include "backend/redis_role.h"

#include <errno.h>
#include <string.h>

#include "backend/redis_tally.h"
#include "base/log.h"
#include "conf/conf_redis.h"

struct redis_role_rule redis_role_rule_of(const struct conf_redis *conf)
{
	return (struct redis_role_rule){
		.is_any = conf->role == CONF_ROLE_ANY,
		.has_sentinels = conf_has_sentinel(conf),
		.source = conf_redis_name(conf),
	};
}

void redis_role_begin(struct redis_role *r, struct redis_role_rule *rule)
{
	*r = (struct redis_role){
		.rule = rule,
		.way =
		    rule->is_any ? REDIS_ROLE_BY_NOTHING : REDIS_ROLE_BY_ROLE,
	};
}

static bool asks_cluster(const struct redis_role *r)
{
	return r->rule->cut_off_told && !r->is_cluster_mute;
}

/* What is asked now is asked by these words; 0: nothing is. */
static size_t words_of(
    const struct redis_role *r, struct slice question[REDIS_ROLE_WORDS])
{
	static const char *const words[][REDIS_ROLE_WORDS] = {
		[REDIS_ROLE_BY_ROLE] = { "ROLE" },
		[REDIS_ROLE_BY_INFO] = { "INFO", "replication" },
		[REDIS_ROLE_BY_NOTHING] = { NULL },
	};
	static const char *const cluster[] = { "CLUSTER", "INFO" };
	const char *const *from = r->is_about_cluster ? cluster : words[r->way];
	size_t count = 0;

	while (count < REDIS_ROLE_WORDS && from[count]) {
		question[count] = slice_str(from[count]);
		count++;
	}
	return count;
}

size_t redis_role_ask(
    struct redis_role *r, struct slice question[REDIS_ROLE_WORDS])
{
	size_t count;

	if (r->way == REDIS_ROLE_BY_NOTHING)
		r->is_about_cluster = asks_cluster(r);
	count = words_of(r, question);
	r->is_asked = count > 0;
	r->items = 0;
	if (!r->is_about_cluster)
		r->word[0] = '\0';
	r->cut_off = REDIS_CUT_OFF_UNKNOWN;
	r->is_refused = false;
	resp_whole_begin(&r->whole);
	return count;
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
	if (r->is_about_cluster)
		r->cut_off = r->items == 1 ? redis_cut_off_read(part->text)
					   : REDIS_CUT_OFF_UNKNOWN;
	else if (r->way == REDIS_ROLE_BY_INFO && r->items == 1)
		find_word(r, part->text);
	else if (r->way == REDIS_ROLE_BY_ROLE && r->items == 2)
		keep_word(r, part->text);
}

static void warn_once(struct redis_role_rule *rule)
{
	if (rule->is_warned)
		return;
	rule->is_warned = true;
	log_warn(LOG_REDIS, "whether the server is a master is not known",
	    kv_given("source", rule->source),
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

static int refuse(
    const char *reason, const char *remedy, struct redis_failure *why)
{
	*why = redis_failure_make(REDIS_FAILURE_ROLE, reason);
	why->remedy = remedy;
	return -EACCES;
}

static int refuse_replica(
    const struct redis_role_rule *rule, struct redis_failure *why)
{
	const char *remedy =
	    "point redis.url to the master; to read from a replica on purpose, "
	    "set redis.role: any";

	if (rule->has_sentinels)
		remedy = "wait: the sentinels take it for the master, or will "
			 "soon name another";
	if (rule->cut_off_told)
		remedy = NULL; /* another node is looked for */
	return refuse("the server is a replica", remedy, why);
}

static enum redis_role_said said(const struct redis_role *r)
{
	if (strcmp(r->word, "master") == 0)
		return REDIS_ROLE_MASTER;
	return strcmp(r->word, "slave") == 0 ? REDIS_ROLE_REPLICA
					     : REDIS_ROLE_UNKNOWN;
}

static int judge_role(
    struct redis_role *r, bool *again, struct redis_failure *why)
{
	enum redis_role_said role = said(r);

	redis_tally_role(r->rule->metrics, role);
	if (role == REDIS_ROLE_REPLICA)
		return refuse_replica(r->rule, why);
	if (strcmp(r->word, "sentinel") == 0)
		return refuse("the server is a sentinel",
		    "name it in redis.sentinel.addresses, with the others, in "
		    "place of redis.url",
		    why);
	if (role != REDIS_ROLE_MASTER)
		go_another_way(r, again);
	r->is_about_cluster = asks_cluster(r) && !*again;
	*again = *again || r->is_about_cluster;
	return 1;
}

/* Once for each of the two. */
static void warn_cut_off_unknown(const struct redis_role *r)
{
	const struct redis_role_rule *rule = r->rule;
	unsigned why = r->is_refused ? REDIS_ROLE_REFUSED : REDIS_ROLE_ODD;

	if (*rule->cut_off_told & why)
		return;
	*rule->cut_off_told |= why;
	log_warn(LOG_REDIS,
	    "whether a node is cut off from its cluster is not known",
	    kv_given("source", rule->source),
	    kv_str("reason", r->is_refused
				 ? "it does not answer CLUSTER INFO"
				 : "its answer to CLUSTER INFO does not say"),
	    kv_given("remedy",
		r->is_refused
		    ? "permit this user +cluster|info in the servers' ACL"
		    : NULL));
}

/*
 * Who may not know it goes on, and does not ask again on this connection. An
 * answer that says nothing may be followed by one that does.
 */
static int judge_cluster(struct redis_role *r, struct redis_failure *why)
{
	r->is_about_cluster = false;
	if (r->cut_off == REDIS_CUT_OFF_YES)
		return refuse("the node is cut off from its cluster",
		    "see CLUSTER INFO there: it is in no cluster yet, or most "
		    "of the others do not answer it",
		    why);
	if (r->cut_off == REDIS_CUT_OFF_NO)
		return 1;
	r->is_cluster_mute = r->is_refused;
	warn_cut_off_unknown(r);
	return 1;
}

static int judge(struct redis_role *r, bool *again, struct redis_failure *why)
{
	r->is_asked = false;
	return r->is_about_cluster ? judge_cluster(r, why)
				   : judge_role(r, again, why);
}

static bool begins_with_any(
    struct slice text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_starts_with(text, slice_str(words[i])))
			return true;
	return false;
}

/*
 * Errors of a server that cannot say now, and not of who asks; and of one that
 * is in no cluster.
 */
static bool is_plain(struct slice error)
{
	static const char *const words[] = { "BUSY", "LOADING", "NOAUTH",
		"MASTERDOWN", "ERR This instance has cluster" };

	return begins_with_any(error, words, sizeof words / sizeof words[0]);
}

/* Errors of a server that will never say. */
static bool is_lasting(struct slice error)
{
	static const char *const words[] = { "NOPERM", "ERR unknown",
		"ERR Unknown" }; /* command, or subcommand */

	return begins_with_any(error, words, sizeof words / sizeof words[0]);
}

static const char *question_of(const struct redis_role *r)
{
	if (r->is_about_cluster)
		return "CLUSTER INFO";
	return r->way == REDIS_ROLE_BY_ROLE ? "ROLE" : "INFO";
}

int redis_role_take(struct redis_role *r, const struct resp_part *part,
    bool *again, struct redis_failure *why)
{
	*again = false;
	if (++r->items > REDIS_ROLE_MAX_ITEMS) {
		*why = redis_failure_make(
		    REDIS_FAILURE_PROTOCOL, "protocol error: an endless role");
		return -EPROTO;
	}
	if (r->items == 1 && part->type == RESP_ERROR && is_plain(part->text)) {
		*why = redis_failure_refused(
		    question_of(r), slice_of(NULL, 0), part->text);
		return -EACCES;
	}
	if (r->items == 1)
		r->is_refused =
		    part->type == RESP_ERROR && is_lasting(part->text);
	note(r, part);
	return resp_whole_take(&r->whole, part) ? judge(r, again, why) : 0;
}
