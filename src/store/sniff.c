#include "store/sniff.h"

#include <string.h>
#include <strings.h>

#define BYTES(TEXT) sizeof(TEXT) - 1, TEXT
#define SAVE_ARRAY "save it as PNG, or the numbers in it with np.save"

/* A kind of file: bytes at a place, which may contain zeros. */
static const struct {
    size_t at, length;
    const char *bytes, *what, *advice;
} kinds[] = {
    {0, BYTES("PK\3\4"), "a ZIP file", "unzip it; an archive of arrays is one of np.savez"},
    {0, BYTES("PK\5\6"), "an empty ZIP file", "save arrays into it with np.savez"},
    {0, BYTES("\x89PNG\r\n\x1a\n"), "a PNG picture", SAVE_ARRAY},
    {0, BYTES("\xff\xd8\xff"), "a JPEG picture", SAVE_ARRAY},
    {0, BYTES("GIF8"), "a GIF picture", SAVE_ARRAY},
    {0, BYTES("II*\0"), "a TIFF picture", SAVE_ARRAY},
    {0, BYTES("MM\0*"), "a TIFF picture", SAVE_ARRAY},
    {8, BYTES("WEBP"), "a WebP picture", SAVE_ARRAY},
    {0, BYTES("BM"), "a BMP picture", SAVE_ARRAY},
    {0,
     BYTES("\xfd"
           "7zXZ"),
     "packed by xz", "unpack it: unxz"},
    {0, BYTES("\x28\xb5\x2f\xfd"), "packed by zstd", "unpack it: unzstd"},
    {0, BYTES("BZh"), "packed by bzip2", "unpack it: bunzip2"},
    {0, BYTES("\x04\x22\x4d\x18"), "packed by lz4", "unpack it: unlz4"},
    {0, BYTES("7z\xbc\xaf\x27\x1c"), "a 7z file", "unpack it"},
    {0, BYTES("Rar!"), "a RAR file", "unpack it"},
    {0, BYTES("\x1f\x8b"), "packed by gzip twice", "unpack it once: gunzip"},
    {257, BYTES("ustar"), "a tar file", "unpack it: tar -xf"},
    {0, BYTES("MATLAB 5.0"), "a MAT file before version 7.3", "save it with -v7.3, which is HDF5"},
    {0, BYTES("PAR1"), "a Parquet file", "save its columns as CSV, or with np.save"},
    {0, BYTES("ARROW1"), "an Arrow file", "save its columns as CSV, or with np.save"},
    {0, BYTES("SQLite format"), "an SQLite database", "save the table as CSV"},
    {0, BYTES("CDF"), "a NetCDF file before version 4", "save it as NetCDF 4, which is HDF5"},
    {0,
     BYTES("\x7f"
           "ELF"),
     "a program", "name the file with the samples"},
    {0, BYTES("\xff\xfe"), "a text in UTF-16", "save it as UTF-8"},
    {0, BYTES("\xfe\xff"), "a text in UTF-16", "save it as UTF-8"},
};

/* Pickles of protocols 2 to 5. */
static bool is_pickle(const unsigned char *bytes, size_t count)
{
    return count > 2 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5;
}

static bool is_safetensors(const unsigned char *bytes, size_t count)
{
    return count > 9 && bytes[6] == 0 && bytes[7] == 0 && bytes[8] == '{' && bytes[9] == '"';
}

/* As UTF-8 but for the bytes above 127. */
static bool is_other_text(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] == 0x7f || (bytes[i] < ' ' && (bytes[i] < '\t' || bytes[i] > '\r')))
            return false;
    return true;
}

static bool begins(const char *text, const char *with)
{
    return strncasecmp(text, with, strlen(with)) == 0;
}

/* UTF-8 without control characters. */
static bool is_text(const unsigned char *bytes, size_t count)
{
    size_t follow = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = bytes[i];
        if (follow > 0) {
            if ((byte & 0xc0) != 0x80)
                return false;
            follow--;
        } else if (byte >= 0xc2 && byte < 0xf5) {
            follow = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        } else if (byte >= 0x7f || (byte < ' ' && strchr("\t\r\n\f", byte) == NULL) || byte == 0) {
            return false;
        }
    }
    return count > 0;
}

/* Texts begin with what they are, behind a mark of their encoding and blanks. */
static dam__sniffed sniff_text(const unsigned char *bytes, size_t count)
{
    char text[16] = {0};
    size_t at = count >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (at < count && strchr(" \t\r\n", bytes[at]) != NULL)
        at++;
    for (size_t i = 0; i + 1 < sizeof text && at + i < count; i++)
        text[i] = (char)bytes[at + i];
    if (begins(text, "version https:"))
        return (dam__sniffed){"a pointer of Git LFS, not the file itself", "fetch it: git lfs pull",
                              false};
    if (begins(text, "/annex/objects/"))
        return (dam__sniffed){"a pointer of git-annex, not the file itself",
                              "fetch it: git annex get", false};
    if (begins(text, "%PDF"))
        return (dam__sniffed){"a PDF document", "get the data themselves", false};
    if (begins(text, "<!doctype") || begins(text, "<html"))
        return (dam__sniffed){"a web page", "download the file itself, not the page that shows it",
                              false};
    if (begins(text, "<?xml"))
        return (dam__sniffed){"an XML document", "get the numbers themselves", false};
    if (text[0] == '{' || text[0] == '[')
        return (dam__sniffed){"a JSON document", "save the numbers in it as CSV, or with np.save",
                              false};
    return (dam__sniffed){"a text", "a table's name ends in .csv, .tsv or .txt", true};
}

dam__sniffed dam__sniff(const unsigned char *bytes, size_t count)
{
    if (is_text(bytes, count))
        return sniff_text(bytes, count);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (count >= kinds[i].at + kinds[i].length &&
            memcmp(bytes + kinds[i].at, kinds[i].bytes, kinds[i].length) == 0)
            return (dam__sniffed){kinds[i].what, kinds[i].advice, false};
    if (is_pickle(bytes, count))
        return (dam__sniffed){"a pickle of Python", "save the array in it with np.save", false};
    if (is_safetensors(bytes, count))
        return (dam__sniffed){"a file of safetensors", "save the array in it with np.save", false};
    if (is_other_text(bytes, count))
        return (dam__sniffed){"a text of another encoding than UTF-8", "save it as UTF-8", false};
    return (dam__sniffed){"of a kind that is not known", "convert it to one of them", false};
}
