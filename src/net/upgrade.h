/*
 * upgrade: a connection from accept until its request head is complete
 * (HANDSHAKE); then net/decide goes on.
 */
#ifndef NET_UPGRADE_H
#define NET_UPGRADE_H

struct conn;
struct tls_server;

/*
 * Start with a socket that was just accepted at the address of this place among
 * conf.listen; tls is NULL when it is plain.
 */
void upgrade_start(struct conn *c, unsigned door, struct tls_server *tls);
void upgrade_on_readable(struct conn *c);
/* The head did not come in time. */
void upgrade_on_due(struct conn *c);

#endif
