/* PNG by libpng, from memory. */
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/picture.h"

/* No deflate stream grows more than this when unpacked. */
enum { DEFLATE_RATIO = 1032, MOST_SIDE = 1 << 20, MOST_CHUNK = 1 << 23 };

/* All that outlives a longjmp. */
typedef struct reader {
    const char *name;
    const unsigned char *bytes;
    size_t length, at;
    bool is_short;
    char message[96];
    png_struct *png;
    png_info *info;
    unsigned char **rows;
    dam__picture *out;
    int channels; /* with alpha */
    unsigned char *wide;
    dam_status status;
} reader;

bool dam__png_is(const unsigned char *first)
{
    return memcmp(first, "\x89PNG\r\n\x1a\n", 8) == 0;
}

static void take(png_struct *png, png_byte *to, size_t count)
{
    reader *r = png_get_io_ptr(png);
    if (count > r->length - r->at) {
        r->is_short = true;
        png_error(png, "cut short");
    }
    memcpy(to, r->bytes + r->at, count);
    r->at += count;
}

static void fail(png_struct *png, const char *message)
{
    reader *r = png_get_error_ptr(png);
    (void)snprintf(r->message, sizeof r->message, "%s", message);
    png_longjmp(png, 1);
}

static void ignore(png_struct *png, const char *message)
{
    (void)png;
    (void)message;
}

/* Grey, grey and alpha, RGB or RGB and alpha, of 8 or 16 bits. */
static void ask_for_levels(reader *r)
{
    int kind = png_get_color_type(r->png, r->info);
    if (kind == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(r->png);
    if (kind == PNG_COLOR_TYPE_GRAY)
        png_set_expand_gray_1_2_4_to_8(r->png);
    if (png_get_valid(r->png, r->info, PNG_INFO_tRNS) != 0)
        png_set_tRNS_to_alpha(r->png);
    if (png_get_bit_depth(r->png, r->info) == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        png_set_swap(r->png);
    (void)png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
}

static bool make_room(reader *r)
{
    dam__picture *out = r->out;
    size_t row = png_get_rowbytes(r->png, r->info), unpacked = 0;
    r->channels = png_get_channels(r->png, r->info);
    out->width = png_get_image_width(r->png, r->info);
    out->height = png_get_image_height(r->png, r->info);
    out->deep = png_get_bit_depth(r->png, r->info) == 16;
    out->channels = r->channels < 3 ? 1 : 3;
    /* A pixel of a bit is the least that one can be packed of. */
    if (out->width / 8 > SIZE_MAX / out->height ||
        out->width / 8 * out->height > (r->length + 64) * DEFLATE_RATIO) {
        r->status = dam__fail(DAM_INPUT,
                              "'%s' is cut short or damaged: no PNG file of %zu bytes has its "
                              "%zu x %zu pixels; get it again",
                              r->name, r->length, out->width, out->height);
        return false;
    }
    r->status = dam__picture_create(r->name, out);
    if (r->status == DAM_OK)
        r->status = dam__multiply(row, out->height, &unpacked);
    if (r->status == DAM_OK)
        r->status = dam__alloc(out->height, sizeof *r->rows, &r->rows);
    bool alpha = r->channels % 2 == 0;
    if (r->status == DAM_OK && alpha)
        r->status = dam__alloc(unpacked, 1, &r->wide);
    for (size_t y = 0; r->status == DAM_OK && y < out->height; y++)
        r->rows[y] = (alpha ? r->wide : (unsigned char *)out->pixels) + y * row;
    return r->status == DAM_OK;
}

/* libpng comes back to the setjmp here where it fails; whatever is needed then is in *r. */
static bool decode(reader *r, int *orientation)
{
    png_uint_32 length = 0;
    png_byte *exif = NULL;
    if (setjmp(png_jmpbuf(r->png)) != 0)
        return false;
    png_set_read_fn(r->png, r, take);
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    png_set_crc_action(r->png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
#endif
    png_set_user_limits(r->png, MOST_SIDE, MOST_SIDE);
    png_set_chunk_malloc_max(r->png, MOST_CHUNK);
    png_read_info(r->png, r->info);
    ask_for_levels(r);
    if (!make_room(r))
        return false;
    png_read_image(r->png, r->rows);
    png_read_end(r->png, r->info);
    if (png_get_eXIf_1(r->png, r->info, &length, &exif) != 0)
        *orientation = dam__exif_orientation(exif, length);
    return true;
}

/* Colours over white. */
static void blend(reader *r)
{
    dam__picture *out = r->out;
    size_t colours = out->channels, pixels = out->width * out->height;
    uint32_t most = out->deep ? UINT16_MAX : UINT8_MAX;
    const void *wide = r->wide;
    const uint16_t *deep = wide;
    for (size_t i = 0; i < pixels; i++) {
        size_t from = i * (colours + 1);
        uint32_t alpha = out->deep ? deep[from + colours] : r->wide[from + colours];
        out->blended = out->blended || alpha < most;
        for (size_t c = 0; c < colours; c++) {
            uint32_t level = out->deep ? deep[from + c] : r->wide[from + c];
            uint64_t sum = (uint64_t)level * alpha + (uint64_t)most * (most - alpha);
            uint32_t mixed = (uint32_t)((sum + most / 2) / most);
            if (out->deep)
                ((uint16_t *)out->pixels)[i * colours + c] = (uint16_t)mixed;
            else
                ((uint8_t *)out->pixels)[i * colours + c] = (uint8_t)mixed;
        }
    }
}

dam_status dam__png_decode(const char *name, const unsigned char *bytes, size_t length,
                           dam__picture *out, int *orientation)
{
    reader r = {.name = name, .bytes = bytes, .length = length, .out = out};
    bool is_whole = false;
    *orientation = 1;
    r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, fail, ignore);
    r.info = r.png != NULL ? png_create_info_struct(r.png) : NULL;
    if (r.info == NULL)
        r.status = dam__fail(DAM_NO_MEMORY, "the host has no memory to read '%s'", name);
    else
        is_whole = decode(&r, orientation);
    if (is_whole && r.wide != NULL)
        blend(&r);
    if (!is_whole && r.status == DAM_OK && r.is_short)
        r.status = dam__fail(DAM_INPUT, "'%s' is cut short: it ends at byte %zu; get it again",
                             name, length);
    else if (!is_whole && r.status == DAM_OK)
        r.status =
            dam__fail(DAM_INPUT, "'%s' is a damaged PNG file (%s); get it again", name, r.message);
    png_destroy_read_struct(&r.png, &r.info, NULL);
    free(r.rows);
    free(r.wide);
    return r.status;
}
