# SPDX-License-Identifier: MIT
# A curve a series, with a band between its quartiles, and its name at its right end.
# Wants: data, curves, name[], shown(x, ns), heading, subtitle, axis, logarithmic,
# last (the x axis ends there).

set label 99 heading at screen 0.02,0.95 left textcolor rgb '#111111' font font . ' Bold,19'
set label 98 axis at screen 0.024,0.49 center rotate by 90 textcolor rgb ink
set label 100 subtitle at screen 0.02,0.895 left textcolor rgb '#666666' font font . ',13'

# how far apart labels stand, as the axis shows it
place(y) = logarithmic ? log10(y) : y
height(p) = logarithmic ? 10 ** p : p

array at[curves]
measured(i) = at[i] == at[i]
lowest = 1e300
highest = -1e300
do for [i=1:curves] {
	c = 3 * i - 1
	at[i] = NaN
	stats data using (valid(c) ? $1 : NaN) nooutput name 'X'
	if (!exists("X_records")) { continue } # nothing was measured
	stats data using (valid(c) && $1 == X_max ? shown($1, column(c)) : NaN) nooutput name 'Y'
	stats data using (valid(c) ? shown($1, column(c)) : NaN) nooutput name 'R'
	at[i] = place(Y_max)
	if (X_max < last) { set arrow i from X_max, Y_max to last, Y_max nohead dashtype 3 linecolor rgb colour[i] }
	lowest = lowest < R_min ? lowest : R_min
	highest = highest > R_max ? highest : R_max
}
if (!logarithmic) { set yrange [0 : highest * 1.6] }
if (logarithmic) { set yrange [0.999 * 10 ** floor(log10(lowest)) : 1.001 * 10 ** ceil(log10(highest * 1.2))] }
reach = logarithmic ? ceil(log10(highest * 1.2)) - floor(log10(lowest)) : highest * 1.6
gap = reach * near
do for [pass=1:60] {
	do for [i=1:curves] {
		do for [j=1:curves] {
			if (i != j && abs(at[i] - at[j]) < gap) {
				up = at[i] > at[j] || (at[i] == at[j] && i > j)
				at[i] = at[i] + (up ? 0.2 : -0.2) * gap
				at[j] = at[j] - (up ? 0.2 : -0.2) * gap
			}
		}
	}
}
do for [i=1:curves] {
	if (!measured(i)) { continue }
	set label i name[i] at graph 1.015, first height(at[i]) left textcolor rgb colour[i] \
		font font . (i == 1 ? ' Bold,15' : ',15')
}

plot for [i=1:curves] data using 1:(shown($1, column(3*i))):(shown($1, column(3*i+1))) \
		with filledcurves fillcolor rgb colour[i] fillstyle transparent solid 0.15 noborder, \
	for [i=1:curves] data using 1:(shown($1, column(3*i-1))) \
		with linespoints linecolor rgb colour[i] linewidth width[i] pointtype 7 pointsize (i == 1 ? 1.1 : 0.8)

set terminal svg size 1200,720 font font . ',15' background '#ffffff'
set output to . '.svg'
replot
set output
