/* redis_slot: CRC16 as in XMODEM: polynomial 0x1021, from zero. */
#include "backend/redis_slot.h"

#include "proto/hash_tag.h"

/* Half a byte at a time: a worker asks this of each room of its clients. */
static uint16_t crc16(struct slice bytes)
{
	static const uint16_t of[] = { 0x0000, 0x1021, 0x2042, 0x3063, 0x4084,
		0x50a5, 0x60c6, 0x70e7, 0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c,
		0xd1ad, 0xe1ce, 0xf1ef };
	uint16_t crc = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char byte = (unsigned char)bytes.ptr[i];

		crc = (uint16_t)(crc << 4 ^ of[crc >> 12 ^ byte >> 4]);
		crc = (uint16_t)(crc << 4 ^ of[crc >> 12 ^ (byte & 15)]);
	}
	return crc;
}

uint16_t redis_slot_of(struct slice key)
{
	return crc16(hash_tag_of(key)) % REDIS_SLOTS;
}

void redis_slot_set_join(
    struct redis_slot_set *set, const struct redis_slot_set *other)
{
	for (size_t i = 0; i < sizeof set->bits / sizeof set->bits[0]; i++)
		set->bits[i] |= other->bits[i];
}

bool redis_slot_set_covers(
    const struct redis_slot_set *set, const struct redis_slot_set *other)
{
	for (size_t i = 0; i < sizeof set->bits / sizeof set->bits[0]; i++)
		if (other->bits[i] & ~set->bits[i])
			return false;
	return true;
}

bool redis_slot_set_is_empty(const struct redis_slot_set *set)
{
	for (size_t i = 0; i < sizeof set->bits / sizeof set->bits[0]; i++)
		if (set->bits[i])
			return false;
	return true;
}
