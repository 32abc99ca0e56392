/*
 * variable: what the environment is asked for in a text: ${NAME} or
 * ${NAME:-DEFAULT}, and ${NAME[]} or ${NAME[]:-DEFAULT} for the items of a
 * list. In place of the default another variable with a default of its own
 * may stand, ${NAME:-${OTHER:-}}, but no third one in that.
 */
#ifndef CONF_VARIABLE_H
#define CONF_VARIABLE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

struct variable {
	struct slice name;
	struct slice preset; /* behind ":-", without the brace */
	bool has_preset;
	bool is_list; /* spelt with [] */
	size_t len;   /* of all of it, "${" to '}' */

	/* These are known once it has been looked up. */
	struct slice value; /* borrowed from the environment, or preset */
	bool is_preset;     /* value is preset */
};

/*
 * Parse what begins with the "${" that text begins with. Returns 0 with v,
 * which borrows from text, or -EINVAL with e, which quotes nothing but the
 * name.
 */
int variable_parse(const char *text, struct variable *v, struct err *e)
    __attribute__((warn_unused_result));

/* Whether text is one variable and nothing else, which is v then. */
bool variable_is_all(const char *text, struct variable *v);

/*
 * Ask the environment for v->value; where it is unset or empty, the preset is.
 * What the environment has is good until that changes. A list is trimmed, and
 * empty when nothing is left. Returns 0, or -EINVAL with e naming the variable
 * (never its value): unset without a preset, or not UTF-8. Where another
 * variable is the preset, v is that one then, but for len. Boot.
 */
int variable_look_up(struct variable *v, struct err *e)
    __attribute__((warn_unused_result));

/* Append the name, behind a comma where names holds one already. */
void variable_put_name(const struct variable *v, struct buf *names);

#endif
