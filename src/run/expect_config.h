/* What a preset's expect section says: how well its training should come out. */
#ifndef DAM__RUN_EXPECT_CONFIG_H
#define DAM__RUN_EXPECT_CONFIG_H

typedef enum dam__expected {
    DAM__EXPECT_NOTHING,
    DAM__EXPECT_ACCURACY, /* of the test set: at least the value less the tolerance */
    DAM__EXPECT_LOSS      /* likewise: at most the value and the tolerance */
} dam__expected;

typedef struct dam__expect_config {
    int metric; /* dam__expected */
    double value, tolerance;
} dam__expect_config;

#endif
