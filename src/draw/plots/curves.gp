# The curves of a training: a panel of losses and one of accuracies in percent. Of a run that grew,
# every second stage is shaded, and the panel of losses has the number of memories as well.
short(x) = real(sprintf('%.4g', x))
grew = memories_field > 0
set lmargin at screen 0.06
set rmargin at screen (grew ? 0.95 : 0.97)
set xrange [from:to]
if (to - from <= 8) { set xtics 1 } # gnuplot would label halves of epochs
if (title ne '') {
    set label title at screen 0.06, 0.96 font ',15' noenhanced textcolor rgb ink
}
set multiplot
do for [panel=1:words(panels)] {
    rising = word(panels, panel) eq 'accuracy'
    lowest = panel == words(panels)
    set tmargin at screen (panel == 1 ? 0.89 : 0.395)
    set bmargin at screen (lowest ? 0.085 : 0.465)
    set label (rising ? 'accuracy (%)' : loss) at graph 0, graph 1 offset 0, 0.9 textcolor rgb ink
    if (rising) { set key bottom right } else { set key top right }
    # A stage reaches from half an epoch before its first row to half a one after its last.
    do for [i=1:words(stage_from)] {
        start = real(word(stage_from, i))
        end = real(word(stage_to, i))
        if (i % 2 == 0) {
            set object rectangle from first start, graph 0 to first end, graph 1 \
                behind fillcolor rgb '#f1f0ea' fillstyle solid noborder
        }
        if (!rising && i <= words(stage_memories)) {
            set label word(stage_memories, i) at first start, graph 0 offset 0.4, 0.7 \
                font ',10' textcolor rgb '#7a7c80'
        }
    }
    if (rising && least[panel] < most[panel]) { set yrange [least[panel]:*] }
    # Losses that span much get a logarithmic axis, which gnuplot labels at powers of ten alone.
    if (!rising && least[panel] > 1e-300 && most[panel] > 30 * least[panel]) {
        set logscale y
        set yrange [short(least[panel] / 1.2):short(most[panel] * 1.2)]
        if (most[panel] <= 1000 * least[panel]) {
            set ytics ()
            do for [decade=int(floor(log10(least[panel]))):int(floor(log10(most[panel])))] {
                do for [digit in '1 2 5'] { set ytics add (digit * 10.0**decade) }
            }
        }
    }
    if (lowest) {
        set format x '%g'
        set xlabel 'epoch' textcolor rgb ink
    } else {
        set format x ''
    }
    plots = ''
    do for [i=1:curves] {
        if (panel_of[i] == panel) {
            plots = plots . sprintf(', data using %s:(%d * $%d) with %s lw 2 lc rgb colour[%d] \
                title legend[%d]', epoch_field > 0 ? sprintf('%d', epoch_field) : '($0 + 1)', \
                rising ? 100 : 1, field[i], few[i] ? 'linespoints pt 7 ps 0.7' : 'lines', i, i)
        }
    }
    if (grew && !rising) {
        # From 0 to a little over the greatest width, which would else lie on the border.
        set border 11
        set y2range [0:short(1.1 * most_memories)]
        set y2tics
        plots = plots . ", data using epoch_field:memories_field axes x1y2 with histeps lw 1.5 \
            dt 2 lc rgb '#8c8c88' title 'memories (axis on the right)'"
    }
    eval 'plot' . plots[2:]
    set border 3
    unset y2tics
    unset label
    unset object
    unset logscale y
    set yrange [*:*]
    set ytics autofreq
}
unset multiplot
