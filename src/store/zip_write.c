#include "store/zip_write.h"

#include <string.h>

#include <zlib.h>

/* APPNOTE.TXT of PKWARE, 4.3.7 to 4.3.16. */
enum {
    LOCAL = 0x04034b50,
    CENTRAL = 0x02014b50,
    END = 0x06054b50,
    END_64 = 0x06064b50,
    LOCATOR_64 = 0x07064b50,
    VERSION = 45,      /* the first that knows ZIP64 */
    DAY = 1 | 1 << 5,  /* 1 January 1980 */
    EXTRA_64 = 1,      /* of the field with sizes of 64 bits */
    END_64_BYTES = 44, /* of its record, without what says so */
};
static const uint32_t elsewhere = 0xffffffff; /* the number is in the field of 64 bits */

static void put(dam__text *out, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        const unsigned char byte = (unsigned char)(value >> 8 * i);
        dam__text_append_bytes(out, &byte, 1);
    }
}

/* What an entry's own header and its line of the list share. */
static void put_facts(dam__text *out, uint32_t sum, const char *name, int extra)
{
    put(out, 0, 2); /* flags */
    put(out, 0, 2); /* stored */
    put(out, 0, 2);
    put(out, DAY, 2);
    put(out, sum, 4);
    put(out, elsewhere, 4);
    put(out, elsewhere, 4);
    put(out, strlen(name), 2);
    put(out, (uint64_t)extra + 4, 2);
}

static void put_sizes(dam__text *out, uint64_t size, int extra)
{
    put(out, EXTRA_64, 2);
    put(out, (uint64_t)extra, 2);
    put(out, size, 8);
    put(out, size, 8);
}

static void put_local(dam__text *out, const char *name, uint32_t sum, uint64_t size)
{
    enum { EXTRA = 16 };
    put(out, LOCAL, 4);
    put(out, VERSION, 2);
    put_facts(out, sum, name, EXTRA);
    dam__text_append_bytes(out, name, strlen(name));
    put_sizes(out, size, EXTRA);
}

static void put_central(dam__text *out, const char *name, uint32_t sum, uint64_t size, uint64_t at)
{
    enum { EXTRA = 24 };
    put(out, CENTRAL, 4);
    put(out, VERSION, 2);
    put(out, VERSION, 2);
    put_facts(out, sum, name, EXTRA);
    put(out, 0, 2); /* no comment, the first disk, no attributes */
    put(out, 0, 2);
    put(out, 0, 2);
    put(out, 0, 4);
    put(out, elsewhere, 4);
    dam__text_append_bytes(out, name, strlen(name));
    put_sizes(out, size, EXTRA);
    put(out, at, 8);
}

dam_status dam__zip_open(const char *path, dam__zip *out)
{
    *out = (dam__zip){0};
    return dam__temporary_open(path, &out->file);
}

void dam__zip_discard(dam__zip *zip)
{
    dam__temporary_discard(&zip->file);
    dam__text_free(&zip->directory);
}

static dam_status append(dam__zip *zip, const dam__text *text)
{
    DAM_TRY(dam__text_status(text));
    zip->at += text->length;
    return dam__temporary_write(&zip->file, text->data, text->length);
}

static dam_status write_piece(void *user, const void *bytes, size_t length)
{
    dam__zip *zip = user;
    zip->at += length;
    return dam__temporary_write(&zip->file, bytes, length);
}

static dam_status sum_piece(void *user, const void *bytes, size_t length)
{
    uLong *sum = user;
    *sum = crc32_z(*sum, bytes, length);
    return DAM_OK;
}

dam_status dam__zip_add(dam__zip *zip, const char *name, const dam__text *start,
                        const dam__array *items)
{
    dam_status status = DAM_OK;
    dam__text header = {0};
    uint64_t at = zip->at, size = start->length;
    uLong sum = 0;
    DAM_TRY_CLEANUP(dam__text_status(start));
    sum = crc32_z(0, (const unsigned char *)start->data, start->length);
    if (items != NULL) {
        size += dam__array_items(items) * dam__element_size(items->element);
        DAM_TRY_CLEANUP(dam__array_pieces(items, sum_piece, &sum));
    }
    put_local(&header, name, (uint32_t)sum, size);
    put_central(&zip->directory, name, (uint32_t)sum, size, at);
    DAM_TRY_CLEANUP(append(zip, &header));
    DAM_TRY_CLEANUP(append(zip, start));
    if (items != NULL)
        DAM_TRY_CLEANUP(dam__array_pieces(items, write_piece, zip));
    zip->entries++;
cleanup:
    dam__text_free(&header);
    return status;
}

/* The end as ZIP64 has it, and the older one, which says that it does not know. */
static void put_end(dam__text *out, const dam__zip *zip, uint64_t list, uint64_t list_bytes)
{
    uint64_t end = list + list_bytes;
    put(out, END_64, 4);
    put(out, END_64_BYTES, 8);
    put(out, VERSION, 2);
    put(out, VERSION, 2);
    put(out, 0, 4);
    put(out, 0, 4);
    put(out, zip->entries, 8);
    put(out, zip->entries, 8);
    put(out, list_bytes, 8);
    put(out, list, 8);
    put(out, LOCATOR_64, 4);
    put(out, 0, 4);
    put(out, end, 8);
    put(out, 1, 4);
    put(out, END, 4);
    put(out, 0, 4);
    put(out, zip->entries, 2);
    put(out, zip->entries, 2);
    put(out, elsewhere, 4);
    put(out, elsewhere, 4);
    put(out, 0, 2);
}

dam_status dam__zip_commit(dam__zip *zip)
{
    dam_status status = DAM_OK;
    dam__text end = {0};
    uint64_t list = zip->at, list_bytes = zip->directory.length;
    DAM_TRY_CLEANUP(append(zip, &zip->directory));
    put_end(&end, zip, list, list_bytes);
    DAM_TRY_CLEANUP(append(zip, &end));
    status = dam__temporary_commit(&zip->file);
cleanup:
    dam__text_free(&end);
    return status;
}
