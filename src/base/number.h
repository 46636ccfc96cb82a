/* Numbers as text, the same whatever the process's locale says. */
#ifndef DAM__BASE_NUMBER_H
#define DAM__BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

enum { DAM__NUMBER_BYTES = 32 };

typedef enum dam__number_result {
    DAM__NUMBER_OK,
    DAM__NUMBER_NONE, /* the text is not a number of that type */
    DAM__NUMBER_HUGE  /* it is, but out of range */
} dam__number_result;

/* A decimal whole number with an optional sign, the whole text ("010" is ten; no hexadecimal). */
dam__number_result dam__integer_read(const char *text, int64_t *out);

/* A decimal number ("0.25", "1e-3"), the whole text; nan, inf and hexadecimal are NONE. */
dam__number_result dam__real_read(const char *text, double *out);

/* All that print return text. */
const char *dam__integer_print(int64_t value, char text[DAM__NUMBER_BYTES]);

/* The shortest text that dam__real_read reads as the same finite value: */
const char *dam__real_print(double value, char out[DAM__NUMBER_BYTES]);

/* For tables: so many significant digits (at most 17), "NaN" if not finite. */
const char *dam__real_digits(double value, int digits, char text[DAM__NUMBER_BYTES]);

/* Readable: about four digits, without exponents where possible: "0.250", "12.30". */
const char *dam__number_text(double value, char text[DAM__NUMBER_BYTES]);

/* A ratio: "0.52", "14.2", "210"; "" where it is not finite. */
const char *dam__ratio_text(double ratio, char text[DAM__NUMBER_BYTES]);

#endif
