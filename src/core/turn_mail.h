/*
 * turn_mail: what a turn of a worker does with its mail (core/mail): each goes
 * to who knows what to do with it. New mail is taken only when everybody has
 * been written to (core/turn), and no more than a turn's bounds allow: in
 * messages, bytes and connections. The worker's thread.
 */
#ifndef CORE_TURN_MAIL_H
#define CORE_TURN_MAIL_H

#include <stdbool.h>

struct worker;

/*
 * Handle mail up to the turn's bounds, with no connection dirty. True when some
 * is left.
 */
bool turn_take_mail(struct worker *w);

/* Drop what nobody will handle. The thread has ended or never began. */
void turn_drop_mail(struct worker *w);

#endif
