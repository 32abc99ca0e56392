/*
 * heard: how long clients wait for the answer to their handshake, from their
 * first byte on. TLS and proxies' headers are part of that, the time that a
 * silent socket is open is not. HANDSHAKE, ASKING or WAITING.
 */
#ifndef NET_HEARD_H
#define NET_HEARD_H

#include <stdint.h>

#include "core/metrics.h"

struct conn;

/* Something has come. */
void heard(struct conn *c);

/* Milliseconds since then; -1: nothing has come. */
int64_t heard_ms(const struct conn *c);

/* It is being answered: one more in this histogram, if something had come. */
void heard_answered(const struct conn *c, enum metric histogram);

#endif
