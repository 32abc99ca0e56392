/*
 * publish_forms: the bytes that a publisher sends for one message, in the form
 * that the server wants.
 */
#ifndef BENCH_PUBLISH_FORMS_H
#define BENCH_PUBLISH_FORMS_H

#include "publish.h"

enum { PUBLISH_CHANNEL_MAX = 512 };

/* Append the message in that form to out, and write its channel's name. */
void publish_put_form(struct buf *out, char channel[PUBLISH_CHANNEL_MAX],
    enum publish_form form, const char *room_name,
    const struct payload *message, size_t size);

/*
 * Append a POST of the message in that form to the path. In the form ROOM the
 * body is the message alone, and the room's name stands behind the path.
 */
void publish_put_post(struct buf *out, const char *path, enum publish_form form,
    const char *room_name, const struct payload *message, size_t size);

#endif
