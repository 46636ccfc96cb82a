#include "train/schedule.h"

#include <math.h>

double dam__train_rate(const dam__train_config *train, int epoch, double step)
{
    double rate = train->learning_rate * pow(train->decay, epoch);
    return step + 1 < train->warmup ? rate * (step + 1) / train->warmup : rate;
}
