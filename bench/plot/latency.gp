# SPDX-License-Identifier: MIT
heading = 'Round trip across cores, by size of message'
subtitle = 'two processes on two processors, request and answer of the same size; medians, quartiles shaded; lower is better'
curves = 4
array name[4] = ['Portico mailbox', 'msgsnd + msgrcv', 'pipe', 'UNIX seqpacket']
shown(x, ns) = ns / 1000
logarithmic = 1
set logscale xy
last = 1048576
set xrange [1:last]
eval 'set xtics (' . bytes . ')'
set xlabel 'size of message'
axis = 'µs a round trip'
eval 'set ytics (' . decades . ')'
