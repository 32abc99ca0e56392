/*
 * upgrade: what net/upgrade.c (a connection arrives, its head is read) and
 * net/decide.c (what becomes of the request) share.
 */
#ifndef NET_UPGRADE_H
#define NET_UPGRADE_H

#include <stdbool.h>

#include "base/buf.h"
#include "core/refused.h"
#include "net/admit.h"
#include "proto/http.h"

struct conf_listen;
struct conn;
struct hook_call;

/*
 * Most request heads come in one piece and are answered from the worker's
 * scratch memory. Only a head that is cut short, a client that must wait, one
 * that proxies speak for, and one that may ask for the health get this; it is
 * freed once the session starts.
 */
struct upgrade {
	struct http_head head;
	struct buf in; /* all that came: the head, and what is behind it */
	const struct conf_listen *listen; /* borrowed; where it matters */
	bool awaits_proxy;                /* a PROXY header comes first */
	bool awaits_address;      /* who the client is shows in the head */
	enum refused refuse_with; /* once TLS is up; or not */
	struct hook_call *call;   /* the hook is being asked */
};

/* The connection's, made when it is missing; NULL: memory is out. */
struct upgrade *upgrade_need(struct conn *c);

/*
 * The head is complete: admit, ask, or refuse. r is in the upgrade, or in
 * scratch memory and copied if needed.
 */
void decide(struct conn *c, const struct request *r);

#endif
