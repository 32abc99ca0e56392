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

/* Append a POST of that body to the path with the room's name behind it. */
void publish_put_post(struct buf *out, const char *path, const char *room_name,
    struct slice body);

#endif
