# SPDX-License-Identifier: MIT
# How all plots look.  `to` is the path to write, without its suffix.

font = 'DejaVu Sans'
ink = '#333333'
set terminal pngcairo size 1200,720 font font . ',15' background '#ffffff'
set output to . '.png'
set datafile missing '-'
set encoding utf8

set border 3 linecolor rgb '#888888' linewidth 1
set tics nomirror out scale 0.6 textcolor rgb ink
set xlabel textcolor rgb ink

set grid ytics linecolor rgb '#e4e4e4' linewidth 1 linetype 1
set lmargin screen 0.11
set rmargin screen 0.82
set tmargin screen 0.85
set bmargin screen 0.125
unset key

array colour[4] = ['#d1495b', '#00798c', '#c98500', '#66666e']
array width[4] = [4.0, 2.2, 2.2, 2.2]
decades = "'0.1' 0.1, '1' 1, '10' 10, '100' 100, '1 000' 1e3, '10 000' 1e4, '100 000' 1e5, '1 000 000' 1e6"
bytes = "'1 B' 1, '16 B' 16, '256 B' 256, '4 KiB' 4096, '64 KiB' 65536, '1 MiB' 1048576"

# What is drawn of a value at x; how near two labels may come, in decades of a log axis.
shown(x, ns) = ns
near = 0.045
heading = ''
subtitle = ''
