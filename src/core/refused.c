#include "core/refused.h"

static const struct row {
	int status;
	const char *label;
	const char *text;
} rows[] = {
	[REFUSED_NOT] = { 0, "", "" },
#define REFUSED(id, status, label, text) { status, label, text },
#include "core/refused.def"
#undef REFUSED
};

int refused_status(enum refused why)
{
	return rows[why].status;
}

const char *refused_label(enum refused why)
{
	return rows[why].label;
}

const char *refused_text(enum refused why)
{
	return rows[why].text;
}

/* The metrics stand in the order of the rows. */
enum metric refused_metric(enum refused why)
{
	return (enum metric)(
	    (int)METRIC_REFUSED_REQUEST + ((int)why - (int)REFUSED_REQUEST));
}
