#include "draw/script.h"

void dam__script_quoted(dam__text *script, const char *text)
{
    dam__text_append(script, "'");
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            dam__text_append(script, "\u2019");
        else
            dam__text_append(script, "%c", *text == '\n' || *text == '\r' ? ' ' : *text);
    }
    dam__text_append(script, "'");
}

void dam__script_begin(dam__text *script, const char *what, const char *picture, int width,
                       int height)
{
    dam__text_append(
        script,
        "# %s\n"
        "if (!exists('picture')) picture = '%s'\n"
        "if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) {\n"
        "    set terminal pngcairo size %d,%d font 'sans,12' background '#ffffff'\n"
        "} else {\n"
        "    set terminal png size %d,%d background '#ffffff'\n"
        "}\n"
        "set output picture\n"
        "set encoding utf8\n"
        "set datafile missing 'NaN'\n"
        "set border 3 lw 1 lc rgb '#8c8c88'\n"
        "set tics nomirror out scale 0.6 textcolor rgb '#46484e'\n"
        "set grid lt 1 lw 1 lc rgb '#e7e7e3'\n"
        "set key noenhanced reverse Left samplen 2 spacing 1.3 textcolor rgb '#34363c'\n",
        what, picture, width, height, width, height);
}
