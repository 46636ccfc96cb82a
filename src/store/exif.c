/* The one thing of EXIF that changes how a picture is read: which side is up. */
#include <string.h>

#include "store/picture.h"

typedef struct block {
    const unsigned char *bytes;
    size_t length;
    bool big;
} block;

static unsigned at16(const block *t, size_t at)
{
    const unsigned char *b = t->bytes + at;
    return t->big ? (unsigned)(b[0] << 8 | b[1]) : (unsigned)(b[1] << 8 | b[0]);
}

int dam__exif_orientation(const unsigned char *tiff, size_t length)
{
    enum { ORIENTATION = 0x0112, SHORT = 3, ENTRY = 12, HEAD = 8 };
    block t = {.bytes = tiff, .length = length};
    if (length < HEAD || (memcmp(tiff, "II*\0", 4) != 0 && memcmp(tiff, "MM\0*", 4) != 0))
        return 1;
    t.big = tiff[0] == 'M';
    size_t low = at16(&t, t.big ? 6 : 4), high = at16(&t, t.big ? 4 : 6);
    size_t at = high << 16 | low;
    if (at > length || length - at < 2)
        return 1;
    size_t entries = at16(&t, at);
    at += 2;
    for (size_t i = 0; i < entries && length - at >= ENTRY; i++, at += ENTRY) {
        if (at16(&t, at) != ORIENTATION || at16(&t, at + 2) != SHORT)
            continue;
        unsigned value = at16(&t, at + 8);
        return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}
