/*
 * token: a signed token that an authenticator of the configuration takes, for
 * tests.
 */
#ifndef CTL_TOKEN_H
#define CTL_TOKEN_H

#include "ctl/verb.h"

extern const struct option token_options[];

/* Nobody is asked: keys are read where the configuration says. */
enum ctl_exit token_print(const struct call *c);

#endif
