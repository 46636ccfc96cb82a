# A search: the score over the first key, or where epochs > 0 the loss over the epochs; a curve a
# line of the grid. Of n lines the data has n blocks with their curves, and of scores n more with
# the ways to values that diverge, one of best values, and one of edges.
if (epochs > 0) {
    set xrange [0:epochs + 1]
    set xlabel 'epoch' textcolor rgb ink
    curve = 'lines lw 2.5'
} else {
    set logscale x base
    set format x (base == 2 ? '2^{%L}' : '%g')
    set xrange [x_from:x_to]
    set xlabel x_label noenhanced textcolor rgb ink
    curve = 'linespoints pt 7 ps 0.8 lw 2'
}
set yrange [bottom:top]
if (logarithmic) { set logscale y }
set ylabel y_label noenhanced textcolor rgb ink
set key outside bottom center horizontal
plots = ''
do for [i=1:lines] {
    if (diverges[i]) {
        plots = plots . sprintf(", data index %d using 1:2:3:(top - $2) with vectors nohead dt 2 \
            lw 1.5 lc rgb colour[%d] notitle, data index %d using ($1 + $3):(top) with points pt 2 \
            ps 1.2 lw 2 lc rgb colour[%d] notitle", lines + i - 1, i, lines + i - 1, i)
    }
    if (drawn[i]) {
        plots = plots . sprintf(', data index %d using 1:2 with %s lc rgb colour[%d] title name[%d]', \
            i - 1, curve, i, i)
    }
}
ring = "using 1:2 with points ps 2.2 lw 2.5 lc rgb '#d62728'"
if (best) { plots = plots . sprintf(", data index 2 * lines %s pt 6 title 'best'", ring) }
if (edge) {
    plots = plots . sprintf(", data index 2 * lines + 1 %s pt 4 \
        title 'edge: the next diverges'", ring)
}
eval 'plot' . plots[2:]
