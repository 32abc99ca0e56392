/*
 * publish: what goes out to clients: a message, or the end of a connection.
 */
#ifndef CTL_PUBLISH_H
#define CTL_PUBLISH_H

#include "ctl/verb.h"

extern const struct option publish_options[];
extern const struct option publish_kick_options[];

enum ctl_exit publish_message(const struct call *c);
enum ctl_exit publish_kick(const struct call *c);

#endif
