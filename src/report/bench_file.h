#define DAM__BENCH_FORMAT "denseam bench 1"
