#ifndef DAM__COMPUTE_PRECISION_H
#define DAM__COMPUTE_PRECISION_H

/* The type of every real number on the device. */
typedef enum dam__precision { DAM__PRECISION_SINGLE, DAM__PRECISION_DOUBLE } dam__precision;

#endif
