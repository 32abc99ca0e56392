#include "backend/redis_tls.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/conf_sources.h"
#include "conf/mistakes.h"
#include "conf/node.h"
#include "core/server_tls.h"
#include "sys/tls.h"
#include "sys/tls_refusal.h"
#include "sys/wire.h"

/* What a Redis calls it, where that helps more. */
static const char *const remedies[] = {
	[TLS_REFUSAL_OURS] = "let who signs for the server's tls-ca-cert-file "
			     "sign tls.certificate, and look at its dates",
	[TLS_REFUSAL_PLAIN] = "take the port that does (tls-port), or redis:// "
			      "for one in plain",
	[TLS_REFUSAL_CLOSED] = "see the log of the server; one that speaks no "
			       "TLS at this port has a redis:// URL",
	[TLS_REFUSAL_BROKEN] = NULL, /* the last one */
};

static const char *remedy_of(enum tls_refusal why)
{
	return remedies[why] ? remedies[why] : tls_refusal_remedy(why);
}

struct redis_tls redis_tls_of(const struct conf_tls *conf, const char *host)
{
	return (struct redis_tls){
		.files = server_tls_files(conf),
		.name = conf->server_name ? conf->server_name : host,
	};
}

/* --- files --- */

void redis_tls_check(const struct conf *c, struct mistakes *m)
{
	size_t count =
	    c->backend == CONF_BACKEND_REDIS ? conf_source_count(c) : 0;

	for (size_t i = 0; i < count; i++) {
		const struct conf_redis *redis = conf_source(c, i);
		struct node *n = conf_sources_node(c, i);

		server_tls_check(&redis->tls, node_find(n, "redis.tls"), m);
		server_tls_check(&redis->sentinel.tls,
		    node_find(n, "redis.sentinel.tls"), m);
	}
}

static int try_files(const struct conf_tls *tls, const char *key, struct err *e)
{
	const struct redis_tls t = redis_tls_of(tls, NULL);
	struct err why;

	if (tls->is_on && (tls_client_check_ca(&t.files, &why) < 0 ||
			      tls_client_check_pair(&t.files, &why) < 0))
		return err_set(e, -EINVAL, "%s: %s", key, why.text);
	return 0;
}

int redis_tls_try(const struct conf_redis *conf, struct err *e)
{
	int rc = try_files(&conf->tls, "redis.tls", e);

	return rc < 0 ? rc
		      : try_files(&conf->sentinel.tls, "redis.sentinel.tls", e);
}

/* --- a connection --- */

static int connect_tls(const struct redis_tls *t, int fd, struct tls **out,
    struct redis_failure *why)
{
	struct err e, text;

	if (tls_client_connect(out, &t->files, t->name, fd, &e) == 0)
		return 0;
	(void)err_set(&text, -EINVAL, "tls: %s", e.text);
	*why = redis_failure_make(REDIS_FAILURE_TLS, text.text);
	why->remedy = "mend the file: it is read at each attempt to connect";
	return -EINVAL;
}

int redis_tls_open(const struct redis_tls *t, struct wire *w,
    struct event_base *base, int fd, const struct wire_sink *sink, void *arg,
    struct redis_failure *why)
{
	struct tls *tls;

	if (!t) {
		wire_open(w, base, fd, sink, arg);
		return 0;
	}
	if (connect_tls(t, fd, &tls, why) < 0) {
		(void)close(fd);
		return -EINVAL;
	}
	wire_open_tls(w, base, fd, &tls, sink, arg);
	return 0;
}

static void note_handshake(struct redis_failure *why)
{
	why->kind = REDIS_FAILURE_TLS;
	(void)strncat(why->reason, ", in the TLS handshake",
	    sizeof why->reason - strlen(why->reason) - 1);
}

void redis_tls_explain(
    const struct redis_tls *t, const struct tls *s, struct redis_failure *why)
{
	enum tls_refusal refusal;
	struct err text;

	if (!s) {
		why->remedy = "see the log of the server; one that speaks TLS "
			      "at this port has a rediss:// URL";
		return;
	}
	refusal = tls_refusal_of(s);
	if (refusal != TLS_REFUSAL_CLOSED) {
		tls_refusal_explain(s, refusal, t->name, &text);
		*why = redis_failure_make(REDIS_FAILURE_TLS, text.text);
	} else if (!tls_is_up(s)) {
		note_handshake(why);
	}
	why->remedy = remedy_of(refusal);
}
