# The mean over one key with the spread as bars, and each seed as a small point.
set xrange [x_from:x_to]
set yrange [bottom:top]
if (logarithmic) { set logscale y }
set xlabel x_label noenhanced textcolor rgb ink
set ylabel metric noenhanced textcolor rgb ink
set key outside bottom center horizontal
# How each block of the data is drawn, in this order; its number follows, or -1 where it has nothing.
lost = "using 1:(bottom):(0):(top - bottom) with vectors nohead dt 2 lw 2 lc rgb '#b0b0aa' \
        title 'diverged or failed'"
seeds = "using 1:2 with points pt 7 ps 0.7 lc rgb '#9db8d6' title 'one seed'"
means = "using 1:2:3 with yerrorlines pt 7 ps 0.9 lw 2 lc rgb '#1f5fa8' \
         title 'mean and standard deviation'"
best = "using 1:2 with points pt 6 ps 2.2 lw 3 lc rgb '#d62728' title 'best'"
plots = ''
do for [block in 'lost seeds means best'] {
    if (value('block_'.block) >= 0) {
        plots = plots . sprintf(', data index %d %s', value('block_'.block), value(block))
    }
}
eval 'plot' . plots[2:]
