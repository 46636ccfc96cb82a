# Cells over two keys. They are an image, which gnuplot draws without seams but only where every one
# has a value; so those that have none lie over it as boxes, as does the rest.
unset grid
set border 15
set xrange [x_from:x_to]
set yrange [y_from:y_to]
set xlabel x_label noenhanced textcolor rgb ink
set ylabel y_label noenhanced textcolor rgb ink
# src/draw/heat_map.c (is_dark) knows how dark these colours are.
set palette defined (0 '#440154', 1 '#482475', 2 '#414487', 3 '#355f8d', 4 '#2a788e', \
    5 '#21918c', 6 '#22a884', 7 '#44bf70', 8 '#7ad151', 9 '#bddf26', 10 '#fde725')
if (least < most) { set cbrange [least:most] }
if (logarithmic) { set logscale cb }
set cblabel metric noenhanced textcolor rgb ink
set colorbox noborder
# How each block of the data is drawn, in this order; its number follows, or -1 where it has nothing.
cells = 'using 1:2:7 with image pixels'
empty = "using 1:2:3:4:5:6 with boxxyerror fillstyle solid noborder lc rgb '#ececea'"
hatched = "using 1:2:3:4:5:6 with boxxyerror fillstyle transparent pattern 4 noborder \
           lc rgb '#8c8c88'"
on_dark = "using 1:2:7:(0) with labels font ',10' textcolor rgb '#ffffff'"
on_light = "using 1:2:7:(0) with labels font ',10' textcolor rgb '#202226'"
best = "using 1:2:3:4:5:6 with boxxyerror lc rgb '#d62728' lw 3 fillstyle empty"
plots = ''
do for [block in 'cells empty hatched on_dark on_light best'] {
    if (value('block_'.block) >= 0) {
        plots = plots . sprintf(', data index %d %s notitle', value('block_'.block), value(block))
    }
}
eval 'plot' . plots[2:]
