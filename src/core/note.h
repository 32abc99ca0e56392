/*
 * note: what clients with ids are told beside messages: a text frame whose
 * first line is an id and a word, or an event. It waits in queues as a message
 * does, in order, so that no cursor moves past what has not been sent.
 */
#ifndef CORE_NOTE_H
#define CORE_NOTE_H

#include <stdint.h>

#include "base/slice.h"

struct message;
struct metrics;

enum note_word { NOTE_NONE, NOTE_AT, NOTE_GAP, NOTE_WELCOME };

enum { NOTE_TEXT_MAX = 384 };

/*
 * ID WORD LF, and what is behind it; all of it at most NOTE_TEXT_MAX bytes. It
 * comes behind the position that the id is of. One frame for all WebSockets and
 * one for all event streams, with refs references; queued memory of this
 * thread's block. NULL when memory is out.
 */
struct message *note_new(struct slice id, uint64_t position,
    enum note_word word, struct slice tail, uint32_t refs,
    struct metrics *metrics);

#endif
