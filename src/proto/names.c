/*
 * names: see names.h. The names in a payload pass here one by one, on the main
 * thread.
 */
#include "proto/names.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"

/* As most names are. */
static bool is_printable_ascii(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] < 0x20 || name.ptr[i] > 0x7e)
			return false;
	return name.len > 0;
}

/* Whether a name is not empty, valid UTF-8 and without control characters. */
static bool is_printable(struct slice name)
{
	if (is_printable_ascii(name))
		return true;
	for (struct slice rest = name; rest.len > 0;
	     rest = slice_after(rest, 1))
		if (utf8_control_len(rest) > 0)
			return false;
	return name.len > 0 && utf8_is_valid(name, NULL);
}

bool room_name_is_valid(struct slice name)
{
	return name.len <= ROOM_NAME_MAX && is_printable(name) &&
	       !memchr(name.ptr, ',', name.len);
}

bool user_name_is_valid(struct slice name)
{
	return name.len <= USER_NAME_MAX && is_printable(name);
}

bool connection_id_is_valid(struct slice id)
{
	return id.len <= CONNECTION_ID_MAX && is_printable_ascii(id);
}

/* Whether it has letters, digits and bytes of more, and at least one. */
static bool holds_only(struct slice name, const char *more)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!ascii_is_letter(c) && !ascii_is_digit(c) &&
		    (c == '\0' || !strchr(more, c)))
			return false;
	}
	return name.len > 0;
}

bool message_id_is_valid(struct slice id)
{
	return id.len <= MESSAGE_ID_MAX && holds_only(id, "._~-");
}

bool mark_id_is_valid(struct slice id)
{
	return id.len <= MARK_ID_MAX && holds_only(id, "._-") &&
	       !slice_eq(id, slice_str("-"));
}

/* Names of claims may be URLs, so that they are nobody else's. */
bool claim_name_is_valid(struct slice name)
{
	return holds_only(name, "_.-:/");
}

bool query_name_is_valid(struct slice name)
{
	return holds_only(name, "_.-");
}
