/*
 * kinds: which kinds of frames (core/message) clients may ask for. Any
 * thread.
 */
#ifndef CORE_KINDS_H
#define CORE_KINDS_H

struct conf;

/* Those of all its routes: a bit set, 1 << enum message_kind. */
unsigned kinds_of(const struct conf *conf);

#endif
