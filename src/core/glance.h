/*
 * glance: whether an envelope is for nobody here, without reading all of it.
 * Part of the router; main thread only.
 *
 * channels.send goes to every instance, and most of what comes by it may be for
 * the others. Checking and keeping such a payload whole would cost what it is
 * long; so only its lists of names are looked at (proto/envelope_lists), and
 * mistakes elsewhere in it are left to those who have somebody of these.
 */
#ifndef CORE_GLANCE_H
#define CORE_GLANCE_H

#include <stdbool.h>

struct backend_message;
struct conf;
struct lookup;
struct parse;

/*
 * Up to here a payload is checked whole, which takes about a microsecond: a
 * publisher who tries things out and has nobody yet is told of mistakes.
 */
enum { GLANCE_BYTES_MIN = 512 };

/*
 * Whether that is how it goes with this configuration: there are other
 * instances, and nothing is kept for who comes later.
 */
bool glance_is_enough(const struct conf *conf);

/*
 * Whether the payload, of channels.send, names nobody who is here. False: it
 * does, or only parse_payload can tell. What p and l have found for the payload
 * before is gone.
 */
bool glance_finds_nobody(
    const struct backend_message *m, struct parse *p, struct lookup *l);

#endif
