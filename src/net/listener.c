#include "net/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "conf/mistakes.h"
#include "conf/node.h"
#include "net/listener_tls.h"
#include "sys/listen.h"
#include "sys/tls_server.h"

enum { BACKLOG = 4096 }; /* the kernel cuts it to net.core.somaxconn */

struct listeners {
	size_t count;
	unsigned worker_count;
	struct listening {
		const struct conf_listen *conf; /* borrowed: that in force */
		struct tls_server *tls;         /* owned; NULL: plain */
		struct listen_place place;
		bool is_shared;
		int *fds; /* owned; one a worker, or the first for all */
	} items[];
};

/*
 * SO_REUSEPORT would let a second process of the same user share the port
 * unnoticed: a first bind without it finds that out, and the number for :0.
 */
static int open_tcp(struct listening *l, const struct listen_options *options,
    unsigned count, struct err *e)
{
	struct listen_options alone = *options;
	int fd;

	alone.reuse_port = false;
	alone.only_bind = true;
	fd = listen_open(l->conf->address, &alone, &l->place, e);
	if (fd < 0)
		return fd;
	if (l->place.is_inherited) {
		l->is_shared = true;
		l->fds[0] = fd;
		return 0;
	}
	(void)close(fd);
	for (unsigned i = 0; i < count; i++) {
		const struct listen_place found = l->place;

		l->fds[i] = listen_open(found.text, options, &l->place, e);
		if (l->fds[i] < 0)
			return l->fds[i];
	}
	return 0;
}

/* Whatever its dates: a certificate of yesterday refuses no start. */
static int begin_tls(struct listening *l, struct err *e)
{
	if (!l->conf->tls.certificate)
		return 0;
	l->tls = listener_tls_new(l->conf, e);
	return l->tls ? 0 : -EINVAL;
}

static int open_one(
    struct listening *l, const struct conf *conf, unsigned count, struct err *e)
{
	const struct listen_options options = {
		.reuse_port = true,
		.send_buffer = (int)conf->delivery.socket_buffer,
		.backlog = BACKLOG,
		.mode = l->conf->access.bits,
		.gid = l->conf->access.gid,
	};

	if (begin_tls(l, e) < 0)
		return -EINVAL;
	l->fds = xmalloc(count * sizeof *l->fds);
	for (unsigned i = 0; i < count; i++)
		l->fds[i] = -1;
	l->is_shared = listen_is_unix(l->conf->address);
	if (!l->is_shared)
		return open_tcp(l, &options, count, e);
	l->fds[0] = listen_open(l->conf->address, &options, &l->place, e);
	return l->fds[0] < 0 ? l->fds[0] : 0;
}

int listeners_open(const struct conf *conf, unsigned worker_count,
    struct listeners **out, struct err *e)
{
	size_t count = conf->listen.count;
	struct listeners *l =
	    xcalloc(1, sizeof *l + count * sizeof l->items[0]);

	l->worker_count = worker_count;
	for (size_t i = 0; i < count; i++) {
		int error;

		l->items[i].conf = &conf->listen.items[i];
		l->count++;
		error = open_one(&l->items[i], conf, worker_count, e);
		if (error < 0) {
			listeners_free(l);
			return error;
		}
		log_info(LOG_LISTENER, "listening",
		    kv_str("address", l->items[i].place.text),
		    kv_str("tls", l->items[i].tls ? "yes" : "no"),
		    kv_str("inherited",
			l->items[i].place.is_inherited ? "yes" : "no"),
		    kv_int("workers", worker_count));
	}
	*out = l;
	return 0;
}

void listeners_free(struct listeners *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++) {
		struct listening *item = &l->items[i];

		for (unsigned j = 0; item->fds && j < l->worker_count; j++)
			if (item->fds[j] >= 0)
				(void)close(item->fds[j]);
		listen_remove(&item->place);
		tls_server_free(item->tls);
		free(item->fds);
	}
	free(l);
}

/* The first one of a listener is judged as those that follow are. */
static int read_tls(
    struct listening *l, const struct conf_listen *conf, struct err *e)
{
	if (!conf->tls.certificate)
		return 0;
	if (!l->tls)
		l->tls = tls_server_new_empty();
	return listener_tls_read(l->tls, conf, e);
}

void listeners_read_tls(
    struct listeners *l, const struct conf *conf, struct mistakes *problems)
{
	struct node *listen = node_find(conf->document, "listen");

	for (size_t i = 0; i < l->count; i++) {
		struct listening *item = &l->items[i];
		struct err e = { "" };

		if (read_tls(item, &conf->listen.items[i], &e) == 0)
			continue;
		log_error(LOG_TLS,
		    item->conf->tls.certificate ? "the old certificate stays"
						: "the listener stays plain",
		    kv_str("address", item->place.text),
		    kv_str("error", e.text));
		mistakes_at(problems, node_find(listen->children[i], "tls"),
		    "%s", e.text);
	}
}

static void use_tls(struct listening *l)
{
	if (!l->conf->tls.certificate)
		return;
	tls_server_use(l->tls);
	for (size_t i = 0; i < listener_tls_count(l->conf); i++)
		log_info(LOG_TLS, "certificate reloaded",
		    kv_str("address", l->place.text),
		    kv_str("certificate", listener_tls_file(l->conf, i)));
}

void listeners_use_conf(struct listeners *l, const struct conf *conf)
{
	for (size_t i = 0; i < l->count; i++) {
		l->items[i].conf = &conf->listen.items[i];
		use_tls(&l->items[i]);
	}
}

/* With what was made for this reading alone. */
static void drop_tls(struct listening *l)
{
	if (!l->tls)
		return;
	tls_server_drop(l->tls);
	if (!tls_server_is_empty(l->tls))
		return;
	tls_server_free(l->tls);
	l->tls = NULL;
}

void listeners_drop_tls(struct listeners *l)
{
	for (size_t i = 0; i < l->count; i++)
		drop_tls(&l->items[i]);
}

size_t listeners_count(const struct listeners *l)
{
	return l->count;
}

bool listeners_is_inherited(const struct listeners *l, size_t index)
{
	return l->items[index].place.is_inherited;
}

bool listeners_is_shared(const struct listeners *l, size_t index)
{
	return l->items[index].is_shared;
}

int listeners_fd(const struct listeners *l, size_t index, unsigned worker)
{
	const struct listening *item = &l->items[index];

	return item->fds[item->is_shared ? 0 : worker];
}

const struct conf_listen *listeners_conf(
    const struct listeners *l, size_t index)
{
	return l->items[index].conf;
}

struct tls_server *listeners_tls(const struct listeners *l, size_t index)
{
	return l->items[index].tls;
}
