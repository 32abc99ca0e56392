#include "core/refused.h"

static const struct row {
	int status;
	const char *label;
	const char *text;
	enum metric metric;
} rows[] = {
#define REFUSED(id, status, label, text) \
	[REFUSED_##id] = { status, label, text, METRIC_REFUSED_##id },
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

enum metric refused_metric(enum refused why)
{
	return rows[why].metric;
}
