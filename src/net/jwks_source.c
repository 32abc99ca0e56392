#include "net/jwks_source.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf_auth.h"
#include "conf/conf_ref.h"
#include "conf/url.h"
#include "core/metrics.h"
#include "core/metrics_text.h"
#include "net/http_tls.h"
#include "net/jwks.h"
#include "net/jwks_fetch.h"
#include "proto/http_reply.h"
#include "proto/jwt_keys.h"
#include "sys/timer.h"

enum {
	SOONEST_MS = 60000,   /* that an answer may ask for */
	RETRY_MIN_MS = 1000,  /* it doubles, */
	RETRY_MAX_MS = 60000, /* up to this or jwks_refresh */
	JITTER_PART = 10,     /* up to one in so many is taken away */
};

static const struct {
	const char *label;
	const char *text;
	const char *remedy;
	enum metric metric;
} failures[] = { [JWKS_FAILURE_NONE] = { .metric = METRIC_JWKS_OK },
#define X(id, label, text, remedy) \
	[JWKS_FAILURE_##id] = { label, text, remedy, METRIC_JWKS_FAILED_##id },
	JWKS_FAILURES(X)
#undef X
};

struct jwks_source {
	struct event_base *base;      /* borrowed */
	const struct conf_auth *auth; /* with a reference to its conf */
	struct buf url;               /* for the log; its query is masked */
	struct jwks *jwks;            /* a reference */
	struct http_tls *tls;         /* a reference, or NULL */
	struct metrics *metrics;      /* borrowed */
	size_t place;                 /* in those by authenticator */
	struct event *timer;          /* owned; of the next look */
	struct jwks_fetch *fetch;     /* owned; NULL between two looks */
	unsigned failures;            /* in a row */
	enum jwks_failure said;       /* of the last of them, in the log */
	size_t count;                 /* of the keys there are */
	size_t left_out;              /* by the last look that brought them */
	int64_t since_ms; /* of the last look that has brought them; or begun */
	jwks_source_fn on_look;
	void *arg;
};

/* --- when --- */

static int64_t jittered(int64_t delay_ms)
{
	uint32_t random;

	crypto_random(&random, sizeof random);
	return delay_ms - (int64_t)(random % (delay_ms / JITTER_PART + 1));
}

static int64_t until_retry(const struct jwks_source *s)
{
	int64_t max_ms = s->auth->jwks_refresh_ms < RETRY_MAX_MS
			     ? s->auth->jwks_refresh_ms
			     : RETRY_MAX_MS;
	unsigned doublings = s->failures < 7 ? s->failures - 1 : 6;
	int64_t delay_ms = (int64_t)RETRY_MIN_MS << doublings;

	return delay_ms < max_ms ? delay_ms : max_ms;
}

/* An answer may say that it is good for less long, within reason. */
static int64_t until_refresh(const struct jwks_source *s, int64_t max_age_s)
{
	int64_t max_age_ms = max_age_s * 1000;

	if (max_age_s < 0 || max_age_ms >= s->auth->jwks_refresh_ms)
		return s->auth->jwks_refresh_ms;
	if (max_age_ms >= SOONEST_MS)
		return max_age_ms;
	return s->auth->jwks_refresh_ms < SOONEST_MS ? s->auth->jwks_refresh_ms
						     : SOONEST_MS;
}

static void look_in(struct jwks_source *s, int64_t delay_ms)
{
	timer_arm(s->timer, jittered(delay_ms), "jwks");
}

/* --- what comes of it --- */

static void say_failed(
    struct jwks_source *s, enum jwks_failure why, const char *detail)
{
	if (s->failures > 0 && s->said == why)
		return;
	s->said = why;
	log_warn(LOG_AUTH, "the keys cannot be fetched",
	    kv_str("auth", s->auth->name), kv_slice("url", buf_slice(&s->url)),
	    kv_str("reason", failures[why].label),
	    kv_str("detail", detail ? detail : failures[why].text),
	    kv_int("keys", (int64_t)s->count),
	    kv_int("age_ms", clock_ms() - s->since_ms),
	    kv_str("remedy", failures[why].remedy));
}

static void on_failed(
    struct jwks_source *s, enum jwks_failure why, const char *detail)
{
	say_failed(s, why, detail);
	s->failures++;
	metrics_inc(s->metrics, failures[why].metric);
	jwks_end(s->jwks, NULL, clock_ms());
	look_in(s, until_retry(s));
}

static void show(const struct jwks_source *s)
{
	struct buf labels = { 0 };

	metrics_put_label(&labels, "auth", s->auth->name);
	buf_putn(&labels, "", 1);
	metrics_set_keys(
	    s->metrics, s->place, labels.data, s->count, s->since_ms);
	buf_fini(&labels);
}

/* A rotation is worth a line, the same again is not. */
static bool is_changed(const struct jwks_source *s, const struct jwt_keys *keys)
{
	struct jwt_keys *old = jwks_keys(s->jwks);
	bool is_changed = !old || !jwt_keys_have_same_names(old, keys);

	jwt_keys_unref(old);
	return is_changed;
}

/* Who signs by one of these is refused, and nothing else says why. */
static void say_left_out(struct jwks_source *s, size_t left_out)
{
	if (left_out > 0 && left_out != s->left_out)
		log_warn(LOG_AUTH, "keys without a kid are left out",
		    kv_str("auth", s->auth->name),
		    kv_slice("url", buf_slice(&s->url)),
		    kv_int("left_out", (int64_t)left_out),
		    kv_str("remedy", "have the server name its keys"));
	s->left_out = left_out;
}

static void on_keys(
    struct jwks_source *s, struct jwt_keys *keys, int64_t max_age_s)
{
	bool is_news = s->failures > 0 || is_changed(s, keys);

	s->failures = 0;
	s->count = jwt_keys_count(keys);
	say_left_out(s, jwt_keys_left_out(keys));
	s->since_ms = clock_ms();
	jwks_end(s->jwks, keys, s->since_ms); /* then the line is true */
	if (is_news)
		log_info(LOG_AUTH, "keys fetched",
		    kv_str("auth", s->auth->name),
		    kv_slice("url", buf_slice(&s->url)),
		    kv_int("keys", (int64_t)s->count));
	metrics_inc(s->metrics, METRIC_JWKS_OK);
	show(s);
	look_in(s, until_refresh(s, max_age_s));
}

static void on_fetched(void *arg, const struct http_reply *reply,
    enum jwks_failure why, const char *detail)
{
	struct jwks_source *s = arg;
	struct jwt_keys *keys;
	struct err e;

	if (!reply)
		on_failed(s, why, detail);
	else if (jwt_keys_read(jwks_algorithms(s->jwks),
		     buf_slice(&reply->body), &keys, &e) < 0)
		on_failed(s, JWKS_FAILURE_KEYS, e.text);
	else
		on_keys(s, keys, reply->max_age_s);
	jwks_fetch_free(s->fetch);
	s->fetch = NULL;
	s->on_look(s->arg);
}

void jwks_source_look(struct jwks_source *s)
{
	if (s->fetch)
		return;
	(void)event_del(s->timer);
	jwks_begin(s->jwks);
	s->fetch =
	    jwks_fetch_start(s->base, s->auth->jwks_url, s->tls, on_fetched, s);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	jwks_source_look(arg);
}

/* --- life --- */

struct jwks_source *jwks_source_new(struct event_base *base,
    const struct conf_auth *auth, struct jwks *j, struct http_tls *tls,
    struct metrics *m, jwks_source_fn on_look, void *arg)
{
	struct jwks_source *s = xcalloc(1, sizeof *s);

	(void)conf_ref(auth->conf);
	s->base = base;
	s->auth = auth;
	url_print_without_query(auth->jwks_url, &s->url);
	s->jwks = jwks_ref(j);
	s->tls = http_tls_ref(tls);
	s->metrics = m;
	s->on_look = on_look;
	s->arg = arg;
	s->since_ms = clock_ms();
	s->timer = timer_new(base, on_timer, s, "jwks");
	jwks_source_look(s);
	return s;
}

void jwks_source_free(struct jwks_source *s)
{
	if (!s)
		return;
	jwks_retire(s->jwks);
	jwks_fetch_free(s->fetch);
	event_free(s->timer);
	buf_fini(&s->url);
	jwks_unref(s->jwks);
	http_tls_unref(s->tls);
	conf_unref(s->auth->conf);
	free(s);
}

/* One that is under way goes by what was before: it begins anew. */
void jwks_source_use(
    struct jwks_source *s, const struct conf_auth *auth, struct http_tls *tls)
{
	const struct conf *old = s->auth->conf;

	(void)conf_ref(auth->conf);
	(void)http_tls_ref(tls);
	jwks_fetch_free(s->fetch);
	s->fetch = NULL;
	s->auth = auth;
	http_tls_unref(s->tls);
	s->tls = tls;
	conf_unref(old);
	jwks_source_look(s);
}

struct jwks *jwks_source_of(const struct jwks_source *s)
{
	return s->jwks;
}

void jwks_source_put_missing(const struct jwks_source *s, struct buf *out)
{
	if (s->count > 0)
		return;
	buf_printf(out, "keys: authenticator %s has none yet: %s\n",
	    s->auth->name,
	    s->failures > 0 ? failures[s->said].text
			    : "they are being fetched");
}

void jwks_source_show(struct jwks_source *s, size_t place)
{
	s->place = place;
	show(s);
}
