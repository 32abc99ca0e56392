#include "backend/redis_tls.h"

#include <errno.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/mistakes.h"
#include "conf/node.h"
#include "sys/tls.h"
#include "sys/tls_refusal.h"

/* What has happened, and what helps; a name follows that of NAME. */
static const struct {
	const char *reason;
	const char *remedy;
} rows[] = {
	[TLS_REFUSAL_ISSUER] = { "the server's certificate is signed by nobody "
				 "who is trusted",
	    "name in tls.ca a file with the certificate of who has signed it; "
	    "without it those count that the system trusts" },
	[TLS_REFUSAL_EXPIRED] = { "the server's certificate, or its issuer's, "
				  "has expired",
	    "renew it at the server, or set the clock of this machine" },
	[TLS_REFUSAL_EARLY] = { "the server's certificate, or its issuer's, is "
				"not valid yet",
	    "set the clock of this machine, or that of who has signed it" },
	[TLS_REFUSAL_NAME] = { "the server's certificate is not for ",
	    "connect by a name that is in its subjectAltName, or say in "
	    "tls.server_name which one is meant" },
	[TLS_REFUSAL_OTHER] = { "the server's certificate cannot be trusted",
	    "give the server another certificate" },
	[TLS_REFUSAL_WANTED] = { "the server asks for a certificate of ours",
	    "set tls.certificate and tls.key" },
	[TLS_REFUSAL_OURS] = { "the server refuses our certificate",
	    "let who signs for the server's tls-ca-cert-file sign "
	    "tls.certificate, and look at its dates" },
	[TLS_REFUSAL_ALERT] = { "the server refuses TLS with us",
	    "see the log of the server: it may ask for tls.certificate, or "
	    "have no cipher in common with us" },
	[TLS_REFUSAL_PLAIN] = { "the server does not speak TLS",
	    "take the port that does (tls-port), or redis:// for one in "
	    "plain" },
	[TLS_REFUSAL_VERSION] = { "no version of TLS in common",
	    "let the server speak TLS 1.2 or 1.3" },
	[TLS_REFUSAL_CLOSED] = { NULL,
	    "see the log of the server; one that speaks no TLS at this port "
	    "has a redis:// URL" },
	[TLS_REFUSAL_BROKEN] = { "the server has broken the protocol of TLS",
	    "see the log of the server" },
};

struct redis_tls redis_tls_of(const struct conf_tls *conf, const char *host)
{
	return (struct redis_tls){
		.files = { .ca = conf->ca,
		    .certificate = conf->certificate,
		    .key = conf->key },
		.name = conf->server_name ? conf->server_name : host,
	};
}

/* --- files --- */

static void check(
    const struct conf_tls *tls, struct node *n, struct mistakes *m)
{
	const struct redis_tls t = redis_tls_of(tls, NULL);
	struct err e;

	if (!tls->is_on)
		return;
	if (tls_client_check_ca(&t.files, &e) < 0)
		mistakes_at(m, node_find(n, "ca"), "%s", e.text);
	if (tls_client_check_pair(&t.files, &e) < 0)
		mistakes_at(m, node_find(n, "certificate"), "%s", e.text);
}

void redis_tls_check(const struct conf *c, struct mistakes *m)
{
	const struct conf_redis *redis = &c->redis;

	if (c->backend != CONF_BACKEND_REDIS)
		return;
	check(&redis->tls, node_find(c->document, "redis.tls"), m);
	check(&redis->sentinel.tls,
	    node_find(c->document, "redis.sentinel.tls"), m);
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

int redis_tls_connect(const struct redis_tls *t, int fd, struct tls **out,
    struct redis_failure *why)
{
	struct err e, text;

	if (tls_client_connect(out, &t->files, t->name, fd, &e) == 0)
		return 0;
	(void)err_set(&text, -EINVAL, "tls: %s", e.text);
	*why = redis_failure_make(text.text);
	why->remedy = "mend the file: it is read at each attempt to connect";
	return -EINVAL;
}

/* The reason of the row, and OpenSSL's own words for it. */
static struct redis_failure failure_of(
    const struct redis_tls *t, const struct tls *s, enum tls_refusal refusal)
{
	const char *words = tls_refusal_words(s);
	struct err text;

	(void)err_set(&text, 0, "%s%s%s%s%s", rows[refusal].reason,
	    refusal == TLS_REFUSAL_NAME ? t->name : "", words ? " (" : "",
	    words ? words : "", words ? ")" : "");
	return redis_failure_make(text.text);
}

void redis_tls_explain(
    const struct redis_tls *t, const struct tls *s, struct redis_failure *why)
{
	enum tls_refusal refusal;

	if (!s) {
		why->remedy = "see the log of the server; one that speaks TLS "
			      "at this port has a rediss:// URL";
		return;
	}
	refusal = tls_refusal_of(s);
	if (refusal != TLS_REFUSAL_CLOSED)
		*why = failure_of(t, s, refusal);
	else if (!tls_is_up(s))
		(void)strncat(why->reason, ", in the TLS handshake",
		    sizeof why->reason - strlen(why->reason) - 1);
	why->remedy = rows[refusal].remedy;
}
