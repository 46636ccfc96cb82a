#include "store/npy_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/temporary.h"

enum { ALIGNMENT = 64, START = 10 }; /* of the items; bytes before the header's dictionary */

void dam__npy_start(dam__text *out, const char *type, int rank, const size_t *shape)
{
    dam__text header = {0};
    dam__text_append(&header, "{'descr': %s, 'fortran_order': False, 'shape': (", type);
    for (int axis = 0; axis < rank; axis++)
        dam__text_append(&header, axis == 0 ? "%zu," : axis > 1 ? ", %zu" : " %zu", shape[axis]);
    dam__text_append(&header, "), }");
    size_t padded = (START + header.length + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    dam__text_append(&header, "%*s\n", (int)(padded - START - header.length - 1), "");
    const char *text = dam__text_part(out, &header);
    const unsigned char start[START] = {0x93,
                                        'N',
                                        'U',
                                        'M',
                                        'P',
                                        'Y',
                                        1,
                                        0,
                                        (unsigned char)(header.length & 0xff),
                                        (unsigned char)(header.length >> 8)};
    dam__text_append_bytes(out, start, sizeof start);
    dam__text_append_bytes(out, text, header.length);
    dam__text_free(&header);
}

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

size_t dam__npy_characters(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += begins_character(*text);
    return count;
}

void dam__npy_text(dam__text *out, const char *text, size_t characters)
{
    dam__text clean = {0};
    dam__text_append_utf8(&clean, text, SIZE_MAX);
    const unsigned char *at = (const unsigned char *)dam__text_part(out, &clean);
    for (size_t i = 0; i < characters; i++) {
        uint32_t code = 0;
        if (*at != 0) {
            /* The first byte says by its leading ones how many follow. */
            unsigned first = *at++;
            code = first < 0x80   ? first
                   : first < 0xe0 ? first & 0x1f
                   : first < 0xf0 ? first & 0x0f
                                  : first & 0x07;
            while ((*at & 0xc0) == 0x80)
                code = code << 6 | (*at++ & 0x3f);
        }
        const unsigned char bytes[4] = {(unsigned char)code, (unsigned char)(code >> 8),
                                        (unsigned char)(code >> 16), (unsigned char)(code >> 24)};
        dam__text_append_bytes(out, bytes, sizeof bytes);
    }
    dam__text_free(&clean);
}

static dam_status write_piece(void *user, const void *bytes, size_t length)
{
    return dam__temporary_write(user, bytes, length);
}

dam_status dam__npy_write(const char *path, const dam__array *array)
{
    dam_status status = DAM_OK;
    dam__text type = {0}, start = {0};
    dam__temporary temporary = {0};
    dam__text_append(&type, "'%s'", dam__npy_descr(array->element));
    dam__npy_start(&start, dam__text_part(&start, &type), array->rank, array->shape);
    DAM_TRY_CLEANUP(dam__text_status(&start));
    DAM_TRY_CLEANUP(dam__temporary_open(path, &temporary));
    DAM_TRY_CLEANUP(dam__temporary_write(&temporary, start.data, start.length));
    DAM_TRY_CLEANUP(dam__array_pieces(array, write_piece, &temporary));
    DAM_TRY_CLEANUP(dam__temporary_commit(&temporary));
cleanup:
    dam__temporary_discard(&temporary);
    dam__text_free(&start);
    dam__text_free(&type);
    return status;
}
