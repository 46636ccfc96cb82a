# What all pictures of denseam share.
if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) {
    set terminal pngcairo size width,height font 'sans,12' background '#ffffff'
} else {
    set terminal png size width,height background '#ffffff'
}
set output picture
set encoding utf8
set datafile missing 'NaN'
ink = '#34363c'
set border 3 lw 1 lc rgb '#8c8c88'
set tics nomirror out scale 0.6 textcolor rgb '#46484e'
set grid lt 1 lw 1 lc rgb '#e7e7e3'
set key noenhanced reverse Left samplen 2 spacing 1.3 textcolor rgb ink
if (exists('what')) { # two lines above the picture: its title, and what is shown
    set tmargin at screen 0.87
    # A long title is smaller, so that its end, which tells pictures of a sweep apart, is seen.
    title_font = strlen(title) > 115 ? ',10' : strlen(title) > 90 ? ',12' : ',15'
    set label title at screen 0.02, 0.96 font title_font noenhanced textcolor rgb ink
    set label what at screen 0.02, 0.915 font ',11' noenhanced textcolor rgb '#5c5e64'
}
