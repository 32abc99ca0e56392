/*
 * turn_mail: what a turn of a worker does with its mail (core/mail): each goes
 * to who knows what to do with it. No more than the bounds of a turn allow, in
 * mails, bytes and deliveries; and of messages no more than may be under way
 * (core/sweep). The worker's thread.
 */
#ifndef CORE_TURN_MAIL_H
#define CORE_TURN_MAIL_H

#include <stdbool.h>

struct worker;

/* Handle mail up to those bounds. True when some is left. */
bool turn_take_mail(struct worker *w);

/* Drop what nobody will handle. The thread has ended or never began. */
void turn_drop_mail(struct worker *w);

#endif
