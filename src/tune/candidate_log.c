#include "tune/candidate_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/private_folder.h"

enum { LARGEST_FILE = 1 << 22 };

/* Whole lines of text behind the header: a file that was cut off loses its last one. */
static void take(dam__candidate_log *log, const char *data, size_t length, const char *header)
{
    size_t begin = strlen(header);
    while (length > 0 && data[length - 1] != '\n')
        length--;
    bool ours = length >= begin && memcmp(data, header, begin) == 0 && strlen(data) >= length;
    if (ours)
        dam__text_append_bytes(&log->text, data + begin, length - begin);
}

dam_status dam__candidate_log_open(const char *path, const char *header, dam__candidate_log *out)
{
    dam_status status = DAM_OK;
    char *data = NULL;
    size_t length = 0;
    *out = (dam__candidate_log){.header = strlen(header)};
    DAM_TRY_CLEANUP(dam__format(&out->path, "%s", path));
    dam__text_append(&out->text, "%s", header);
    status = dam__private_read(path, LARGEST_FILE, &data, &length);
    /* What cannot be read is measured again. */
    if (status == DAM_OK && data != NULL)
        take(out, data, length, header);
    else if (status == DAM_INPUT)
        status = DAM_OK;
    if (status == DAM_OK)
        status = dam__text_status(&out->text);
cleanup:
    free(data);
    if (status != DAM_OK)
        dam__candidate_log_free(out);
    return status;
}

void dam__candidate_log_free(dam__candidate_log *log)
{
    free(log->path);
    dam__text_free(&log->text);
    *log = (dam__candidate_log){0};
}

dam_status dam__candidate_log_find(const dam__candidate_log *log, const char *key, char **result)
{
    size_t length = strlen(key);
    dam_status status = dam__text_status(&log->text);
    *result = NULL;
    if (status != DAM_OK)
        return status;
    for (const char *line = log->text.data + log->header; *line != '\0';) {
        const char *end = strchr(line, '\n');
        if (end == NULL)
            break;
        if ((size_t)(end - line) > length && memcmp(line, key, length) == 0 && line[length] == ' ')
            return dam__format(result, "%.*s", (int)(end - line - (long)length - 1),
                               line + length + 1);
        line = end + 1;
    }
    return DAM_OK;
}

dam_status dam__candidate_log_add(dam__candidate_log *log, const char *key, const char *result)
{
    size_t begin = log->text.length;
    dam__text_append(&log->text, "%s %s\n", key, result);
    for (size_t i = begin; i + 1 < log->text.length; i++)
        if (log->text.data[i] == '\n')
            log->text.data[i] = ' ';
    return dam__private_write_text(log->path, &log->text);
}
