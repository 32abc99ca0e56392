/*
 * seats_page: changes of some seats, from a worker to the main thread.
 */
#ifndef CORE_SEATS_PAGE_H
#define CORE_SEATS_PAGE_H

#include <stdint.h>

#include "base/slice.h"

struct seats;
struct seats_page;

/*
 * Of those that have changed up to most, as they differ from what was taken
 * before: by 0 where somebody has come and another one, or he himself, gone.
 * Aborts when memory is out.
 */
struct seats_page *seats_page_take(struct seats *seats, unsigned most);
/* Any thread, as the next. */
void seats_page_free(struct seats_page *page);

/* Call fn for each change. */
typedef void (*seats_change_fn)(
    void *arg, struct slice name, uint64_t hash, int32_t more);
void seats_page_read(
    const struct seats_page *page, seats_change_fn fn, void *arg);

#endif
