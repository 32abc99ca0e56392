/*
 * reserved: the headers of a client's request that the app's hook never gets,
 * whatever the configuration lists: one list for the check of the
 * configuration and for the request itself.
 */
#ifndef CONF_RESERVED_H
#define CONF_RESERVED_H

#include "base/slice.h"

/*
 * Why a header of this name is not handed on, as a text for a mistake; NULL
 * when it may be. '_' counts as '-', as a CGI-like app cannot tell them apart:
 * X_Forwarded_For would be taken for what the gateway says. Any thread.
 */
const char *reserved_header(struct slice name);

#endif
