/*
 * admin: what operators and balancers ask, over plain HTTP on an address of
 * its own. This is the door: it accepts on the main thread and bounds how many
 * are inside. admin_client serves one of them, admin_answer says what it gets,
 * admin_pages has the pages. A client of the gateway never comes here.
 *
 * Whoever comes when all places are taken, or no descriptor is left, gets the
 * place of the one that came first of those that have asked for nothing, or
 * else of the one whose last answer is longest ago; so nobody who only connects
 * can keep the operator out. A descriptor is kept for one more.
 */
#ifndef NET_ADMIN_H
#define NET_ADMIN_H

#include "base/err.h"
#include "net/admin_view.h"

struct admin;
struct conf;
struct event_base;

enum {
	ADMIN_CLIENTS_MAX = 32,
	ADMIN_FILES_MAX = ADMIN_CLIENTS_MAX + 2, /* descriptors it may hold */
};

/* Listen at admin.listen, which is set. NULL with e filled on failure. Boot. */
struct admin *admin_open(struct event_base *base, const struct conf *conf,
    const struct admin_view *view, struct err *e);

/* NULL is fine. */
void admin_close(struct admin *a);

#endif
