#include "proto/server_name.h"

enum { LIST_HEAD = 2, NAME_HEAD = 3, HOST_NAME = 0 };

static size_t read_u16(struct slice s)
{
	return (size_t)(unsigned char)s.ptr[0] << 8 | (unsigned char)s.ptr[1];
}

/* A list of names by type, of which only one type was ever defined. */
struct slice server_name_of(struct slice extension)
{
	struct slice none = { 0 }, list, name;

	if (extension.len <= LIST_HEAD + NAME_HEAD)
		return none;
	list = slice_after(extension, LIST_HEAD);
	name = slice_after(list, NAME_HEAD);
	return read_u16(extension) == list.len && list.ptr[0] == HOST_NAME &&
		       read_u16(slice_after(list, 1)) == name.len
		   ? name
		   : none;
}
