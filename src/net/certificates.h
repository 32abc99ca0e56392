/*
 * certificates: the dates of the listeners' certificates, and of the lists of
 * those that their clients' authorities have revoked, watched over. One
 * that has expired still serves: whoever starts with it is told, at start and
 * every day, and from a month before.
 */
#ifndef NET_CERTIFICATES_H
#define NET_CERTIFICATES_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "sys/tls_dates.h"

struct certificates;
struct event_base;
struct listeners;
struct metrics;

/*
 * Look now and once a day on this base; m gets the first expiry. All are
 * borrowed. NULL with e filled: no memory. Main thread, as all of these.
 */
struct certificates *certificates_watch(struct event_base *base,
    const struct listeners *l, struct metrics *m, struct err *e);

/* Look now: they may have been read again. */
void certificates_look(const struct certificates *c);

void certificates_free(struct certificates *c);

/*
 * What to say of a certificate with these dates at now_s, in seconds since
 * 1970: a literal, or NULL.
 */
const char *certificates_warning(const struct tls_dates *d, int64_t now_s);

/* Append "FILE: the warning (dates)" and a newline, if there is a warning. */
void certificates_note(const char *file, const struct tls_dates *d,
    int64_t now_s, struct buf *out);

#endif
