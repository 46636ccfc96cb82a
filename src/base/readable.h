/* Numbers for people to read. */
#ifndef DAM__BASE_READABLE_H
#define DAM__BASE_READABLE_H

enum { DAM__NUMBER_BYTES = 32 };

/* Four digits or so, without exponents where that is possible: "0.250", "12.30", "1234". */
const char *dam__number_text(double value, char text[DAM__NUMBER_BYTES]);

/* A ratio: "0.52", "14.2", "210"; "" where it is not finite. */
const char *dam__ratio_text(double ratio, char text[DAM__NUMBER_BYTES]);

#endif
