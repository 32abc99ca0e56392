/*
 * server_tls: TLS towards a server, from how it is configured (conf/conf_tls)
 * to how it is done (sys/tls_client).
 */
#ifndef CORE_SERVER_TLS_H
#define CORE_SERVER_TLS_H

#include "sys/tls_client.h"

struct conf_tls;
struct mistakes;
struct node;

/* Borrowed from conf. */
struct tls_client_files server_tls_files(const struct conf_tls *conf);

/*
 * Look at the files of conf, written at n, where it is on; each mistake goes to
 * m. Main thread, the first time before there are others.
 */
void server_tls_check(
    const struct conf_tls *conf, struct node *n, struct mistakes *m);

#endif
