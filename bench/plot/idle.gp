# SPDX-License-Identifier: MIT
heading = 'One send and receive, by what else lies idle in the instance'
subtitle = 'one process: send + receive of 64 B beside mailboxes and waits that nobody serves; flat is good'
curves = 2
array name[2] = ['no idle waits', '10 000 idle waits']
colour[2] = '#00798c'
logarithmic = 0
set logscale x
last = 100000
set xrange [1:last]
set xtics ('1' 1, '10' 10, '100' 100, '1 000' 1000, '10 000' 10000, '100 000' 100000)
set xlabel 'idle mailboxes'
axis = 'ns a send + receive'
set format y '%g'
