/* JPEG by libjpeg, from memory. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "store/picture.h"

enum { MOST_SCANS = 500, DCT_SIDE = 8 };

/* All that outlives a longjmp; libjpeg's client data. */
typedef struct reader {
    struct jpeg_error_mgr errors;
    jmp_buf back;
    const char *name;
    size_t length;
    struct jpeg_decompress_struct jpeg;
    struct jpeg_progress_mgr progress;
    struct jpeg_source_mgr from;
    dam__picture *out;
    bool is_short;
    char message[JMSG_LENGTH_MAX];
    dam_status status;
} reader;

bool dam__jpeg_is(const unsigned char *first)
{
    return memcmp(first, "\xff\xd8\xff", 3) == 0;
}

static void fail(j_common_ptr jpeg)
{
    reader *r = jpeg->client_data;
    r->errors.format_message(jpeg, r->message);
    longjmp(r->back, 1);
}

/* What libjpeg guesses round is damage, but for bytes that many cameras add. */
static void warn(j_common_ptr jpeg, int level)
{
    int code = jpeg->err->msg_code;
    if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_JFIF_MAJOR &&
        code != JWRN_ADOBE_XFORM)
        fail(jpeg);
}

/* A file with thousands of scans of a large picture would take hours. */
static void watch(j_common_ptr jpeg)
{
    if (((j_decompress_ptr)jpeg)->input_scan_number > MOST_SCANS) {
        reader *r = jpeg->client_data;
        (void)snprintf(r->message, sizeof r->message, "over %d scans", MOST_SCANS);
        longjmp(r->back, 1);
    }
}

static void do_nothing(j_decompress_ptr jpeg)
{
    (void)jpeg;
}

static boolean meet_end(j_decompress_ptr jpeg)
{
    reader *r = jpeg->client_data;
    r->is_short = true;
    longjmp(r->back, 1);
}

static void skip(j_decompress_ptr jpeg, long count)
{
    if (count <= 0)
        return;
    if ((size_t)count > jpeg->src->bytes_in_buffer)
        (void)meet_end(jpeg);
    jpeg->src->next_input_byte += count;
    jpeg->src->bytes_in_buffer -= (size_t)count;
}

static int orientation_of(const struct jpeg_decompress_struct *jpeg)
{
    for (const struct jpeg_marker_struct *m = jpeg->marker_list; m != NULL; m = m->next)
        if (m->data_length > 6 && memcmp(m->data, "Exif\0\0", 6) == 0)
            return dam__exif_orientation(m->data + 6, m->data_length - 6);
    return 1;
}

/* A block of 64 pixels takes a bit at least, in every file that is no bomb. */
static bool make_room(reader *r)
{
    const struct jpeg_decompress_struct *jpeg = &r->jpeg;
    size_t across = (jpeg->image_width + DCT_SIDE - 1) / DCT_SIDE,
           down = (jpeg->image_height + DCT_SIDE - 1) / DCT_SIDE;
    const jpeg_component_info *first = jpeg->comp_info;
    size_t widest = (size_t)jpeg->max_h_samp_factor, highest = (size_t)jpeg->max_v_samp_factor;
    size_t shared =
        widest / (size_t)first->h_samp_factor * (highest / (size_t)first->v_samp_factor);
    if (across * down / (shared > 0 ? shared : 1) > 8 * r->length) {
        r->status = dam__fail(DAM_INPUT,
                              "'%s' is cut short or damaged: no JPEG file of %zu bytes has its "
                              "%u x %u pixels; get it again",
                              r->name, r->length, jpeg->image_width, jpeg->image_height);
        return false;
    }
    *r->out = (dam__picture){.width = jpeg->image_width,
                             .height = jpeg->image_height,
                             .channels = jpeg->out_color_space == JCS_GRAYSCALE ? 1 : 3};
    r->status = dam__picture_create(r->name, r->out);
    return r->status == DAM_OK;
}

/* Inks, of which Adobe's programs write what is left of the paper. */
static void mix_inks(const unsigned char *inks, size_t pixels, unsigned char *out)
{
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < 3; c++)
            out[3 * i + c] = (unsigned char)((inks[4 * i + c] * inks[4 * i + 3] + 127) / 255);
}

static void read_rows(reader *r)
{
    struct jpeg_decompress_struct *jpeg = &r->jpeg;
    unsigned char *pixels = r->out->pixels;
    bool inks = jpeg->out_color_space == JCS_CMYK;
    size_t row = r->out->width * r->out->channels;
    JSAMPARRAY buffer = NULL;
    if (inks)
        buffer =
            jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, jpeg->output_width * 4, 1);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW to = pixels + jpeg->output_scanline * row;
        (void)jpeg_read_scanlines(jpeg, inks ? buffer : &to, 1);
        if (inks)
            mix_inks(buffer[0], r->out->width, to);
    }
}

/* libjpeg comes back to the setjmp here where it fails; whatever is needed then is in *r. */
static bool decode(reader *r, int *orientation)
{
    struct jpeg_decompress_struct *jpeg = &r->jpeg;
    if (setjmp(r->back) != 0)
        return false;
    jpeg_create_decompress(jpeg);
    jpeg->src = &r->from;
    jpeg->progress = &r->progress;
    jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
    (void)jpeg_read_header(jpeg, TRUE);
    *orientation = orientation_of(jpeg);
    if (jpeg->arith_code)
        r->status = dam__fail(DAM_INPUT,
                              "'%s' is a JPEG file with arithmetic coding, which is not read; save "
                              "it again as JPEG or PNG",
                              r->name);
    if (jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK)
        jpeg->out_color_space = JCS_CMYK;
    else if (jpeg->jpeg_color_space != JCS_GRAYSCALE)
        jpeg->out_color_space = JCS_RGB;
    if (r->status != DAM_OK || !make_room(r))
        return false;
    (void)jpeg_start_decompress(jpeg);
    read_rows(r);
    (void)jpeg_finish_decompress(jpeg);
    return true;
}

dam_status dam__jpeg_decode(const char *name, const unsigned char *bytes, size_t length,
                            dam__picture *out, int *orientation)
{
    reader r = {.name = name, .length = length, .out = out};
    *orientation = 1;
    r.jpeg.client_data = &r;
    r.jpeg.err = jpeg_std_error(&r.errors);
    r.errors.error_exit = fail;
    r.errors.emit_message = warn;
    r.progress.progress_monitor = watch;
    r.from = (struct jpeg_source_mgr){.next_input_byte = bytes,
                                      .bytes_in_buffer = length,
                                      .init_source = do_nothing,
                                      .fill_input_buffer = meet_end,
                                      .skip_input_data = skip,
                                      .resync_to_restart = jpeg_resync_to_restart,
                                      .term_source = do_nothing};
    bool is_whole = decode(&r, orientation);
    if (!is_whole && r.status == DAM_OK && r.is_short)
        r.status = dam__fail(DAM_INPUT, "'%s' is cut short: it ends at byte %zu; get it again",
                             name, length);
    else if (!is_whole && r.status == DAM_OK)
        r.status =
            dam__fail(DAM_INPUT, "'%s' is a damaged JPEG file (%s); get it again", name, r.message);
    jpeg_destroy_decompress(&r.jpeg);
    return r.status;
}
