/* Numbers as text, the same whatever the process's locale says. */
#ifndef DAM__BASE_NUMBER_H
#define DAM__BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

enum { DAM__NUMBER_BYTES = 32 };

typedef enum dam__number_result {
    DAM__NUMBER_OK,
    DAM__NUMBER_NONE, /* the text is no number of that type */
    DAM__NUMBER_HUGE  /* it is, but too large to be held */
} dam__number_result;

/* A decimal whole number with an optional sign, the whole text ("010" is ten; no hexadecimal). */
dam__number_result dam__integer_read(const char *text, int64_t *out);

/* A decimal number ("0.25", "1e-3"), the whole text; nan, inf and hexadecimal are NONE. */
dam__number_result dam__real_read(const char *text, double *out);

/* The shortest decimal text that dam__real_read turns into the same finite value. */
void dam__real_print(double value, char out[DAM__NUMBER_BYTES]);

#endif
