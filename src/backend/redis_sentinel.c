/* redis_sentinel: two links, one of which is open while a question is. */
#include "backend/redis_sentinel.h"

#include <stdlib.h>

#include "backend/redis_find.h"
#include "backend/redis_link.h"
#include "backend/redis_role.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"

enum { STRING_MAX = 4096 }; /* two addresses and a name, many times over */

struct redis_sentinel {
	const char *master; /* borrowed */
	size_t number;
	const struct redis_sentinel_sink *sink;
	void *arg;
	struct redis_find *find;     /* owned: of the sentinel itself */
	struct redis_role_rule role; /* any: it is a sentinel */
	struct redis_link *question; /* owned; closed while nothing is asked */
	struct redis_link *news;     /* owned */
};

/* --- questions --- */

/* What helps is another key than with the server that it names. */
static void on_lost(void *arg, const struct redis_failure *why)
{
	struct redis_sentinel *s = arg;
	struct redis_failure own = *why;

	if (own.kind == REDIS_FAILURE_DENIED)
		own.remedy = "check redis.sentinel.username and "
			     "redis.sentinel.password_file";
	s->sink->on_answer(s->arg, s->number, NULL, &own);
}

static void lose(struct redis_sentinel *s, struct redis_failure why)
{
	redis_link_close(s->question);
	s->sink->on_answer(s->arg, s->number, NULL, &why);
}

static void on_ready(void *arg)
{
	struct redis_sentinel *s = arg;
	const struct slice command[] = { slice_str("SENTINEL"),
		slice_str("GET-MASTER-ADDR-BY-NAME"), slice_str(s->master) };

	if (redis_link_send(s->question, command, 3) < 0)
		lose(s, redis_failure_memory());
}

/* The answer lives as long as the link is open, and is the only one. */
static void on_value(void *arg, const struct resp_value *value)
{
	struct redis_sentinel *s = arg;

	s->sink->on_answer(s->arg, s->number, value, NULL);
}

static const struct redis_link_sink question_sink = {
	.on_ready = on_ready,
	.on_value = on_value,
	.on_lost = on_lost,
};

void redis_sentinel_ask(struct redis_sentinel *s)
{
	redis_link_close(s->question);
	redis_link_open(s->question);
}

void redis_sentinel_cease(struct redis_sentinel *s)
{
	redis_link_close(s->question);
}

/* --- news --- */

/* The next poll listens again. */
static void on_news_lost(void *arg, const struct redis_failure *why)
{
	struct redis_sentinel *s = arg;

	log_debug(LOG_REDIS, "a sentinel is not heard",
	    kv_str("address", redis_find_shown(s->find)),
	    kv_str("reason", why->reason));
}

static void on_news_ready(void *arg)
{
	struct redis_sentinel *s = arg;
	const struct slice command[] = { slice_str("SUBSCRIBE"),
		slice_str("+switch-master") };

	if (redis_link_send(s->news, command, 2) < 0)
		redis_link_close(s->news);
}

/* A confirmation is none, and a refusal leaves the polls. */
static bool is_news(const struct resp_value *value)
{
	return value->is_array && value->count == 3 &&
	       slice_eq(value->items[0].text, slice_str("message"));
}

static void on_news(void *arg, const struct resp_value *value)
{
	struct redis_sentinel *s = arg;
	struct redis_announced_switch said;

	if (is_news(value) &&
	    redis_announced_read_switch(&said, value->items[2].text))
		s->sink->on_switch(s->arg, s->number, &said);
}

static const struct redis_link_sink news_sink = {
	.on_ready = on_news_ready,
	.on_value = on_news,
	.on_lost = on_news_lost,
};

void redis_sentinel_listen(struct redis_sentinel *s)
{
	if (redis_link_is_closed(s->news))
		redis_link_open(s->news);
}

const char *redis_sentinel_shown(const struct redis_sentinel *s)
{
	return redis_find_shown(s->find);
}

/* --- life --- */

static struct redis_find *find_of(
    struct event_base *base, const struct conf_sentinel *conf, size_t number)
{
	const struct redis_login login = {
		.username = conf->username,
		.password_file = conf->password_file,
		.key = "redis.sentinel.password_file",
	};
	struct address address;

	if (address_parse(&address, conf->addresses.items[number], NULL) < 0)
		fatal("redis", "an address that was read cannot be read");
	return redis_find_new_at(base, NULL, &address, &login, &conf->tls);
}

struct redis_sentinel *redis_sentinel_new(struct event_base *base,
    const struct conf_sentinel *conf, size_t number,
    const struct redis_sentinel_sink *sink, void *arg)
{
	struct redis_sentinel *s = xcalloc(1, sizeof *s);
	struct redis_link_options options = { .max_string = STRING_MAX };

	s->master = conf->master;
	s->number = number;
	s->sink = sink;
	s->arg = arg;
	s->find = find_of(base, conf, number);
	s->role.is_any = true;
	options.find = s->find;
	options.role = &s->role;
	s->question = redis_link_new(base, &options, &question_sink, s);
	s->news = redis_link_new(base, &options, &news_sink, s);
	return s;
}

void redis_sentinel_free(struct redis_sentinel *s)
{
	if (!s)
		return;
	redis_link_free(s->question);
	redis_link_free(s->news);
	redis_find_free(s->find);
	free(s);
}
