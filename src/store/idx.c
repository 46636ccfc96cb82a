/* IDX: 00 00 TYPE RANK, RANK big-endian 32-bit axes, then the items, big-endian. */
#include "store/reader.h"

#include <stdint.h>

static dam_status kind_of(const dam__source *source, unsigned char type, dam__stored *stored)
{
    static const struct {
        unsigned char type;
        dam__stored stored;
    } types[] = {{0x08, DAM__STORED_U8},  {0x09, DAM__STORED_I8},  {0x0b, DAM__STORED_I16},
                 {0x0c, DAM__STORED_I32}, {0x0d, DAM__STORED_F32}, {0x0e, DAM__STORED_F64}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        *stored = types[i].stored;
        if (types[i].type == type)
            return DAM_OK;
    }
    return dam__fail(DAM_INPUT,
                     "'%s' is an IDX file of type 0x%02x, which no numbers have; convert it to "
                     "type 0x08 (unsigned bytes), 0x0c (int32), 0x0d (float32) or 0x0e (float64)",
                     source->name, type);
}

dam_status dam__idx_read(dam__source *source, dam__array *out)
{
    unsigned char magic[4], axis_bytes[4];
    size_t shape[DAM__MAX_RANK] = {0};
    dam__stored stored = DAM__STORED_U8;
    DAM_TRY(dam__source_read(source, magic, sizeof magic, "its first four bytes"));
    if (magic[0] != 0 || magic[1] != 0)
        return dam__fail(DAM_INPUT,
                         "'%s' is no IDX file: it starts with bytes %02x %02x, not 00 00",
                         source->name, magic[0], magic[1]);
    DAM_TRY(kind_of(source, magic[2], &stored));
    int rank = magic[3];
    if (rank < 1 || rank > DAM__MAX_RANK)
        return dam__fail(DAM_INPUT, "'%s' is an IDX file of %d axes; files of 1 to %d are read",
                         source->name, rank, DAM__MAX_RANK);
    for (int axis = 0; axis < rank; axis++) {
        DAM_TRY(dam__source_read(source, axis_bytes, sizeof axis_bytes, "its header"));
        shape[axis] = (size_t)axis_bytes[0] << 24 | (size_t)axis_bytes[1] << 16 |
                      (size_t)axis_bytes[2] << 8 | axis_bytes[3];
    }
    return dam__source_array(source, stored, true, rank, shape, out);
}

dam_status dam__idx_parse(const char *name, const void *bytes, size_t length, dam__array *out)
{
    dam__source source = dam__source_memory(name, bytes, length);
    *out = (dam__array){0};
    return dam__idx_read(&source, out);
}
