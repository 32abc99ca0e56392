/*
 * resolve: one object for each look-up.
 *
 * evdns answers from within itself, and a cancelled query still calls back a
 * turn later and needs its evdns_base until then. So the answer is only kept
 * in its callback; a timer of no time delivers it and frees everything in the
 * turn behind.
 */
#include "sys/resolve.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>

#include "base/address.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "sys/timer.h"

struct resolve {
	resolve_fn fn; /* NULL when abandoned */
	void *arg;
	struct evdns_base *dns; /* owned; NULL where no name is looked up */
	struct evdns_getaddrinfo_request *request; /* while it runs */
	struct event *done;                        /* owned; a timer */
	struct resolve_address addresses[RESOLVE_MAX];
	size_t count;
	char why[160];
};

/* --- addresses --- */

static bool is_same4(
    const struct resolve_address *a, const struct resolve_address *b)
{
	struct sockaddr_in x, y;

	memcpy(&x, &a->addr, sizeof x);
	memcpy(&y, &b->addr, sizeof y);
	return x.sin_port == y.sin_port &&
	       x.sin_addr.s_addr == y.sin_addr.s_addr;
}

static bool is_same6(
    const struct resolve_address *a, const struct resolve_address *b)
{
	struct sockaddr_in6 x, y;

	memcpy(&x, &a->addr, sizeof x);
	memcpy(&y, &b->addr, sizeof y);
	return x.sin6_port == y.sin6_port &&
	       memcmp(&x.sin6_addr, &y.sin6_addr, sizeof x.sin6_addr) == 0;
}

bool resolve_is_same(
    const struct resolve_address *a, const struct resolve_address *b)
{
	if (a->addr.ss_family != b->addr.ss_family)
		return false;
	if (a->addr.ss_family == AF_INET)
		return is_same4(a, b);
	return a->addr.ss_family != AF_INET6 || is_same6(a, b);
}

void resolve_print(const struct resolve_address *a, char text[IP_PORT_TEXT_MAX])
{
	uint16_t port;
	struct ip ip;

	text[0] = '\0';
	if (a->len > 0 &&
	    ip_from_sockaddr((const struct sockaddr *)&a->addr, &ip, &port))
		ip_format_port(&ip, port, text);
}

/* --- a look-up --- */

static void resolve_free(struct resolve *r)
{
	if (r->dns)
		evdns_base_free(r->dns, 0);
	event_free(r->done);
	free(r);
}

static void on_done(evutil_socket_t fd, short what, void *arg)
{
	struct resolve *r = arg;

	(void)fd, (void)what;
	if (r->fn) {
		struct resolve answer = *r;

		resolve_free(r);
		answer.fn(
		    answer.arg, answer.addresses, answer.count, answer.why);
		return;
	}
	resolve_free(r);
}

static void deliver_later(struct resolve *r)
{
	timer_arm(r->done, 0, "resolve");
}

static void keep(struct resolve *r, const struct evutil_addrinfo *list)
{
	for (; list && r->count < RESOLVE_MAX; list = list->ai_next) {
		struct resolve_address *a = &r->addresses[r->count];

		if (list->ai_addrlen > sizeof a->addr)
			continue;
		memcpy(&a->addr, list->ai_addr, list->ai_addrlen);
		a->len = (socklen_t)list->ai_addrlen;
		r->count++;
	}
}

static void on_answer(int code, struct evutil_addrinfo *list, void *arg)
{
	struct resolve *r = arg;

	r->request = NULL;
	keep(r, list);
	if (list)
		evutil_freeaddrinfo(list);
	if (r->count == 0)
		(void)snprintf(r->why, sizeof r->why,
		    "the host name is not found: %s",
		    code ? evutil_gai_strerror(code) : "no address");
	deliver_later(r);
}

/* Lines of evdns about name servers are detail. */
static void on_dns_log(int is_warning, const char *text)
{
	(void)is_warning;
	log_debug(LOG_RESOLVE, "name server", kv_str("detail", text));
}

/* Once for all threads: libevent keeps the function in a plain global. */
static void set_dns_log(void)
{
	evdns_set_log_fn(on_dns_log);
}

/* A base without name servers is fine: /etc/hosts may know the name. */
static struct evdns_base *new_dns(struct event_base *base)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct evdns_base *dns = evdns_base_new(base, 0);

	if (!dns)
		fatal("resolve", "cannot use DNS: out of memory");
	(void)pthread_once(&once, set_dns_log);
	(void)evdns_base_resolv_conf_parse(
	    dns, DNS_OPTIONS_ALL, "/etc/resolv.conf");
	return dns;
}

/* A unix socket has one address, and nothing to look up. */
static void take_path(struct resolve *r, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	memcpy(addr.sun_path, path, strnlen(path, sizeof addr.sun_path - 1));
	memcpy(&r->addresses[0].addr, &addr, sizeof addr);
	r->addresses[0].len = sizeof addr;
	r->count = 1;
	deliver_later(r);
}

static bool take_numeric(struct resolve *r, const char *host, const char *port,
    struct evutil_addrinfo hints)
{
	struct evutil_addrinfo *list = NULL;

	hints.ai_flags |= EVUTIL_AI_NUMERICHOST;
	if (evutil_getaddrinfo(host, port, &hints, &list) != 0)
		return false;
	on_answer(0, list, r);
	return true;
}

/* A number, or a name. */
static void look_up(
    struct resolve *r, struct event_base *base, const struct address *host)
{
	const struct evutil_addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_protocol = IPPROTO_TCP,
		.ai_flags = EVUTIL_AI_NUMERICSERV,
	};
	char service[8];

	(void)snprintf(service, sizeof service, "%u", (unsigned)host->port);
	if (take_numeric(r, host->host, service, hints))
		return;
	r->dns = new_dns(base);
	/* NULL when on_answer was called already. */
	r->request = evdns_getaddrinfo(
	    r->dns, host->host, service, &hints, on_answer, r);
}

struct resolve *resolve_start(struct event_base *base,
    const struct address *host, resolve_fn fn, void *arg)
{
	struct resolve *r = xcalloc(1, sizeof *r);

	r->fn = fn;
	r->arg = arg;
	r->done = timer_new(base, on_done, r, "resolve");
	if (host->is_unix)
		take_path(r, host->host);
	else
		look_up(r, base, host);
	return r;
}

void resolve_abandon(struct resolve *r)
{
	if (!r)
		return;
	r->fn = NULL;
	if (r->request)
		evdns_getaddrinfo_cancel(r->request);
	else if (!r->dns)
		resolve_free(r);
}
