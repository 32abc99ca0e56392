/*
 * bare_upgrade: just enough of RFC 6455's handshake for clients that are
 * known to be well behaved.
 */
#ifndef BENCH_BARE_UPGRADE_H
#define BENCH_BARE_UPGRADE_H

#include <stdint.h>

#include "base/slice.h"

enum { BARE_ANSWER_MAX = 256 };

/*
 * Answer a request head. Returns the length of the answer, with *room from
 * the path; 0 while the head is not whole; -EINVAL when it is no upgrade.
 */
int bare_upgrade(struct slice head, char answer[BARE_ANSWER_MAX],
    uint32_t *room) __attribute__((warn_unused_result));

/* The decimal number that ends a name; 0 when there is none. */
uint32_t bare_number(struct slice name);

#endif
