#include "draw/gnuplot.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/notice.h"
#include "base/process.h"
#include "base/temporary.h"
#include "base/text.h"

/* The last line is gnuplot's message; the ones before show the script with a caret. */
static const char *last_line(dam__text *said)
{
    size_t length = said->length;
    while (length > 0 && (said->data[length - 1] == '\n' || said->data[length - 1] == ' '))
        said->data[--length] = '\0';
    if (length == 0)
        return "it gives no reason";
    const char *line = strrchr(said->data, '\n');
    line = line != NULL ? line + 1 : said->data;
    return line + strspn(line, " ");
}

/* gnuplot succeeds on a full disk too: a PNG is whole if it ends as every PNG does. */
static bool is_whole(int picture)
{
    static const unsigned char end[12] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};
    unsigned char last[sizeof end] = {0};
    return pread(picture, last, sizeof last, lseek(picture, 0, SEEK_END) - (off_t)sizeof end) ==
               (ssize_t)sizeof last &&
           memcmp(last, end, sizeof end) == 0;
}

dam_status dam__gnuplot(const char *folder, const char *script, const char *picture,
                        double patience, const dam_log *log)
{
    dam_status status = DAM_OK;
    char *path = NULL, *setting = NULL;
    dam__temporary temporary = {0};
    dam__text said = {0};
    dam__ending ending = DAM__ENDED;
    int code = 0;
    DAM_TRY_CLEANUP(dam__path_join(&path, folder, picture));
    DAM_TRY_CLEANUP(dam__temporary_open(path, &temporary));
    DAM_TRY_CLEANUP(dam__format(&setting, "picture = '/dev/fd/%d'", (int)DAM__PROCESS_FILE));
    /* -d: the user's own settings would change the picture. */
    char *arguments[] = {"gnuplot", "-d", "-e", setting, (char *)script, NULL};
    const dam__process process = {
        .arguments = arguments, .folder = folder, .file = temporary.descriptor, .limit = patience};
    dam_status ran = dam__process_run(&process, &said, &ending, &code);
    if (ran != DAM_OK && ran != DAM_INTERNAL)
        DAM_TRY_CLEANUP(ran);
    bool well = ran == DAM_OK && ending == DAM__ENDED && code == 0;
    if (well && is_whole(temporary.descriptor))
        DAM_TRY_CLEANUP(dam__temporary_commit(&temporary));
    else if (well && lseek(temporary.descriptor, 0, SEEK_END) > 0)
        dam__warn(log,
                  "'%s' was not drawn: gnuplot wrote only a part of it; is the disk full? Try "
                  "'gnuplot %s' there",
                  path, script);
    else if (ran != DAM_OK)
        dam__info(
            log,
            "'%s' was not drawn: %s; install gnuplot-nox, then run 'gnuplot %s' in that folder",
            path, dam_error(), script);
    else if (ending == DAM__HUNG)
        dam__warn(log, "'%s' was not drawn: gnuplot took over %g s; try 'gnuplot %s' there", path,
                  patience, script);
    else
        dam__warn(log, "'%s' was not drawn: gnuplot failed: %s; try 'gnuplot %s' there", path,
                  last_line(&said), script);
cleanup:
    dam__text_free(&said);
    dam__temporary_discard(&temporary);
    free(path);
    free(setting);
    return status;
}
