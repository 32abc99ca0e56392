/*
 * welcome: what tells a client the id of its connection, where its route says
 * so.
 */
#ifndef NET_WELCOME_H
#define NET_WELCOME_H

#include <stddef.h>

struct conn;

enum { WELCOME_MAX = 128 };

/* Write the JSON text; returns its length. */
size_t welcome_print(const struct conn *c, char out[WELCOME_MAX]);

#endif
