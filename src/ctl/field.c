/* field: see field.h. */
#include "ctl/field.h"

#include <cjson/cJSON.h>

#include "ctl/table.h"
#include "ctl/units.h"

enum { NAME_WIDTH = 13 };

const struct cJSON *field(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

const char *field_text(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(field(object, name));

	return text ? text : "";
}

double field_value(const cJSON *object, const char *name, double preset)
{
	const cJSON *item = field(object, name);

	return cJSON_IsNumber(item) ? item->valuedouble : preset;
}

bool field_is_true(const cJSON *object, const char *name)
{
	return cJSON_IsTrue(field(object, name));
}

void field_name(struct buf *out, const char *name)
{
	buf_printf(out, "%-*s", NAME_WIDTH, name);
}

void field_string(struct buf *out, const cJSON *object, const char *name)
{
	table_put_text(out, slice_str(field_text(object, name)));
}

void field_number(
    struct buf *out, const cJSON *object, const char *name, field_fn put)
{
	double number = field_value(object, name, -1);

	if (number < 0 || number > 1e18)
		buf_puts(out, "-");
	else
		put(out, (uint64_t)number);
}

void field_count(struct buf *out, const cJSON *object, const char *name)
{
	field_number(out, object, name, units_count);
}

void field_bytes(struct buf *out, const cJSON *object, const char *name)
{
	field_number(out, object, name, units_bytes);
}

void field_time(struct buf *out, const cJSON *object, const char *name)
{
	field_number(out, object, name, units_time);
}

void field_part_of(struct buf *out, const cJSON *object, const char *name,
    const char *limit, field_fn put)
{
	field_number(out, object, name, put);
	buf_puts(out, " of ");
	field_number(out, object, limit, put);
}

void field_since(
    struct buf *out, int64_t now_ms, const cJSON *object, const char *name)
{
	int64_t then_ms = (int64_t)field_value(object, name, 0);

	units_time(out, now_ms > then_ms ? (uint64_t)(now_ms - then_ms) : 0);
}

void field_rate(struct buf *out, const cJSON *object, const char *name)
{
	double rate = field_value(object, name, 0);

	if (rate < 100)
		buf_printf(out, "%.1f", rate);
	else
		field_count(out, object, name);
}

void field_micros(struct buf *out, const cJSON *object, const char *name)
{
	double us = field_value(object, name, -1);

	if (us < 0)
		buf_puts(out, "-");
	else if (us < 10000)
		buf_printf(out, "%.0f us", us);
	else
		units_time(out, (uint64_t)(us / 1000));
}
