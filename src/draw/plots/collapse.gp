# A panel a number, with a curve a step over the sizes; of one run a curve over the steps, which may
# begin at 0. Slopes look alike: all axes double.
if (runs > 1) {
    set logscale x 2
    set xlabel axis
} else {
    set logscale x 10
    set xlabel 'step + 1'
}
short(x) = real(sprintf('%.3g', x))
x_field = runs > 1 ? '1' : '($1+1)'
set logscale y 2
set format y '2^{%L}'
# The key of all panels stands above them, in so many lines; a title of blank lines leaves space for it.
set key at screen 0.5, screen 0.995 center top vertical maxrows lines
blank = ' '
do for [i=2:lines + lines / 3] { blank = blank . "\n " }
set offsets graph 0.05, graph 0.05, 0, 0
colours = '#1f5fa8 #d9701a #2e7d60 #8a4fa3 #b8324f'
colour(i) = word(colours, (i - 1) % words(colours) + 1)
set multiplot layout (panels + 3) / 4,4 title blank
do for [panel=1:panels] {
    set title name[panel] noenhanced
    set yrange [short(least[panel]):short(most[panel])]
    plot for [i=1:curves] data index panel - 1 using @x_field:i + 1 with linespoints lw 2 pt 7 ps 0.8 \
        lc rgb colour(i) title curve[i]
    unset key
}
unset multiplot
