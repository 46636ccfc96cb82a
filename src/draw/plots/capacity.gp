# The share of probes recovered, over field x_field of the data: 1, the patterns, or 2, the flips. Of several seeds
# it is their mean, and field 4 is their standard deviation.
set key default
set key noenhanced bottom left reverse Left samplen 2 spacing 1.3
set title title noenhanced font ',15' textcolor rgb ink
set yrange [-0.02:1.02]
set ylabel 'share of probes recovered'
set autoscale xfix
set rmargin 4
if (x_field == 1) {
    set xlabel 'patterns stored'
    set logscale x
} else {
    set xlabel 'flipped neurons of a probe'
}
colours = '#1f5fa8 #d9701a #2e7d60 #8a4fa3 #b8324f #7a7a7a #0f9aa8 #96781e'
colour(i) = word(colours, (i - 1) % words(colours) + 1)
# Where curves coincide, those below show as rims of those above.
rims(i) = curves - i < 5 ? curves - i : 5
plot for [i=1:seeds > 1 ? curves : 0] data index i - 1 using x_field:3:4 with yerrorbars pt 0 lw 1.4 \
    lc rgb colour(i) notitle, \
    for [i=1:curves] data index i - 1 using x_field:3 with linespoints lw 1.8 + 1.6 * rims(i) \
    pt 7 ps 0.7 + 0.28 * rims(i) lc rgb colour(i) title name[i]
