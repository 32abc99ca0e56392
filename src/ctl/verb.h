/*
 * verb: a command of roomcastctl: a row of the table from which the command
 * line is read and the help is made.
 */
#ifndef CTL_VERB_H
#define CTL_VERB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"
#include "ctl/args.h"
#include "ctl/exit.h"
#include "ctl/reach.h"

/* One call of it. */
struct call {
	struct args args;
	struct reach reach; /* of one that asks */
	int patience_ms;    /* for a whole answer */
	bool is_json;       /* for programs: what the gateway has said */
};

struct verb {
	const char *name;
	const char *operand; /* "URL"; NULL: none */
	bool must_have_operand;
	bool asks; /* the admin listener */
	const struct option *options;
	const char *summary;  /* in the list of all */
	const char *about;    /* more than that */
	const char *examples; /* a line each */
	/* Returns what to exit with. What has failed stands on stderr. */
	enum ctl_exit (*run)(const struct call *c);
};

/* All of them; a name of NULL ends the table. */
extern const struct verb verbs[];

/* The options that it takes beside its own: of all that ask, or none. */
const struct option *verb_common(const struct verb *verb);

/* The one of this name, or NULL. */
const struct verb *verb_find(const char *name);

/* Append the help: of all, of one. */
void verb_help_all(struct buf *out);
void verb_help(const struct verb *verb, struct buf *out);

#endif
