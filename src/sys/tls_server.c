#include "sys/tls_server.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <openssl/ssl.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sys/tls.h"
#include "sys/tls_tickets.h"

/* What was read at once. */
struct reading {
	SSL_CTX *ctx;                /* one reference; NULL: nothing */
	struct tls_dates *dates;     /* owned; of each certificate */
	struct tls_tickets *tickets; /* a reference: what ctx goes by */
	int64_t lists_end_s;         /* of the revocation lists; 0: none */
};

struct tls_server {
	pthread_mutex_t lock;
	struct reading current; /* its ctx under lock where it changes */
	struct reading fresh;   /* not used yet */
};

static void reading_fini(struct reading *r)
{
	SSL_CTX_free(r->ctx);
	free(r->dates);
	tls_tickets_unref(r->tickets);
	*r = (struct reading){ 0 };
}

/* Those of our own go on, where there are some: before, or NULL. */
static struct tls_tickets *tickets_for(
    const struct tls_settings *s, struct tls_tickets *before, struct err *e)
{
	if (s->ticket_keys)
		return tls_tickets_load(s->ticket_keys, e);
	return before && tls_tickets_are_own(before) ? tls_tickets_ref(before)
						     : tls_tickets_new();
}

static int load(struct reading *r, const struct tls_settings *s,
    struct tls_tickets *before, struct err *e)
{
	r->dates = xcalloc(s->pair_count, sizeof *r->dates);
	r->tickets = tickets_for(s, before, e);
	if (r->tickets)
		r->ctx = tls_contexts_load(s, r->tickets, r->dates, e);
	if (!r->ctx) {
		reading_fini(r);
		return -EINVAL;
	}
	r->lists_end_s = tls_visitors_lists_end(r->ctx);
	return 0;
}

struct tls_server *tls_server_new_empty(void)
{
	struct tls_server *t = xcalloc(1, sizeof *t);

	(void)pthread_mutex_init(&t->lock, NULL);
	return t;
}

bool tls_server_is_empty(const struct tls_server *t)
{
	return t->current.ctx == NULL;
}

struct tls_server *tls_server_new(const struct tls_settings *s, struct err *e)
{
	struct tls_server *t = tls_server_new_empty();

	if (load(&t->current, s, NULL, e) == 0)
		return t;
	tls_server_free(t);
	return NULL;
}

void tls_server_free(struct tls_server *t)
{
	if (!t)
		return;
	reading_fini(&t->current);
	reading_fini(&t->fresh);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

/* As load, but a certificate out of its dates is no better than the old one. */
int tls_server_read(
    struct tls_server *t, const struct tls_settings *s, struct err *e)
{
	int64_t now_s = clock_wall_ms() / 1000;

	if (load(&t->fresh, s, t->current.tickets, e) < 0)
		return -EINVAL;
	for (size_t i = 0; i < s->pair_count; i++) {
		const char *fault = tls_dates_fault(&t->fresh.dates[i], now_s);

		if (!fault)
			continue;
		tls_server_drop(t);
		return err_set(
		    e, -EINVAL, "%s: %s", s->pairs[i].certificate, fault);
	}
	return 0;
}

void tls_server_use(struct tls_server *t)
{
	struct reading old = t->current;

	if (!t->fresh.ctx)
		return;
	(void)pthread_mutex_lock(&t->lock);
	t->current = t->fresh;
	(void)pthread_mutex_unlock(&t->lock);
	t->fresh = (struct reading){ 0 };
	reading_fini(&old); /* live connections hold references */
}

void tls_server_drop(struct tls_server *t)
{
	reading_fini(&t->fresh);
}

void tls_server_turn_tickets(struct tls_server *t)
{
	tls_tickets_turn(t->current.tickets);
}

struct tls_dates tls_server_dates(const struct tls_server *t, size_t index)
{
	return t->current.dates[index];
}

int64_t tls_server_lists_end(const struct tls_server *t)
{
	return t->current.lists_end_s;
}

static SSL *new_ssl(struct tls_server *t)
{
	SSL *ssl;

	(void)pthread_mutex_lock(&t->lock);
	ssl = SSL_new(t->current.ctx);
	(void)pthread_mutex_unlock(&t->lock);
	return ssl;
}

struct tls *tls_server_accept(struct tls_server *t, int fd)
{
	SSL *ssl = new_ssl(t);

	if (ssl)
		SSL_set_accept_state(ssl);
	return tls_new(&ssl, fd);
}
