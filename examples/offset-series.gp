# SPDX-License-Identifier: BSD-2-Clause
# The plot of what offset-series.c writes: gnuplot -e "series='FILE'" offset-series.gp >PLOT.png
set terminal pngcairo size 900,600 noenhanced
set title "A guest's clocks against the host's, by minivmm's reference device"
set key top left
set lmargin 12
set grid
set multiplot layout 2,1
set ylabel "gained since then (us)"
plot series using 1:($2/1000):($5/1000) with yerrorbars pointtype 7 pointsize 0.3 title "CLOCK_MONOTONIC_RAW", \
     series using 1:($3/1000) with lines title "CLOCK_MONOTONIC"
unset title
set xlabel "guest time since the first sample (s)"
set ylabel "ahead of the host (ms)"
plot series using 1:($4/1e6):($5/1e6) with yerrorbars pointtype 7 pointsize 0.3 title "CLOCK_REALTIME"
unset multiplot
