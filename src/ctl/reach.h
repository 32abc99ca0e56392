/*
 * reach: where the gateway's admin listener is, and the token that it asks
 * for: by what was said on the command line, in the environment, or by the
 * configuration that the gateway itself goes by.
 */
#ifndef CTL_REACH_H
#define CTL_REACH_H

#include "base/address.h"
#include "base/err.h"

struct args;
struct conf;

#define REACH_DEFAULT_CONFIG "/etc/roomcast/roomcast.yaml"

struct reach {
	struct address address;
	char name[ADDRESS_TEXT_MAX]; /* of the address, for people */
	char *token;                 /* owned; NULL: none */
};

/*
 * Find both. The first of these that says an address counts: --admin,
 * ROOMCAST_ADMIN, admin.listen of the configuration; for the token
 * --token-file, ROOMCAST_TOKEN_FILE, and admin.token_file where the address is
 * from there. 0 with r to be freed by reach_fini, or a negative errno with e.
 */
int reach_find(struct reach *r, const struct args *a, struct err *e)
    __attribute__((warn_unused_result));
void reach_fini(struct reach *r);

/* The file that --config names, or the default. */
const char *reach_config(const struct args *a);

/*
 * The configuration in a file, to be given back by conf_unref; NULL with all
 * its mistakes on standard error, as roomcast says them.
 */
struct conf *reach_load(const char *file) __attribute__((warn_unused_result));

#endif
