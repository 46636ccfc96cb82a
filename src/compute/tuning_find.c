/* Where a device's tuning comes from. */
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/notice.h"
#include "base/private_folder.h"
#include "base/user_cache.h"
#include "compute/tuning.h"

enum { LARGEST_FILE = 1 << 18 };

/* Letters and digits of a device's name, for people who look into the folder. */
static void make_slug(const char *name, char *slug, size_t size)
{
    size_t length = 0;
    for (; *name != '\0' && length + 1 < size; name++) {
        bool plain = (*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'z') ||
                     (*name >= 'A' && *name <= 'Z');
        if (plain)
            slug[length++] = *name;
        else if (length > 0 && slug[length - 1] != '-')
            slug[length++] = '-';
    }
    slug[length] = '\0';
}

dam_status dam__tuning_path(const dam_device_info *info, char **path)
{
    enum { DIGITS = 8 };
    dam_status status = DAM_OK;
    char *name = NULL, *facts = NULL;
    char slug[48], hex[DAM__DIGEST_HEX];
    make_slug(info->name, slug, sizeof slug);
    /* Neither driver nor version: a file of an older driver is to be found and reported. */
    DAM_TRY_CLEANUP(dam__format(&facts, "%s\n%s", info->platform, info->name));
    DAM_TRY_CLEANUP(dam__digest_hex(facts, strlen(facts), hex));
    DAM_TRY_CLEANUP(dam__format(&name, "%s-%.*s.tuning", slug, DIGITS, hex));
    DAM_TRY_CLEANUP(dam__cache_path("tuning", name, path));
cleanup:
    free(name);
    free(facts);
    return status;
}

/* A file that the user named may be anybody's. */
typedef dam_status reader(const char *path, size_t limit, char **data, size_t *length);

/* A file that is not there leaves both false; one that is not right gives a warning and no tuning.
 */
static dam_status read_file(reader *read, const char *path, const dam_device_info *info,
                            const dam_log *log, dam__tuning *out, bool *there, bool *found)
{
    char *text = NULL;
    size_t length = 0;
    dam_status status = read(path, LARGEST_FILE, &text, &length);
    *there = status != DAM_OK || text != NULL;
    if (status == DAM_OK && *there)
        status = dam__tuning_parse(text, length, info, out);
    *found = status == DAM_OK && *there;
    if (status == DAM_INPUT) {
        dam__warn(log,
                  "the tuning file '%s' is ignored: %s; tuning the device makes one that fits, and "
                  "DENSEAM_TUNING=none does without",
                  path, dam_error());
        status = DAM_OK;
    }
    free(text);
    return status;
}

/* Shipped files that belong to other devices are skipped silently: most do. */
static bool find_shipped(const dam_device_info *info, dam__tuning *out)
{
    for (const dam__embedded *file = dam__tuning_texts; file->name != NULL; file++)
        if (dam__tuning_parse((const char *)file->bytes, file->length, info, out) == DAM_OK)
            return true;
    return false;
}

/* Without a home, or where others may write it, there is no file of the user's. */
static dam_status read_own(const dam_device_info *info, const dam_log *log, dam__tuning *out,
                           bool *there, bool *found)
{
    char *path = NULL;
    if (!dam__cache_trusted(log))
        return DAM_OK;
    dam_status status = dam__tuning_path(info, &path);
    if (status == DAM_OK)
        status = read_file(dam__private_read, path, info, log, out, there, found);
    free(path);
    return status == DAM_INPUT ? DAM_OK : status;
}

static dam_status search(const dam_device_info *info, const dam_log *log, dam__tuning *out,
                         bool *found)
{
    const char *wanted = getenv("DENSEAM_TUNING");
    bool there = false;
    *found = false;
    if (wanted != NULL && wanted[0] != '\0')
        return strcmp(wanted, "none") == 0
                   ? DAM_OK
                   : read_file(dam__file_read, wanted, info, log, out, &there, found);
    DAM_TRY(read_own(info, log, out, &there, found));
    if (!there)
        *found = find_shipped(info, out);
    return DAM_OK;
}

dam_status dam__tuning_find(const dam_device_info *info, const dam_log *log, dam__tuning **out)
{
    dam_status status = DAM_OK;
    dam__tuning *tuning = NULL;
    bool found = false;
    *out = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *tuning, &tuning));
    DAM_TRY_CLEANUP(search(info, log, tuning, &found));
    if (found) {
        *out = tuning;
        tuning = NULL;
    }
cleanup:
    free(tuning);
    return status;
}
