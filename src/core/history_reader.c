#include "core/history_reader.h"

#include "core/history_ring.h"

void history_reader_sort(struct history_reader *reader)
{
	history_names_sort(&reader->names);
	reader->names.bits |=
	    history_names_bit(HASH_EVERYONE) | history_names_bit(HASH_HOLE) |
	    history_names_bit(hash_of_connection(&reader->connection));
}

bool history_reader_wants(const struct history_reader *reader, uint64_t hash)
{
	return history_names_have(&reader->names, hash) ||
	       hash == HASH_EVERYONE || hash == HASH_HOLE ||
	       hash == hash_of_connection(&reader->connection);
}

size_t history_reader_steps(
    const struct history_reader *reader, const struct aim *aim)
{
	return HISTORY_MISS_STEPS + aim->room_count + aim->except_count +
	       aim->spared_count * reader->alias_count;
}

static bool is_same(const struct conn_ref *a, const struct conn_ref *b)
{
	return a->serial == b->serial && a->worker == b->worker &&
	       a->slot == b->slot;
}

static bool has_connection(const struct conn_ref *refs, uint32_t count,
    const struct conn_ref *connection)
{
	for (uint32_t i = 0; i < count; i++)
		if (is_same(&refs[i], connection))
			return true;
	return false;
}

/* Whether the message leaves it out: by its id, or by what it was called. */
static bool is_spared(
    const struct history_reader *reader, const struct aim *aim)
{
	if (has_connection(
		aim->excepts, aim->except_count, &reader->connection))
		return true;
	for (uint32_t i = 0; i < aim->spared_count; i++)
		for (size_t k = 0; k < reader->alias_count; k++)
			if (slice_eq(aim->spared[i].name, reader->aliases[k]))
				return true;
	return false;
}

bool history_reader_gets(
    const struct history_reader *reader, const struct aim *aim, uint64_t hash)
{
	const struct conn_ref *connection = &reader->connection;

	if (is_spared(reader, aim))
		return false;
	return (hash == HASH_EVERYONE && aim->is_everyone) ||
	       history_names_meet(&reader->names, aim, hash) ||
	       (hash == hash_of_connection(connection) &&
		   has_connection(
		       aim->connections, aim->connection_count, connection));
}
