/*
 * upgrade: what net/upgrade.c (a connection arrives, its head is read) and
 * net/decide.c (what becomes of the request) share.
 */
#ifndef NET_UPGRADE_H
#define NET_UPGRADE_H

struct conn;
struct request;

/*
 * The head is complete: admit, ask, or refuse. r is pending, or in
 * scratch memory and copied if needed.
 */
void decide(struct conn *c, const struct request *r);

#endif
